"""Intent records: look, write, take through their lifecycle, ask what governs a place."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from alloynb.faces.server.route import Body, Call, Parameter, Reply, Route
from alloynb.intent.record import Severity, Status


class NewRecord(Body):
    """A draft."""

    slug: str = Field(description="last part of the new id")
    fields: dict[str, Any] = Field(description="fields of the record but id, status, version and times")
    why: str = Field(min_length=1, description="reason, for the ledger")
    status: Status = "proposed"


class Step(Body):
    """A step of the lifecycle."""

    to: Status
    why: str = Field(min_length=1)
    successor: str | None = Field(default=None, description="record that supersedes this one")


def _list(call: Call) -> Any:
    from alloynb.application.read_intent import ListIntent, list_intent

    statuses: tuple[Status, ...] = call.query.get("status", ())  # type: ignore[assignment]
    severities: tuple[Severity, ...] = call.query.get("severity", ())  # type: ignore[assignment]
    return list_intent(call.workspace, ListIntent(call.one("words") or "", statuses, severities))


def _create(call: Call) -> Any:
    from alloynb.application.decide_intent import DraftIntent, draft_intent

    body: NewRecord = call.body
    return Reply(
        draft_intent(call.workspace, DraftIntent(body.slug, body.fields, body.why, body.status)), 201
    )


def _show(call: Call) -> Any:
    from alloynb.application.read_intent import tell_intent

    return tell_intent(call.workspace, call.parts["record"])


def _step(call: Call) -> Any:
    from alloynb.application.decide_intent import DecideIntent, decide_intent

    body: Step = call.body
    return decide_intent(
        call.workspace, DecideIntent(call.parts["record"], body.to, body.why, body.successor)
    )


def _governing(call: Call) -> Any:
    from alloynb.application.read_intent import governing_intent
    from alloynb.errors import AlloyError

    place = call.one("place")
    if not place:
        raise AlloyError("which place?", next_step="say it: ?place=checkout/payment.py:3")
    found = governing_intent(call.workspace, place)
    return [{"record": each.record, "because": each.because} for each in found]


ROUTES = (
    Route(
        "GET",
        "projects/{project}/intent-records",
        "Records, by id or by how well they fit words",
        _list,
        query=(
            Parameter("words", "each must occur in the record"),
            Parameter("status", "only these", many=True),
            Parameter("severity", "only these", many=True),
        ),
    ),
    Route(
        "POST",
        "projects/{project}/intent-records",
        "Draft a record; it binds nobody until a human accepts it",
        _create,
        action="edit_hypotheses",
        body=NewRecord,
        success=201,
    ),
    Route("GET", "projects/{project}/intent-records/{record}", "One record whole, with its history", _show),
    Route(
        "POST",
        "projects/{project}/intent-records/{record}/steps",
        "Take a record one step through its lifecycle; the step says which authority it needs",
        _step,
        body=Step,
    ),
    Route(
        "GET",
        "projects/{project}/governing",
        "Which records govern a path, a line or a module, and through what",
        _governing,
        query=(Parameter("place", "path, path:LINE, or dotted module name"),),
    ),
)

"""How requests end without a result: cancelled, or given up after too many runners were lost (spec 5.3 to 5.5)."""

from __future__ import annotations

from dataclasses import dataclass

from alloynb.application.request_lives import is_of_this_machine, lives_of, tell_life
from alloynb.application.transport_retries import untold_retries
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.evidence.run_facts import request_fact
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.request_life import LifeStep, RequestLife

MOST_LEASES = 5
"""Runners that may be lost over one request before it is given up: it may be what kills them."""


class EndedBefore(AlloyError):
    """The request has ended; there is nothing to cancel."""

    exit_code = 1


@dataclass(frozen=True)
class CancelRequest:
    """Please end a request.

    Attributes:
        request: its id, or an unambiguous beginning or end of it.
    """

    request: str
    why: str = ""


@dataclass(frozen=True)
class CancelledRequest:
    """What a cancellation did.

    Attributes:
        ended: True when nothing was running, so that the request has ended; False when whoever runs it was asked to.
        held_by: the runner that was asked, empty when none was.
    """

    request_id: str
    ended: bool
    held_by: str = ""


def cancel_request(workspace: Workspace, command: CancelRequest) -> CancelledRequest:
    """End a request that waits, or ask whoever runs it to end it.

    Raises:
        EndedBefore: it has ended.
        UnknownRequest: there is none of this id.
    """
    request = workspace.mailbox.request(command.request)
    results = workspace.mailbox.results(request.id)
    life = lives_of(workspace).life(request.id)
    if life.end is not None or (results and life.open_lease is None):
        status = life.end.status if life.end is not None else results[-1].content.status
        raise EndedBefore(f"{request.id} has ended: {status}")

    def decide(life: RequestLife) -> LifeStep | None:
        if life.cancelled is not None or life.end is not None:
            return None
        return LifeStep(
            kind="cancel_asked",
            at=format_timestamp(workspace.clock()),
            by=workspace.principal.name,
            why=command.why,
        )

    lives_of(workspace).add(request.id, decide)
    said = request_fact(request, at=workspace.clock(), by=workspace.principal.name, step="cancelled")
    workspace.warehouse.record([said])
    life = end_cancelled(workspace, request.id)
    if life.end is None:
        tell_life(workspace, life)
    claim = workspace.mailbox.claim_of(request.id)
    held = life.open_lease
    here = claim.runner_id if claim is not None else ""
    return CancelledRequest(
        request.id, life.end is not None, held.runner_id if held else "" if life.end else here
    )


def end_cancelled(workspace: Workspace, request_id: str) -> RequestLife:
    """End a request whose end was asked for, if nobody runs it."""
    claim = workspace.mailbox.claim_of(request_id)
    taken_here = claim is not None and is_of_this_machine(claim)

    def decide(life: RequestLife) -> LifeStep | None:
        if life.cancelled is None or life.end is not None or life.open_lease is not None or taken_here:
            return None
        return LifeStep(
            kind="ended",
            at=format_timestamp(workspace.clock()),
            by=life.cancelled.by,
            why=life.cancelled.why or "cancelled",
            status="cancelled",
            recovery_actions=("validate_only", "narrow_scope"),
        )

    return _told(workspace, lives_of(workspace).add(request_id, decide))


def expire_leases(workspace: Workspace, *, only: str | None = None) -> list[str]:
    """End every lease whose holder was not heard in time; its request waits again, or is given up.

    Returns:
        Ids of the requests whose lease ran out just now.
    """
    lives, expired = lives_of(workspace), []
    for request_id in [only] if only else list(lives.touched()):
        if lives.has_ended(request_id):
            continue
        now = workspace.clock()
        found: list[int] = []

        def decide(life: RequestLife) -> LifeStep | None:
            held = life.open_lease
            if held is None or lives.holds_until(held) > now:  # noqa: B023 - called before the next round
                return None
            found[:] = [held.number]  # noqa: B023
            heard = format_timestamp(lives.last_heard(held))
            return LifeStep(
                kind="expired",
                at=format_timestamp(now),  # noqa: B023
                by="lease",
                lease=held.number,
                why=f"{held.runner_id} was last heard at {heard}",
                transport_retries=untold_retries(lives, life, held),
            )

        life = lives.add(request_id, decide)
        if found:
            expired.append(request_id)
        if life.open_lease is None and life.end is None:
            end_cancelled(workspace, request_id)
            _give_up(workspace, request_id)
    return expired


def _give_up(workspace: Workspace, request_id: str) -> None:
    def decide(life: RequestLife) -> LifeStep | None:
        if life.end is not None or life.open_lease is not None or len(life.leases) < MOST_LEASES:
            return None
        return LifeStep(
            kind="ended",
            at=format_timestamp(workspace.clock()),
            by="lease",
            why=f"given up after {len(life.leases)} runners were lost over it or handed it back",
            status="failed",
            failure_class="dispatch",
            recovery_actions=("narrow_scope", "validate_only", "ask_question"),
        )

    _told(workspace, lives_of(workspace).add(request_id, decide))


def _told(workspace: Workspace, life: RequestLife) -> RequestLife:
    if life.end is not None:
        tell_life(workspace, life)
    return life

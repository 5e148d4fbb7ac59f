"""Runners: let in and shut out by people; and what they say, with their own key (the runner protocol, spec 5.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from alloynb.faces.server.route import Body, Call, Reply, Route
from runtime_artifacts.content import JsonObject
from runtime_artifacts.runner_protocol import (
    Acceptance,
    Completed,
    Events,
    Failed,
    HandedBack,
    Heartbeat,
    Poll,
    RunnerRegistration,
    Started,
)

if TYPE_CHECKING:
    from alloynb.application.runners import Runner


class Revoking(Body):
    """Please shut a runner out."""

    why: str = ""


class ToldCapabilities(Body):
    """A capability manifest artifact."""

    manifest: JsonObject


def _fleet(call: Call) -> Any:
    from alloynb.application.fleet import fleet

    return fleet(call.workspace)


def _register(call: Call) -> Any:
    from alloynb.application.runners import RegisterRunner, register_runner

    body: RunnerRegistration = call.body
    asked = RegisterRunner(body.name, body.projects, body.trusted_for_mutation)
    return Reply(register_runner(call.workspace, asked), 201)


def _revoke(call: Call) -> Any:
    from alloynb.application.runners import RevokeRunner, revoke_runner

    return revoke_runner(call.workspace, RevokeRunner(call.parts["runner"], call.body.why))


def _next(call: Call) -> Any:
    from alloynb.application.dispatch import next_offer

    return next_offer(call.workspace, _who(call), call.body)


def _wait_s(call: Call) -> float:
    return float(call.body.wait_s)


def _capabilities(call: Call) -> Any:
    from alloynb.application.runners import keep_manifest
    from runtime_artifacts.canonical import canonical_bytes

    return keep_manifest(call.workspace, _who(call), canonical_bytes(call.body.manifest))


def _accepted(call: Call) -> Any:
    from alloynb.application.dispatch import accept_request

    return accept_request(call.workspace, _who(call), call.parts["request"], call.body)


def _heartbeat(call: Call) -> Any:
    from alloynb.application.dispatch import heartbeat

    return heartbeat(call.workspace, _who(call), call.parts["request"], call.body)


def _started(call: Call) -> Any:
    from alloynb.application.dispatch import report_started

    return report_started(call.workspace, _who(call), call.parts["request"], call.body)


def _events(call: Call) -> Any:
    from alloynb.application.receive_run import report_events

    return report_events(call.workspace, _who(call), call.parts["request"], call.body)


def _completed(call: Call) -> Any:
    from alloynb.application.receive_run import complete_request

    return complete_request(call.workspace, _who(call), call.parts["request"], call.body)


def _failed(call: Call) -> Any:
    from alloynb.application.receive_run import fail_request

    return fail_request(call.workspace, _who(call), call.parts["request"], call.body)


def _handed_back(call: Call) -> Any:
    from alloynb.application.dispatch import hand_back

    return hand_back(call.workspace, _who(call), call.parts["request"], call.body)


def _who(call: Call) -> Runner:
    assert call.runner is not None  # the handler let nobody else in
    return call.runner


def _said(act: str, told: str, body: type[BaseModel], handle: Callable[[Call], Any]) -> Route:
    return Route(
        "POST", f"run-requests/{{request}}/{act}", told, handle, body=body, by_runner=True, tag="runners"
    )


ROUTES = (
    Route(
        "GET",
        "projects/{project}/runners",
        "The fleet: who is alive, what runs where, what waits and why",
        _fleet,
        tag="runners",
    ),
    Route(
        "POST",
        "projects/{project}/runners",
        "Let a runner in; its key is in this answer and nowhere else",
        _register,
        action="manage_runners",
        body=RunnerRegistration,
        success=201,
        tag="runners",
    ),
    Route(
        "POST",
        "projects/{project}/runners/{runner}/revoke",
        "Shut a runner out from this moment on",
        _revoke,
        action="manage_runners",
        body=Revoking,
        tag="runners",
    ),
    Route(
        "POST",
        "runners/{runner}/run-requests/next",
        "Is there something for me? Nothing to do is no error: the answer is null",
        _next,
        body=Poll,
        by_runner=True,
        waits_s=_wait_s,
        tag="runners",
    ),
    Route(
        "PUT",
        "runners/{runner}/capabilities",
        "What the Foundry of this runner supports",
        _capabilities,
        body=ToldCapabilities,
        by_runner=True,
        tag="runners",
    ),
    _said("accepted", "I take it: the request is mine until the lease runs out", Acceptance, _accepted),
    _said("heartbeat", "I am still at it; also how a runner learns of a cancellation", Heartbeat, _heartbeat),
    _said("started", "The run begins: from here on something may have happened", Started, _started),
    _said("events", "Facts of the run's journal, in order; sending them twice is fine", Events, _events),
    _said("completed", "The run ended, and this is its result", Completed, _completed),
    _said("failed", "There is no result, because nothing ran", Failed, _failed),
    _said("handed-back", "I stop; somebody else may take it", HandedBack, _handed_back),
)

"""Requests for runs: ask, look, follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from alloynb.faces.server.route import Body, Call, Parameter, Reply, Route
from runtime_artifacts.content import Throttle
from runtime_artifacts.runner_protocol import Cancellation

if TYPE_CHECKING:
    from alloynb.application.workspace import Workspace


class Wanted(Body):
    """Please run this brief."""

    brief: str = Field(description="id or digest, or the beginning of one")
    throttle: Throttle | None = Field(default=None, description="the brief's recommendation when absent")
    revision: str | None = Field(default=None, description="commit; HEAD when absent")
    again: bool = Field(default=False, description="although the same was run before; needs `why`")
    why: str = ""


def holds(workspace: Workspace, named: str) -> bool:
    """Whether a workspace has this request."""
    from runtime_artifacts.errors import ArtifactError

    try:
        workspace.mailbox.request(named)
    except ArtifactError:
        return False
    return True


def _create(call: Call) -> Any:
    from alloynb.application.foundry_capabilities import told_capabilities
    from alloynb.application.request_run import RequestRun, request_run

    body: Wanted = call.body
    requested = request_run(
        call.workspace,
        RequestRun(body.brief, body.throttle, body.revision, body.again, body.why),
        target=told_capabilities(call.workspace),
    )
    answer = {
        "request": requested.request,
        "deduplicated": requested.deduplicated,
        "translation": requested.translation.as_json() if requested.translation else None,
    }
    return Reply(answer, 200 if requested.deduplicated else 201)


def _list(call: Call) -> Any:
    from alloynb.application.fleet import requests_standing

    return requests_standing(call.workspace)


def _show(call: Call) -> Any:
    from alloynb.application.fleet import request_standing

    request = call.parts["request"]
    return {
        "standing": request_standing(call.workspace, request),
        "request": call.workspace.mailbox.request(request),
        "results": call.workspace.mailbox.results(request),
    }


def _cancel(call: Call) -> Any:
    from alloynb.application.end_request import CancelRequest, cancel_request

    return cancel_request(call.workspace, CancelRequest(call.parts["request"], call.body.why))


def _stream(call: Call) -> str:
    return call.parts["request"]


ROUTES = (
    Route(
        "POST",
        "projects/{project}/run-requests",
        "Ask for a run; the same run is never asked for twice",
        _create,
        action="compile_brief",
        body=Wanted,
        success=201,
        tag="run-requests",
    ),
    Route(
        "GET",
        "projects/{project}/run-requests",
        "Requests and where they stand, oldest first",
        _list,
        tag="run-requests",
    ),
    Route(
        "GET", "run-requests/{request}", "One request, where it stands, and its results", _show, holds=holds
    ),
    Route(
        "POST",
        "run-requests/{request}/cancel",
        "End a request that waits, or ask whoever runs it to end it",
        _cancel,
        action="compile_brief",
        holds=holds,
        body=Cancellation,
    ),
    Route(
        "GET",
        "run-requests/{request}/stream",
        "The run as it goes on: server-sent events `fact` and `state`",
        _stream,
        holds=holds,
        streams=True,
        query=(Parameter("after", "position of the last fact that you have"),),
    ),
)

"""Where a request stands, by what its runner left (spec 5.3)."""

from __future__ import annotations

from dataclasses import dataclass

from alloynb.application.follow_run import RunFeed
from alloynb.application.workspace import Workspace


@dataclass(frozen=True)
class RunState:
    """Where a request stands.

    Attributes:
        state: `waiting` for a runner, `running`, `ended` with a result, or `silent`: accepted, without a
            result, and nobody writes its journal. A runner that is starting or concluding is silent for moments.
        run_id: of the run that accepted it, or None.
        status: of the last result, or None.
    """

    request_id: str
    state: str
    run_id: str | None = None
    status: str | None = None


def state_of(workspace: Workspace, request_id: str) -> RunState:
    """Say where a request stands by what its runner left.

    Raises:
        UnknownRequest: there is no such request.
        DigestMismatch, InvalidContent: it was changed.
    """
    workspace.mailbox.request(request_id)
    claim = workspace.mailbox.claim_of(request_id)
    results = workspace.mailbox.results(request_id)
    run_id = claim.run_id if claim else results[-1].content.foundry_run_id if results else None
    if results:
        return RunState(request_id, "ended", run_id, results[-1].content.status)
    if claim is None:
        return RunState(request_id, "waiting")
    return RunState(
        request_id, "running" if RunFeed(workspace.run_dir(claim.run_id)).is_alive else "silent", run_id
    )

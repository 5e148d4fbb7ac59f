"""From a request to a claimed run: found, verified, answered if it was answered before (spec 3.7, 5.2)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from foundry_kernel.errors import CannotDispatch
from foundry_kernel.gateways.git import Git
from foundry_kernel.runner.approvals import TrustedKeys, read_trust
from foundry_kernel.runner.cancelling import refuse_cancelled
from foundry_kernel.runner.materialize import discard, materialize
from foundry_kernel.runner.processes import is_same_process, start_mark
from foundry_kernel.runner.run_folder import ProcessMark, RunFolder, RunRecord
from foundry_kernel.runner.verify import RequestInvalid, verify_request
from foundry_kernel.runner.workspace import RunnerWorkspace, find_workspace, open_workspace
from runtime_artifacts.envelope import Artifact, format_timestamp
from runtime_artifacts.errors import AlreadyClaimed
from runtime_artifacts.execution_request import EXECUTION_REQUEST, ExecutionRequest
from runtime_artifacts.identity import is_id, new_id
from runtime_artifacts.kinds import read_file
from runtime_artifacts.mailbox import Claim
from runtime_artifacts.run_result import RunResult


class RunInProgress(CannotDispatch):
    """The request is being run right now."""


class RunDied(CannotDispatch):
    """The request was taken up by a run that ended without a result."""


@dataclass(frozen=True)
class RunnerPorts:
    """What preparing needs of the world.

    Attributes:
        mutates: says of an entry event and its payload whether its formation holds a mutator.
        clock: aware time.
        runner_id: name of this runner.
        trust: reads the keys that this runner trusts for a project.
    """

    git: Git
    mutates: Callable[[str, Mapping[str, Any]], bool]
    clock: Callable[[], datetime]
    runner_id: str
    trust: Callable[[RunnerWorkspace, str], TrustedKeys] = read_trust


@dataclass(frozen=True)
class Prepared:
    """A run that is laid out, verified and claimed, and may start.

    Attributes:
        attempt: number of the attempt that may begin; whoever makes its journal has it.
    """

    folder: RunFolder
    workspace: RunnerWorkspace
    attempt: int = 1


@dataclass(frozen=True)
class Dispatched:
    """What a queue knows of a request that it gives to this runner.

    Attributes:
        run_id: the run that was named when the request was accepted; a new one when empty.
        transport_retries: messages about the request that had to be sent again.
        taken_up_before: runners that had begun it elsewhere and were lost.
    """

    run_id: str = ""
    transport_retries: int = 0
    taken_up_before: int = 0


@dataclass(frozen=True)
class AnsweredBefore:
    """The idempotency key has a result: that is the answer, and nothing runs."""

    result: Artifact[RunResult]
    workspace: RunnerWorkspace

    @property
    def folder(self) -> RunFolder:
        """Folder of the run that gave the answer."""
        return RunFolder(self.workspace.runs / self.result.content.foundry_run_id)


def locate_request(
    request: str, workspace: str = "", here: Path | None = None
) -> tuple[Artifact[ExecutionRequest], RunnerWorkspace]:
    """Find a request by its id in the workspace's mailbox, or by the path of a file anywhere.

    Args:
        request: `runreq_…`, or a path.
        workspace: folder with `.alloy/`; found by walking up from the file, then from `here`, when empty.
        here: folder that relative paths start from; the current one when None.

    Raises:
        RequestInvalid: there is no such file.
        NoWorkspace, ArtifactError: no workspace is found, or the request is damaged.
    """
    start = here or Path.cwd()
    if not request:
        raise RequestInvalid(
            "no request was given", next_step="pass the parameter `request`: a path, or runreq_…"
        )
    if is_id(request, EXECUTION_REQUEST.id_prefix):
        found = open_workspace(start / workspace) if workspace else find_workspace(start)
        return found.mailbox.request(request), found
    file = start / Path(request).expanduser()
    if not file.is_file():
        raise RequestInvalid(f"no request file {file}")
    artifact = read_file(EXECUTION_REQUEST, file)
    return artifact, open_workspace(start / workspace) if workspace else find_workspace(file)


async def prepare_run(
    request: Artifact[ExecutionRequest],
    workspace: RunnerWorkspace,
    ports: RunnerPorts,
    *,
    time_limit_s: float | None = None,
    dispatched: Dispatched | None = None,
) -> Prepared | AnsweredBefore:
    """Verify a request, claim it and lay out its run; or answer it from an earlier run of the same key.

    Nothing is left behind when the request is refused, and nothing runs before the claim stands.

    Args:
        time_limit_s: seconds that the run may take, > 0; None for no limit.
        dispatched: what a queue knows of the request, if it came from one.

    Raises:
        RequestCancelled: somebody asked for its end.
        RunInProgress, RunDied: the key is claimed, and has no result.
        FoundryError, ArtifactError: the request is refused.
    """
    mailbox = workspace.mailbox
    if mailbox.holder_of(request.content.idempotency_key) is not None:
        request = mailbox.post(request).request  # refuses the key for something else
        results = mailbox.results(request.id)
        if results:
            return AnsweredBefore(results[-1], workspace)
        claim = mailbox.claim_of(request.id)
        if claim is not None:
            raise standing_claim(claim, workspace)
        refuse_cancelled(mailbox.folder, request.id)
    verified = await verify_request(
        request, workspace, git=ports.git, mutates=ports.mutates, trust=ports.trust, now=ports.clock()
    )
    request = mailbox.post(request).request
    now = format_timestamp(ports.clock())
    known = dispatched or Dispatched()
    record = RunRecord(
        run_id=known.run_id or new_id("run"),
        request_id=request.id,
        request_digest=request.digest,
        project_id=request.content.project_id,
        workspace=str(workspace.root),
        runner_id=ports.runner_id,
        prepared_at=now,
        prepared_by=own_mark(),
        time_limit_s=time_limit_s,
        transport_retries=known.transport_retries,
        taken_up_before=known.taken_up_before,
    )
    folder = materialize(verified, record, workspace.runs)
    try:
        mailbox.claim(request.id, record.run_id, ports.runner_id, now)
    except AlreadyClaimed:
        discard(folder)
        claim = mailbox.claim_of(request.id)
        if claim is None:
            raise
        raise standing_claim(claim, workspace) from None
    return Prepared(folder, workspace)


def standing_claim(claim: Claim, workspace: RunnerWorkspace) -> RunInProgress | RunDied:
    """Say of a claim without a result whether its run is alive, or died and can be resumed."""
    folder = RunFolder(workspace.runs / claim.run_id)
    holder = f"request {claim.request_id} is held by run {claim.run_id} of {claim.runner_id} since {claim.claimed_at}"
    if not folder.path.is_dir():
        return RunInProgress(f"{holder}, whose folder is not here", next_step="ask that runner")
    starting = not folder.attempts() and _is_alive(folder.record().prepared_by)
    if folder.is_alive() or starting:
        return RunInProgress(
            f"{holder}, and is {'being started' if starting else 'running'}",
            next_step=f"foundry-kernel watch {claim.run_id}",
        )
    return RunDied(f"{holder}, and died without a result", next_step=f"foundry-kernel resume {claim.run_id}")


def own_mark() -> ProcessMark:
    """Mark of the calling process."""
    return ProcessMark(pid=os.getpid(), started=start_mark(os.getpid()))


def _is_alive(process: ProcessMark) -> bool:
    return is_same_process(process.pid, process.started)

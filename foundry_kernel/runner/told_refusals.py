"""What was refused before anything ran is told in a journal of the workspace, where the audit reads it (spec 5.5, 5.7).

A refused request leaves no run. So that nobody has to have watched: one fact for each request and reason, below
`runs/refused_<request>/journal/`, however often it is tried again.
"""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any

from foundry_kernel.errors import FoundryError
from foundry_kernel.runner.backends.backend import Finished
from foundry_kernel.runner.prepare import AnsweredBefore, Dispatched, Prepared, RunnerPorts, prepare_run
from foundry_kernel.runner.refusals import refused_by
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.identity import is_id
from runtime_artifacts.journal import Fact, JournalWriter, read_journal
from runtime_artifacts.timestamp import format_timestamp

MOST_REASONS = 50
"""Reasons that are told of one request; some name the time, and would never repeat."""


async def prepare_or_tell(
    request: Artifact[ExecutionRequest],
    workspace: RunnerWorkspace,
    ports: RunnerPorts,
    *,
    time_limit_s: float | None = None,
    dispatched: Dispatched | None = None,
) -> Prepared | AnsweredBefore:
    """Prepare a run as `prepare_run` does, and tell of a refusal before it is raised."""
    try:
        return await prepare_run(request, workspace, ports, time_limit_s=time_limit_s, dispatched=dispatched)
    except (FoundryError, ArtifactError) as error:
        tell_refused(request, workspace, error, by=ports.runner_id, at=ports.clock())
        raise


def tell_refused(
    request: Artifact[ExecutionRequest],
    workspace: RunnerWorkspace,
    error: FoundryError | ArtifactError,
    *,
    by: str,
    at: datetime,
) -> None:
    """Write down that a request was refused, once for each reason; that it cannot be written changes nothing.

    What lies in the environment and may be over soon (another run has it, git does not answer) is no refusal.
    """
    said = refused_by(error)
    if said.failure_class == "dispatch" or not is_id(request.id, "runreq"):
        return
    folder = workspace.runs / f"refused_{request.id.removeprefix('runreq_')}" / "journal"
    with contextlib.suppress(OSError, ArtifactError):
        journals = sorted(folder.glob("[0-9]*.jsonl"))
        fact = _fact(request, said, type(error).__name__, by, format_timestamp(at))
        known = {each.fact_id for file in journals for each in read_journal(file)}
        if fact.fact_id not in known and len(journals) < MOST_REASONS:
            with JournalWriter(folder / f"{len(journals) + 1:04d}.jsonl") as journal:
                journal.append(fact, durable=True)


def _fact(request: Artifact[ExecutionRequest], said: Finished, name: str, by: str, at: str) -> Fact:
    content = request.content
    payload: dict[str, Any] = {
        "message": "run",
        "why": said.message,
        "error": name,
        "next_step": said.next_step,
        "recovery_actions": list(said.recovery_actions),
    }
    reason = digest_of({"name": name, "why": said.message}).removeprefix("sha256:")[:16]
    return Fact(
        fact_id=f"refusal/{request.id}/{reason}",
        kind="dispatch",
        seq=1,
        recorded_at=at,
        occurred_at=at,
        status="refused",
        request_id=request.id,
        project_id=content.project_id,
        brief_id=content.brief.id,
        brief_digest=content.brief.digest,
        correlation_id=content.correlation_id,
        throttle=content.foundry.throttle,
        revision=content.repo.revision,
        runner_id=by,
        principal=by,
        failure_class=said.failure_class,
        summary=said.message,
        payload=payload,
    )

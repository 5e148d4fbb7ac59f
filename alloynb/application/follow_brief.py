"""What runners and results add to the lifecycle of a brief: found in the mailbox, written into its ledger (spec 3.2).

Foundry knows no brief ledger. What it did with a request stands in the mailbox; whoever reads a run writes it down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from alloynb.application.brief_ledger import BriefState, steps_of
from alloynb.application.brief_lifecycle import IllegalBriefStep, Standing, standing_after, take_step
from alloynb.application.workspace import Workspace
from runtime_artifacts.envelope import Artifact, format_timestamp
from runtime_artifacts.errors import ArtifactError, UnknownRequest
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.journal import is_being_written


@dataclass(frozen=True)
class BriefStep:
    """One step as it is told.

    Attributes:
        recorded: it stands in the ledger; otherwise the mailbox alone tells it.
    """

    state: BriefState
    at: str
    by: str
    why: str
    request_id: str | None = None
    attempt: int | None = None
    run_id: str | None = None
    recorded: bool = True


@dataclass(frozen=True)
class BriefHistory:
    """Every step of a brief, and where it stands."""

    steps: tuple[BriefStep, ...]
    standing: Standing


def brief_history(workspace: Workspace, brief_id: str) -> BriefHistory:
    """Read the ledger of a brief, and what the mailbox knows of its open requests beyond it; nothing is written.

    Raises:
        DamagedBriefLedger: the ledger cannot be read.
    """
    lines = steps_of(workspace.alloy_dir, brief_id)
    standing = standing_after(lines)
    told = [
        BriefStep(
            line["state"],
            str(line.get("at", "")),
            str(line.get("by", "")),
            str(line.get("why", "")),
            line.get("request_id"),
            line.get("attempt"),
            line.get("run_id"),
        )
        for line in lines
    ]
    known = {(step.state, step.request_id, step.attempt) for step in told}
    for request_id in standing.requests:
        try:
            request = workspace.mailbox.request(request_id)
        except UnknownRequest:
            continue
        for step in _progress(workspace, request):
            if (step.state, step.request_id, step.attempt) in known:
                continue
            line = {"state": step.state, "request_id": request_id, "by": step.by, "why": step.why}
            try:
                standing = standing.after(line)
            except IllegalBriefStep:
                continue
            told.append(step)
    return BriefHistory(tuple(told), standing)


def record_progress(
    workspace: Workspace, request: Artifact[ExecutionRequest], *, analyzed: bool = False
) -> None:
    """Write into the ledger what became of a request; what stands there is not written again.

    Args:
        analyzed: its last result was read through its brief.

    Raises:
        DamagedBriefLedger, CannotRun: the ledger cannot be read or written.
    """
    steps = [*_progress(workspace, request)]
    last = next((step for step in reversed(steps) if step.state == "completed"), None)
    if analyzed and last is not None and last is steps[-1]:
        now, by = format_timestamp(workspace.clock()), workspace.principal.name
        steps.append(
            BriefStep("analyzed", now, by, "read through its brief", request.id, last.attempt, last.run_id)
        )
    for step in steps:
        try:
            take_step(
                workspace.alloy_dir,
                request.content.brief.id,
                step.state,
                at=step.at,
                by=step.by,
                why=step.why,
                unless_taken=True,
                request_id=request.id,
                attempt=step.attempt,
                run_id=step.run_id,
            )
        except IllegalBriefStep:
            return  # the brief was closed before anybody heard of this request; the mailbox still tells it


def _progress(workspace: Workspace, request: Artifact[ExecutionRequest]) -> Iterator[BriefStep]:
    """Steps that the mailbox and the run's folder know of, in order."""
    id = request.id
    asked = request.content
    told = f"{asked.foundry.entry_event} at {asked.foundry.throttle}"
    yield BriefStep("queued", request.created_at, asked.requested_by, told, id, recorded=False)
    try:
        claim, results = workspace.mailbox.claim_of(id), workspace.mailbox.results(id)
    except ArtifactError:
        return
    if claim is None:
        return
    run, by = claim.run_id, claim.runner_id
    yield BriefStep("accepted", claim.claimed_at, by, "taken up", id, None, run, recorded=False)
    for result in results:
        content, number = result.content, result.content.attempt
        yield BriefStep("executing", content.started_at, by, "began", id, number, run, recorded=False)
        ended: BriefState = "cancelled" if content.status == "cancelled" else "completed"
        yield BriefStep(ended, content.finished_at, by, content.status, id, number, run, recorded=False)
    attempt = len(results) + 1
    journal = workspace.run_dir(run) / "journal" / f"{attempt:04d}.jsonl"
    if is_being_written(journal):
        yield BriefStep("executing", claim.claimed_at, by, "goes on", id, attempt, run, recorded=False)

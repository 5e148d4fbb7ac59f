"""What the runs of a workspace are doing and did: for `status`, `history` and `trace`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from foundry_kernel.runner.prepare import RunInProgress, standing_claim
from foundry_kernel.runner.run_folder import RunFolder, UnknownRun, all_runs, find_run
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.journal import Fact
from runtime_artifacts.life_files import RequestLives


@dataclass(frozen=True)
class RunLine:
    """One run in a list.

    Attributes:
        state: `running`, `died`, or the status of its last result.
        duration_ms: of the trace; None when there is no result.
    """

    run_id: str
    state: str
    prepared_at: str
    project_id: str
    event: str
    attempts: int
    duration_ms: float | None = None
    failure_class: str | None = None


@dataclass(frozen=True)
class RequestLine:
    """One request in a list, with what became of it.

    Attributes:
        state: `waiting`, `running`, `running elsewhere`, `died`, or how it ended.
    """

    request_id: str
    state: str
    project_id: str
    event: str
    throttle: str
    requested_by: str
    run_id: str | None = None


def run_lines(workspace: RunnerWorkspace) -> list[RunLine]:
    """List every run, oldest first."""
    return [_run_line(folder) for folder in all_runs(workspace.runs)]


def request_lines(workspace: RunnerWorkspace) -> list[RequestLine]:
    """List every request, oldest first."""
    mailbox = workspace.mailbox
    lines: list[RequestLine] = []
    for request in mailbox.requests():
        claim, results = mailbox.claim_of(request.id), mailbox.results(request.id)
        life = RequestLives(mailbox.folder).life(request.id)
        if results:
            state = results[-1].content.status.replace("_", " ")
        elif life.end is not None:
            state = (life.end.status or "ended").replace("_", " ")
        elif life.open_lease is not None:
            state = "running elsewhere"
        elif claim is None:
            state = "waiting"
        else:
            state = "running" if isinstance(standing_claim(claim, workspace), RunInProgress) else "died"
        call = request.content.foundry
        lines.append(
            RequestLine(
                request.id,
                state,
                request.content.project_id,
                call.entry_event,
                call.throttle,
                request.content.requested_by,
                claim.run_id if claim else None,
            )
        )
    return lines


def facts_of(runs: Path, run_or_event: str) -> tuple[RunFolder, list[Fact]]:
    """Find the facts of a run, by the run's id or by the id of an event in it.

    Raises:
        UnknownRun: there is none, or several fit.
    """
    if not run_or_event.startswith("evt_"):
        folder = find_run(runs, run_or_event)
        return folder, folder.facts()
    for folder in reversed(all_runs(runs)):
        facts = folder.facts()
        if any(fact.event_id and fact.event_id.startswith(run_or_event) for fact in facts):
            return folder, facts
    raise UnknownRun(f"no run holds an event {run_or_event!r}")


def _emitted_line(folder: RunFolder) -> RunLine:
    """Line of a run without a request, from its journal alone."""
    facts = folder.facts()
    first = facts[0] if facts else None
    end = next((fact for fact in facts if fact.kind == "run_finished"), None)
    state = "running" if folder.is_alive() else (end.status or "").replace("_", " ") if end else "died"
    return RunLine(
        run_id=folder.run_id,
        state=state,
        prepared_at=first.recorded_at if first else "",
        project_id=(first.project_id if first else None) or "",
        event=(first.event_type if first else None) or "",
        attempts=len(folder.attempts()),
        failure_class=end.failure_class if end else None,
    )


def _run_line(folder: RunFolder) -> RunLine:
    if not folder.has_request:
        return _emitted_line(folder)
    record, results, attempts = folder.record(), folder.results(), folder.attempts()
    last = results[-1].content if results else None
    if folder.is_alive():
        state = "running"
    elif last is not None and last.attempt >= max(attempts, default=0):
        state = last.status.replace("_", " ")
    else:
        state = "died" if attempts else "not started"
    trace = last.trace_summary if last else None
    return RunLine(
        run_id=folder.run_id,
        state=state,
        prepared_at=record.prepared_at,
        project_id=record.project_id,
        event=folder.request().content.foundry.entry_event,
        attempts=max(len(attempts), len(results)),
        duration_ms=trace.duration_ms if trace else None,
        failure_class=last.failure_class if last else None,
    )

"""Runs of other projects on this machine: each in its own folder, journal, worktree and branch (spec 4.6, 4.9).

Their folders lie beside that of the run that wants them, so that `history` and `trace` show both; the correlation id in
every fact ties them together.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from foundry_kernel.engine.outcome import Outcome
from foundry_kernel.events.journal import read_run
from foundry_kernel.gateways.gateway_set import GatewaySet
from foundry_kernel.gateways.project_runs import ProjectRun, ProjectRuns, ProjectRunSummary
from foundry_kernel.gateways.shell import CancelToken
from foundry_kernel.kernel.local_run import LocalRun, new_run_folder
from runtime_artifacts.journal import Fact


def local_project_runs(runs: Path, gateways: GatewaySet) -> ProjectRuns:
    """Make the service.

    Args:
        runs: folder where the runs' folders go.
    """

    async def start(wanted: ProjectRun, cancel: CancelToken | None) -> ProjectRunSummary:
        folder = new_run_folder(runs)
        run = LocalRun(
            event_type=wanted.entry_event,
            project=wanted.project.name,
            throttle=wanted.throttle,
            payload=wanted.payload,
            folder=folder,
            tree=wanted.project.folder,
            approval=wanted.approval,
            approved_by=wanted.approved_by,
            may_commit=wanted.may_commit,
            revision=wanted.revision,
            correlation_id=wanted.correlation_id,
            time_limit_s=wanted.time_limit_s,
        )
        outcome = await _to_its_end(run, gateways, cancel)
        return summary_of(folder.name, outcome, list(read_run(folder / "journal")))

    return ProjectRuns(start)


async def _to_its_end(run: LocalRun, gateways: GatewaySet, cancel: CancelToken | None) -> Outcome:
    """Carry a run to its end; when the one that wants it is cancelled, it is cancelled too, and awaited."""
    running = asyncio.create_task(run.run(lambda fact: None, gateways))
    asked = asyncio.create_task((cancel or CancelToken()).wait())
    try:
        await asyncio.wait({running, asked}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            running.cancel()  # the run turns this into a cancellation of its own, and ends in order
        return await running
    except asyncio.CancelledError:
        if not running.done():
            running.cancel()
            await asyncio.wait({running})
        raise
    finally:
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)


def summary_of(run_id: str, outcome: Outcome, facts: list[Fact]) -> ProjectRunSummary:
    """Say what came of a run, from how it ended and what its journal holds."""
    events = [fact for fact in facts if fact.kind == "event" and not fact.simulated]
    commits = [
        str(fact.payload["commit"])
        for fact in events
        if fact.event_type == "project_changes_committed" and fact.payload.get("commit")
    ]
    changed = [fact for fact in events if fact.event_type == "execution_completed"]
    return ProjectRunSummary(
        run_id=run_id,
        status=outcome.status,
        reason=outcome.reason,
        commits=tuple(commits),
        changed_files=tuple(changed[-1].payload.get("changed_files", ())) if changed else (),
    )

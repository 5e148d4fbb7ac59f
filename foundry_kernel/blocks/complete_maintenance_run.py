"""Brings the outcomes of all projects of a nightly run together (spec 4.6).

It sinks on the event that the run began with and stands last in the formation: events are followed to their end, depth
first, so every project has been dealt with when it gets its turn. What came of them it reads in the run's own journal,
where it stands after a resume too.
"""

from __future__ import annotations

from collections.abc import Iterable

from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.journal import read_run
from foundry_kernel.events.payloads.iteration import ProjectIterationCompleted
from foundry_kernel.events.payloads.maintenance import (
    MaintenanceRunCompleted,
    MaintenanceRunStarted,
    ProjectMaintenanceCompleted,
    ProjectOutcome,
)
from foundry_kernel.events.payloads.validation import ProjectValidationCompleted
from runtime_artifacts.journal import Fact

_VALIDATED = ProjectValidationCompleted.event_type()
_WORKED = (ProjectIterationCompleted.event_type(), ProjectMaintenanceCompleted.event_type())


@block(
    name="complete_maintenance_run",
    kind="observer",
    sinks=(MaintenanceRunStarted,),
    emits=(MaintenanceRunCompleted,),
)
async def complete_maintenance_run(context: BlockContext) -> BlockResult:
    """Say how each project went. A project that failed is a finding; the run fails when none of them succeeded."""
    facts = [fact for fact in read_run(context.run_dir / "journal") if fact.kind == "event"]
    outcomes = tuple(outcomes_of(facts))
    bad = [each for each in outcomes if not each.success and each.status != "skipped"]
    good = [each for each in outcomes if each.success]
    counts = {
        status: sum(1 for each in outcomes if each.status == status)
        for status in dict.fromkeys(each.status for each in outcomes)
    }
    summary = ", ".join(f"{count} {status}" for status, count in counts.items()) or "no project is registered"
    if bad:
        summary += f" ({'; '.join(f'{each.project}: {each.summary}' for each in bad[:5])})"
    return BlockResult(
        summary,
        MaintenanceRunCompleted(
            success=bool(good) or not bad, findings=len(bad), summary=summary, projects=outcomes
        ),
    )


def outcomes_of(facts: Iterable[Fact]) -> Iterable[ProjectOutcome]:
    """Outcome of each project, in the order in which they were looked at, from the events of a run's journal."""
    listed = list(facts)
    for looked in [fact for fact in listed if fact.event_type == _VALIDATED]:
        project = looked.project_id or ""
        worked = [fact for fact in listed if fact.event_type in _WORKED and fact.project_id == project]
        yield _outcome(project, looked, worked)


def _outcome(project: str, looked: Fact, worked: list[Fact]) -> ProjectOutcome:
    reason = str(looked.payload.get("reason") or "")
    if looked.payload.get("success") is not True:
        status = "skipped" if looked.payload.get("skipped") else "invalid"
        return ProjectOutcome(project=project, status=status, success=False, summary=reason)
    if not worked:
        status = (
            "failed"
            if any((looked.payload.get("actions") or {}).get(each) for each in ("iterate", "maintain"))
            else "idle"
        )
        return ProjectOutcome(
            project=project, status=status, success=status == "idle", summary=reason or "it was not worked on"
        )
    success = all(fact.payload.get("success") is True for fact in worked)
    done = "simulated" if all(fact.simulated for fact in worked) else "completed"
    return ProjectOutcome(
        project=project,
        status=done if success else "failed",
        success=success,
        summary="; ".join(str(fact.payload["summary"]) for fact in worked if fact.payload.get("summary")),
        runs=tuple(str(fact.payload["run_id"]) for fact in worked if fact.payload.get("run_id")),
    )


BLOCK = complete_maintenance_run

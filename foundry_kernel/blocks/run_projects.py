"""Works on one project of a nightly run, in a run of its own: iterates, then maintains (spec 4.6).

One project's failure is told as an outcome of that project, and never ends the others.
"""

from __future__ import annotations

from typing import Any

from foundry_kernel.engine.block import BlockContext, BlockResult, Emission, Trigger, block
from foundry_kernel.errors import FoundryError
from foundry_kernel.events.payloads.iteration import ProjectIterationCompleted
from foundry_kernel.events.payloads.maintenance import ProjectMaintenanceCompleted
from foundry_kernel.events.payloads.validation import ProjectValidationCompleted
from foundry_kernel.gateways.project_registry import RegistryFile, registry_path
from foundry_kernel.gateways.project_runs import ProjectRun, ProjectRuns, ProjectRunSummary


def _may_iterate(payload: Any) -> bool:
    return bool(payload.success and payload.actions.get("iterate"))


def _may_maintain(payload: Any) -> bool:
    return bool(payload.success and payload.actions.get("maintain"))


def _would_iterate(trigger: Trigger) -> list[Emission]:
    said = "a run of its own would iterate here"
    return [_about(trigger, ProjectIterationCompleted(success=True, attempts=0, summary=said))]


def _would_maintain(trigger: Trigger) -> list[Emission]:
    said = "a run of its own would maintain here"
    return [_about(trigger, ProjectMaintenanceCompleted(success=True, attempts=0, summary=said))]


def _about(trigger: Trigger, payload: ProjectIterationCompleted | ProjectMaintenanceCompleted) -> Emission:
    return Emission.of(payload, project=trigger.event.project)


@block(
    name="iterate_project",
    kind="mutator",
    reach="outside",
    sinks=(ProjectValidationCompleted,),
    emits=(ProjectIterationCompleted,),
    accepts=_may_iterate,
    dry_run_events=_would_iterate,
)
async def iterate_project(context: BlockContext) -> BlockResult:
    """Run one iteration of the project, and wait for its end."""
    done = await _run(context, "iteration_requested")
    completed = ProjectIterationCompleted(
        success=done.success,
        findings=1 if done.status == "completed_with_findings" else 0,
        summary=f"{done.status.replace('_', ' ')}: {done.reason}".rstrip(": "),
        changed_files=done.changed_files,
        commit=done.commits[-1] if done.commits else "",
        run_id=done.run_id,
    )
    return BlockResult(completed.summary, _about(context, completed))


@block(
    name="maintain_project",
    kind="mutator",
    reach="outside",
    sinks=(ProjectValidationCompleted,),
    emits=(ProjectMaintenanceCompleted,),
    accepts=_may_maintain,
    dry_run_events=_would_maintain,
)
async def maintain_project(context: BlockContext) -> BlockResult:
    """Run the maintenance of the project, and wait for its end."""
    done = await _run(context, "maintenance_requested")
    completed = ProjectMaintenanceCompleted(
        success=done.success,
        findings=1 if done.status == "completed_with_findings" else 0,
        summary=f"{done.status.replace('_', ' ')}: {done.reason}".rstrip(": "),
        changed_files=done.changed_files,
        commit=done.commits[-1] if done.commits else "",
        run_id=done.run_id,
    )
    return BlockResult(completed.summary, _about(context, completed))


async def _run(context: BlockContext, entry_event: str) -> ProjectRunSummary:
    """Start a run of the project, which may do no more than what is approved for this one.

    Where a brief asks for the night, the registry's word is not enough to push: the brief has to allow it too.
    """
    validated = context.payload_as(ProjectValidationCompleted)
    project = RegistryFile(registry_path(context.gateways.environment)).get(context.event.project)
    allowed = context.permission
    may_push = allowed.commit and (allowed.push or context.identity.brief_id is None)
    wanted = ProjectRun(
        project=project,
        revision=validated.revision,
        entry_event=entry_event,
        throttle=context.event.throttle,
        correlation_id=context.identity.correlation_id or context.identity.run_id,
        payload={"actions": {"push": may_push and validated.actions.get("push", False), "maintain": False}},
        approval=allowed.why or (f"approved by {allowed.by}" if allowed.by else ""),
        approved_by=allowed.by,
        may_commit=allowed.commit,
        time_limit_s=float(project.timeout_secs),
    )
    try:
        return await context.service(ProjectRuns).run(wanted, context.cancel)
    except FoundryError as error:
        return ProjectRunSummary(run_id="", status="failed", reason=str(error))


BLOCK = (iterate_project, maintain_project)

"""Looks at every registered project of a nightly run, before anything is done with one (spec 4.6, 4.9)."""

from __future__ import annotations

from foundry_kernel.engine.block import BlockContext, BlockResult, Emission, block
from foundry_kernel.events.payload import Actions
from foundry_kernel.events.payloads.maintenance import MaintenanceRunStarted
from foundry_kernel.events.payloads.validation import ProjectValidationCompleted
from foundry_kernel.gateways.project_registry import Project, RegistryFile, registry_path
from foundry_kernel.gateways.registered_project import look_at_project


@block(
    name="validate_projects",
    kind="observer",
    sinks=(MaintenanceRunStarted,),
    emits=(ProjectValidationCompleted,),
)
async def validate_projects(context: BlockContext) -> BlockResult:
    """Say of each project whether it can be worked on, and what may be done with it; one event per project.

    What the registry does not allow, nobody can; what the run's own payload forbids is not done either.
    """
    asked = context.payload_as(MaintenanceRunStarted)
    registered = {
        each.name: each for each in RegistryFile(registry_path(context.gateways.environment)).projects()
    }
    names = tuple(dict.fromkeys(asked.projects)) or tuple(registered)
    emitted = [
        Emission.of(await _look(context, registered.get(name), asked.actions), project=name) for name in names
    ]
    return BlockResult(f"{len(emitted)} projects", *emitted)


async def _look(
    context: BlockContext, project: Project | None, allowed: Actions | None
) -> ProjectValidationCompleted:
    if project is None:
        return ProjectValidationCompleted(success=False, reason="it is not registered")
    if project.skip_reason:
        return ProjectValidationCompleted(success=False, skipped=True, reason=project.skip_reason)
    seen = await look_at_project(project, context.gateways.git)
    if seen.problem:
        return ProjectValidationCompleted(success=False, reason=seen.problem)
    actions = {
        name: flag and (allowed is None or getattr(allowed, name) is not False)
        for name, flag in project.actions.as_flags().items()
    }
    idle = not (actions["iterate"] or actions["maintain"])
    return ProjectValidationCompleted(
        success=True,
        reason="neither iterate nor maintain is allowed" if idle else "",
        revision=seen.revision,
        actions=actions,
    )


BLOCK = validate_projects

"""Installs what a project offers to agents, with the registered command (spec 4.6, 4.9)."""

from __future__ import annotations

from typing import Any

from foundry_kernel.engine.block import BlockContext, BlockResult, Trigger, block
from foundry_kernel.events.payloads.release import LocalInstallCompleted, LocalSkillInstallCompleted
from foundry_kernel.gateways.package_tools import ToolCaller
from foundry_kernel.gateways.project_registry import RegistryFile, registry_path
from foundry_kernel.gateways.shell import Command

_OUTPUT = "install/skill.txt"


def _was_installed(payload: Any) -> bool:
    return bool(payload.success)


def _would_install(trigger: Trigger) -> list[LocalSkillInstallCompleted]:
    said = "would run the registered command for agents, if there is one"
    return [LocalSkillInstallCompleted(success=True, skill=trigger.event.project, summary=said)]


@block(
    name="install_skill",
    kind="mutator",
    reach="outside",
    sinks=(LocalInstallCompleted,),
    emits=(LocalSkillInstallCompleted,),
    accepts=_was_installed,
    dry_run_events=_would_install,
)
async def install_skill(context: BlockContext) -> BlockResult:
    """Run `install.skill_command` of the registry in the run's tree; without one nothing is said."""
    environment = context.gateways.environment
    project = RegistryFile(registry_path(environment)).find(context.event.project)
    command = project.install.skill_command if project and project.install else None
    if project is None or command is None or context.tree is None:
        return BlockResult("no command for agents is registered")
    caller = ToolCaller(context.gateways.shell, environment, context.redactor)
    result = await context.gateways.shell.run(
        Command(
            argv=command,
            cwd=context.tree,
            environment=caller.given_environment(),
            time_limit_s=float(project.timeout_secs),
            output_file=context.run_dir / _OUTPUT,
            redactor=context.redactor,
        ),
        context.cancel,
    )
    shown = command if isinstance(command, str) else " ".join(command)
    ended = f"ended with exit code {result.exit_code}" if result.status == "exited" else result.reason
    said = f"installed with {shown!r}" if result.succeeded else f"{shown!r} {ended}"
    return BlockResult(
        said,
        LocalSkillInstallCompleted(
            success=result.succeeded,
            summary=said,
            skill=project.name,
            command=shown,
            exit_code=result.exit_code,
        ),
    )


BLOCK = install_skill

"""Installs a release, or a remedy, on this machine with the registered command (spec 4.6, 4.9)."""

from __future__ import annotations

from typing import Any

from foundry_kernel.engine.block import BlockContext, BlockResult, Trigger, block
from foundry_kernel.events.payload import Payload
from foundry_kernel.events.payloads.iteration import ProjectChangesCommitted
from foundry_kernel.events.payloads.release import (
    LocalInstallCompleted,
    ReleaseCompleted,
    ReleasePipelineCompleted,
)
from foundry_kernel.gates.errors import NoTree
from foundry_kernel.gateways.package_tools import ToolCaller
from foundry_kernel.gateways.project_registry import RegistryFile, registry_path
from foundry_kernel.gateways.shell import Command

_OUTPUT = "install/output.txt"


def _is_there(payload: Any) -> bool:
    """A release whose pipeline did not fail, or a remedy that was committed."""
    if isinstance(payload, ProjectChangesCommitted):
        made = bool(payload.commit) or payload.dry_run is True
        return payload.workflow == "remediation" and payload.success and made
    return bool(payload.success)


def _would_install(trigger: Trigger) -> list[Payload]:
    said = "would run the registered install command"
    return [LocalInstallCompleted(success=True, version=_version(trigger), summary=said)]


def _version(trigger: Trigger) -> str:
    release = trigger.latest(ReleaseCompleted)
    return release.version if release else ""


@block(
    name="install_locally",
    kind="mutator",
    reach="outside",
    sinks=(ReleasePipelineCompleted, ProjectChangesCommitted),
    emits=(LocalInstallCompleted,),
    accepts=_is_there,
    dry_run_events=_would_install,
)
async def install_locally(context: BlockContext) -> BlockResult:
    """Run the install command of the registry in the run's tree. A project that is registered without one has none."""
    if context.tree is None:
        raise NoTree("an install command runs in a work tree", next_step="name a workspace with a commit")
    environment = context.gateways.environment
    project = RegistryFile(registry_path(environment)).find(context.event.project)
    command = project.install.command if project and project.install else None
    version = _version(context)
    if project is None or command is None:
        said = f"no install command is registered for {context.event.project}: nothing was installed"
        return BlockResult(said, LocalInstallCompleted(success=True, version=version, summary=said))
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
    said = f"installed with {shown!r}" if result.succeeded else f"{shown!r} {_how_it_ended(result)}"
    return BlockResult(
        said,
        LocalInstallCompleted(
            success=result.succeeded,
            summary=said,
            command=shown,
            version=version,
            exit_code=result.exit_code,
        ),
        details={"output": context.redactor(result.output)[-20_000:], "output_file": _OUTPUT},
    )


def _how_it_ended(result: Any) -> str:
    if result.status == "exited":
        return f"ended with exit code {result.exit_code}"
    return f"{result.status.replace('_', ' ')}: {result.reason}"


BLOCK = install_locally

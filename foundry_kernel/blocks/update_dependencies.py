"""Brings a project's dependencies up to date, by stack (spec 4.6)."""

from __future__ import annotations

from typing import Any

from foundry_kernel.engine.block import BlockContext, BlockResult, Settings, Trigger, block
from foundry_kernel.events.payloads.iteration import ExecutionCompleted
from foundry_kernel.events.payloads.validation import GateResolutionCompleted
from foundry_kernel.gateways.package_tools import Changed, NoSuchTool, PackageTools, ToolCaller

_MOST_SHOWN = 20


class UpdateSettings(Settings):
    """What a formation may set.

    Attributes:
        stack: only this one; by default every stack that the tree has.
    """

    stack: str | None = None


def _is_maintenance(payload: Any) -> bool:
    return bool(payload.workflow == "maintain")


def _would_update(trigger: Trigger) -> list[ExecutionCompleted]:
    step = trigger.payload_as(GateResolutionCompleted).step
    return [ExecutionCompleted(success=True, summary="dependencies would be brought up to date", **step)]


@block(
    name="update_dependencies",
    kind="mutator",
    sinks=(GateResolutionCompleted,),
    emits=(ExecutionCompleted,),
    accepts=_is_maintenance,
    settings=UpdateSettings,
    dry_run_events=_would_update,
)
async def update_dependencies(context: BlockContext) -> BlockResult:
    """Raise pins and lock files to what fits together and is newest. A project that pins nothing has nothing to do."""
    tree, git = context.work_tree, context.gateways.git
    caller = ToolCaller(
        context.gateways.shell, context.gateways.environment, context.redactor, context.cancel
    )
    stack = context.settings_as(UpdateSettings).stack
    try:
        done = await PackageTools(caller).update(tree, stack)
    except NoSuchTool as error:
        if stack is not None:
            raise
        done = Changed(remarks=(error.message,))
    summary = _summary(done)
    return BlockResult(
        summary,
        ExecutionCompleted(
            success=True,
            summary=summary,
            changed_files=await git.changed_files(tree, context.base_revision),
            tree_digest=(await git.tree_state(tree)).digest,
            **context.payload_as(GateResolutionCompleted).step,
        ),
        details={"changes": [str(each) for each in done.changes], "remarks": list(done.remarks)},
    )


def _summary(done: Changed) -> str:
    shown = ", ".join(str(each) for each in done.changes[:_MOST_SHOWN])
    more = f" and {len(done.changes) - _MOST_SHOWN} more" if len(done.changes) > _MOST_SHOWN else ""
    said = [f"updated {shown}{more}" if done.changes else "every dependency is up to date", *done.remarks]
    return "; ".join(said)


BLOCK = update_dependencies

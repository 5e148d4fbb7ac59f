"""Asks for maintenance after an iteration that went well, where the request says so (spec 4.6)."""

from __future__ import annotations

from typing import Any

from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payload import Actions
from foundry_kernel.events.payloads.iteration import IterationRequested, ProjectIterationCompleted
from foundry_kernel.events.payloads.maintenance import MaintenanceRequested


def _is_over(payload: Any) -> bool:
    return bool(payload.success) and payload.loop_context is None


@block(
    name="request_maintenance",
    kind="observer",
    sinks=(ProjectIterationCompleted,),
    emits=(MaintenanceRequested,),
    accepts=_is_over,
)
async def request_maintenance(context: BlockContext) -> BlockResult:
    """Look at what the request of the whole iteration allowed to follow."""
    asked = [each for each in context.upstream(IterationRequested) if each.loop_context is None]
    actions = asked[0].actions if asked else None
    if actions is None or not actions.maintain:
        return BlockResult("no maintenance was asked for")
    return BlockResult(
        "maintenance follows", MaintenanceRequested(actions=Actions(maintain=True, push=actions.push))
    )


BLOCK = request_maintenance

"""A human's prompt, or a plan that was handed in, is the plan (spec 4.6)."""

from __future__ import annotations

from typing import Any

from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.errors import FoundryError
from foundry_kernel.events.payloads.iteration import (
    ExecutionRequested,
    PlanCompleted,
    PromptExecutionRequested,
)
from foundry_kernel.events.payloads.validation import PreflightCompleted


class NoPlan(FoundryError):
    """An execution was asked for, and nobody said of what."""

    failure_class = "validation"


def _may_begin(payload: Any) -> bool:
    return bool(payload.success) and payload.workflow in ("prompt", "execution")


@block(
    name="adopt_prompt",
    kind="observer",
    sinks=(PreflightCompleted,),
    emits=(PlanCompleted,),
    accepts=_may_begin,
)
async def adopt_prompt(context: BlockContext) -> BlockResult:
    """Take the words that the run was asked with as the plan; nobody interprets them."""
    asked = context.latest(PromptExecutionRequested)
    handed_in = context.latest(ExecutionRequested)
    plan = asked.prompt if asked else handed_in.plan if handed_in else ""
    if not plan.strip():
        raise NoPlan("there is nothing to carry out", next_step="say what to do in the payload's `plan`")
    return BlockResult(
        "the prompt is the plan", PlanCompleted(plan=plan, **context.payload_as(PreflightCompleted).step)
    )


BLOCK = adopt_prompt

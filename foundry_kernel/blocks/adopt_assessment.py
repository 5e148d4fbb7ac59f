"""The gap that was assessed and accepted is the plan, where no planner takes part (spec 3.2, 4.6)."""

from __future__ import annotations

from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payloads.iteration import AssessmentCompleted, PlanCompleted, TriageCompleted


@block(
    name="adopt_assessment",
    kind="observer",
    sinks=(TriageCompleted,),
    emits=(PlanCompleted,),
    accepts=lambda payload: payload.accepted,
)
async def adopt_assessment(context: BlockContext) -> BlockResult:
    """Take what was found as what is to be done; nobody is asked how."""
    triage = context.payload_as(TriageCompleted)
    found = context.latest(AssessmentCompleted)
    gap = (found.assessment or found.principle) if found else ""
    plan = "\n\n".join(filter(None, ("Close this gap, in the smallest way that holds:", gap, triage.reason)))
    return BlockResult("what was assessed is the plan", PlanCompleted(plan=plan, **triage.step))


BLOCK = adopt_assessment

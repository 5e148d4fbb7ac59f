"""Asks an agent which areas of a project are worth an iteration each (spec 4.6)."""

from __future__ import annotations

from foundry_kernel.agents.answers import AgentAnswer
from foundry_kernel.agents.phases import Agents, PhaseCall
from foundry_kernel.agents.prompts import Section
from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payloads.iteration import (
    Area,
    IterationRequested,
    StrategicAssessmentCompleted,
)

_TASK = (
    "This is a strategic assessment: do not name one gap, but the areas of this project whose improvement is worth "
    "most, best first. Each area is worked on in a round of its own, so each must be worth a change by itself. Name as "
    "few as are worth it; none is a good answer."
)


class StrategicAnswer(AgentAnswer):
    """The areas, best first."""

    areas: tuple[Area, ...] = ()
    summary: str = ""


@block(
    name="assess_strategically",
    kind="observer",
    sinks=(IterationRequested,),
    emits=(StrategicAssessmentCompleted,),
    accepts=lambda payload: payload.strategic,
)
async def assess_strategically(context: BlockContext) -> BlockResult:
    """Ask for areas; the agent may only read."""
    request = context.payload_as(IterationRequested)
    asked = await context.service(Agents).ask(
        PhaseCall(
            "assessment",
            context.work_tree,
            context.artifacts_dir,
            (
                Section("What is asked", _TASK, ours=True),
                Section("What the request adds", request.strategic_prompt or "", ours=True),
            ),
            called="strategic_assessment",
            cancel=context.cancel,
        ),
        StrategicAnswer,
    )
    areas = asked.answer.areas
    return BlockResult(
        f"{len(areas)} areas: {', '.join(each.name for each in areas)}"[:500] if areas else "no area",
        StrategicAssessmentCompleted(success=bool(areas), areas=areas, summary=asked.answer.summary),
        details=asked.facts(),
    )


BLOCK = assess_strategically

"""Asks an agent for the one gap whose closing is worth most now (spec 4.6)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from foundry_kernel.agents.answers import AgentAnswer
from foundry_kernel.agents.phases import Agents, PhaseCall
from foundry_kernel.agents.prompts import Section
from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payloads.iteration import AssessmentCompleted
from foundry_kernel.events.payloads.validation import PreflightCompleted
from foundry_kernel.gates.phase import failure_context


class AssessmentAnswer(AgentAnswer):
    """The gap that was found."""

    found: bool = Field(default=True, description="false when nothing is worth a change")
    principle: str = Field(default="", description="the ability that is threatened or missing")
    category: str = ""
    severity: int | None = Field(default=None, ge=0, le=10)
    assessment: str = ""
    evidence: tuple[str, ...] = ()


def _may_begin(payload: Any) -> bool:
    return bool(payload.success) and payload.workflow == "iterate"


@block(
    name="assess_project",
    kind="observer",
    sinks=(PreflightCompleted,),
    emits=(AssessmentCompleted,),
    accepts=_may_begin,
)
async def assess_project(context: BlockContext) -> BlockResult:
    """Ask what is worth a change; the agent may only read."""
    preflight = context.payload_as(PreflightCompleted)
    loop = preflight.loop_context
    asked = await context.service(Agents).ask(
        PhaseCall(
            "assessment",
            context.work_tree,
            context.artifacts_dir,
            (
                Section("Where to look in this round", loop.area if loop else ""),
                Section("Gates that do not pass and need not", failure_context(preflight.outcomes)),
            ),
            iteration=loop.iteration if loop else 1,
            cancel=context.cancel,
        ),
        AssessmentAnswer,
    )
    answer = asked.answer
    return BlockResult(
        answer.principle or ("a gap" if answer.found else "nothing is worth a change"),
        AssessmentCompleted(
            success=answer.found,
            principle=answer.principle,
            category=answer.category,
            severity=answer.severity,
            assessment=answer.assessment,
            evidence=answer.evidence,
            **preflight.step,
        ),
        details=asked.facts(),
    )


BLOCK = assess_project

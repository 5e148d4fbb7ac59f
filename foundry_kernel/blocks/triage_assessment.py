"""Asks an agent whether the gap that was found is worth work now (spec 4.6, 4.7)."""

from __future__ import annotations

from typing import Any

from foundry_kernel.agents.answers import TriageAnswer, judge_triage
from foundry_kernel.agents.errors import AgentFailed
from foundry_kernel.agents.phases import Agents, PhaseCall
from foundry_kernel.agents.prompts import Section
from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payloads.iteration import AssessmentCompleted, TriageCompleted


@block(
    name="triage_assessment",
    kind="observer",
    sinks=(AssessmentCompleted,),
    emits=(TriageCompleted,),
    accepts=lambda payload: payload.success,
)
async def triage_assessment(context: BlockContext) -> BlockResult:
    """Accept or reject; an agent that fails to answer has not objected."""
    found = context.payload_as(AssessmentCompleted)
    details: dict[str, Any] = {}
    try:
        asked = await context.service(Agents).ask(
            PhaseCall(
                "triage",
                context.work_tree,
                context.artifacts_dir,
                (
                    Section("Assessment", found.assessment or found.principle),
                    Section("Evidence that it names", "\n".join(found.evidence)),
                ),
                iteration=found.loop_context.iteration if found.loop_context else 1,
                cancel=context.cancel,
            ),
            TriageAnswer,
        )
        answer, details = judge_triage(asked.answer), asked.facts()
    except AgentFailed as error:
        answer = judge_triage(error)
    accepted = answer.accepted and not answer.escalate
    word = "accepted" if accepted else "a human must decide" if answer.escalate else "rejected"
    return BlockResult(
        f"{word}: {answer.reason}" if answer.reason else word,
        TriageCompleted(accepted=accepted, reason=answer.reason, escalate=answer.escalate, **found.step),
        details=details,
    )


BLOCK = triage_assessment

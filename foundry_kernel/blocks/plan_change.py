"""Asks an agent for a plan of one small change (spec 4.6)."""

from __future__ import annotations

from pydantic import Field

from foundry_kernel.agents.answers import AgentAnswer
from foundry_kernel.agents.phases import Agents, PhaseCall
from foundry_kernel.agents.prompts import Section
from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payloads.iteration import AssessmentCompleted, PlanCompleted, TriageCompleted


class PlanAnswer(AgentAnswer):
    """What will be done."""

    plan: str = Field(min_length=1)
    files_in_scope: tuple[str, ...] = ()
    questions: tuple[str, ...] = Field(
        default=(), description="what a human must answer first; any question stops the run"
    )


@block(
    name="plan_change",
    kind="observer",
    sinks=(TriageCompleted,),
    emits=(PlanCompleted,),
    accepts=lambda payload: payload.accepted,
)
async def plan_change(context: BlockContext) -> BlockResult:
    """Ask for a plan; the agent may only read."""
    triage = context.payload_as(TriageCompleted)
    found = context.latest(AssessmentCompleted)
    asked = await context.service(Agents).ask(
        PhaseCall(
            "planning",
            context.work_tree,
            context.artifacts_dir,
            (
                Section("Assessment", found.assessment or found.principle if found else ""),
                Section("Evidence that it names", "\n".join(found.evidence) if found else ""),
                Section("Why it was accepted", triage.reason),
            ),
            iteration=triage.loop_context.iteration if triage.loop_context else 1,
            cancel=context.cancel,
        ),
        PlanAnswer,
    )
    answer = asked.answer
    return BlockResult(
        f"{len(answer.questions)} questions"
        if answer.questions
        else answer.plan.strip().splitlines()[0][:200],
        PlanCompleted(
            success=not answer.questions,
            plan=answer.plan,
            files_in_scope=answer.files_in_scope,
            questions=answer.questions,
            **triage.step,
        ),
        details=asked.facts(),
    )


BLOCK = plan_change

"""Lets a planner say how a human's prompt is carried out; the prompt itself stays the plan (spec 3.2, 4.6)."""

from __future__ import annotations

from pydantic import Field

from foundry_kernel.agents.answers import AgentAnswer
from foundry_kernel.agents.phases import Agents, PhaseCall
from foundry_kernel.agents.prompts import Section
from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.engine.goal import goal_of, may_be_carried_out
from foundry_kernel.events.payloads.iteration import PlanCompleted
from foundry_kernel.events.payloads.validation import PreflightCompleted


class StepsAnswer(AgentAnswer):
    """How it will be done."""

    plan: str = Field(min_length=1, description="the steps, small and reversible")
    files_in_scope: tuple[str, ...] = ()
    questions: tuple[str, ...] = Field(
        default=(), description="what a human must answer first; any question stops the run"
    )


@block(
    name="plan_prompt",
    kind="observer",
    sinks=(PreflightCompleted,),
    emits=(PlanCompleted,),
    accepts=may_be_carried_out,
)
async def plan_prompt(context: BlockContext) -> BlockResult:
    """Ask for the steps; the agent may only read. What was asked for stands first, and whole."""
    began = context.payload_as(PreflightCompleted)
    words = goal_of(context).asked
    asked = await context.service(Agents).ask(
        PhaseCall(
            "planning",
            context.work_tree,
            context.artifacts_dir,
            (Section("What was asked for", words, ours=True),),
            cancel=context.cancel,
        ),
        StepsAnswer,
    )
    answer = asked.answer
    return BlockResult(
        f"{len(answer.questions)} questions"
        if answer.questions
        else answer.plan.strip().splitlines()[0][:200],
        PlanCompleted(
            success=not answer.questions,
            plan=f"{words}\n\nHow, as a planner proposes it:\n\n{answer.plan}",
            files_in_scope=answer.files_in_scope,
            questions=answer.questions,
            **began.step,
        ),
        details=asked.facts(),
    )


BLOCK = plan_prompt

"""Asks an agent to say the change in words: what a commit message and a human need (spec 4.6)."""

from __future__ import annotations

from pydantic import Field

from foundry_kernel.agents.answers import AgentAnswer
from foundry_kernel.agents.phases import Agents, PhaseCall
from foundry_kernel.agents.prompts import Section
from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payloads.intent import ReviewCompleted
from foundry_kernel.events.payloads.iteration import (
    InnerIterationCompleted,
    PlanCompleted,
    SummarizeCompleted,
)
from foundry_kernel.events.payloads.validation import GateVerificationCompleted


class SummaryAnswer(AgentAnswer):
    """The change in words."""

    headline: str = Field(min_length=1, description="imperative, at most 70 characters")
    summary: str = ""


@block(
    name="summarize_change",
    kind="observer",
    sinks=(ReviewCompleted,),
    emits=(SummarizeCompleted,),
    accepts=lambda payload: payload.success,
)
async def summarize_change(context: BlockContext) -> BlockResult:
    """Ask for a headline and a few sentences; the agent may only read. Of no change there is nothing to say."""
    reviewed = context.payload_as(ReviewCompleted)
    held = context.latest(InnerIterationCompleted)
    if held is None or not held.changed:
        nothing = SummarizeCompleted(
            headline="Change nothing", summary="Nothing was changed.", **reviewed.step
        )
        return BlockResult("nothing was changed", nothing)
    plan = context.latest(PlanCompleted)
    asked = await context.service(Agents).ask(
        PhaseCall(
            "summarization",
            context.work_tree,
            context.artifacts_dir,
            (
                Section("The plan of the change", plan.plan if plan else ""),
                Section("What was done", held.summary),
                Section("Files that were changed", "\n".join(held.changed_files)),
                Section("How the gates ended", _gates(context)),
                Section("What the review says", "" if reviewed.skipped else reviewed.summary),
            ),
            capability="quick",
            attempt=held.attempts or 1,
            iteration=held.loop_context.iteration if held.loop_context else 1,
            cancel=context.cancel,
        ),
        SummaryAnswer,
    )
    answer = asked.answer
    return BlockResult(
        answer.headline,
        SummarizeCompleted(headline=answer.headline, summary=answer.summary, **reviewed.step),
        details=asked.facts(),
    )


def _gates(context: BlockContext) -> str:
    verified = context.latest(GateVerificationCompleted)
    return "\n".join(f"{each.name}: {each.status}" for each in verified.outcomes) if verified else ""


BLOCK = summarize_change

"""Lets an agent review a change that holds, where the run's prompt pack says what to review it against (spec 3.3)."""

from __future__ import annotations

from pydantic import Field

from foundry_kernel.agents.answers import AgentAnswer
from foundry_kernel.agents.phases import Agents, PhaseCall
from foundry_kernel.agents.prompts import Section, choose_prompt
from foundry_kernel.engine.block import BlockContext, BlockResult, Settings, block
from foundry_kernel.events.payloads.intent import ReviewCompleted, ReviewFinding
from foundry_kernel.events.payloads.iteration import InnerIterationCompleted, PlanCompleted


class ReviewSettings(Settings):
    """What a formation may set.

    Attributes:
        always: review with built-in words where no pack has any.
        never: pass every review over: the agents of this run are told to do without.
    """

    always: bool = False
    never: bool = False


class ReviewAnswer(AgentAnswer):
    """What the review says."""

    approved: bool = Field(description="false when the change must not be delivered as it is")
    summary: str = ""
    findings: tuple[ReviewFinding, ...] = ()


@block(
    name="review_change",
    kind="observer",
    sinks=(InnerIterationCompleted,),
    emits=(ReviewCompleted,),
    accepts=lambda payload: payload.success,
    settings=ReviewSettings,
)
async def review_change(context: BlockContext) -> BlockResult:
    """Ask for a review; the agent may only read. Without words for it, or without a change, it is passed over."""
    held = context.payload_as(InnerIterationCompleted)
    settings = context.settings_as(ReviewSettings)
    wanted = not settings.never and (
        settings.always or choose_prompt("review", context.artifacts_dir).pack_id
    )
    if not wanted or not held.changed:
        why = "nothing was changed" if wanted else "no review was asked for"
        return BlockResult(why, ReviewCompleted(success=True, skipped=True, summary=why, **held.step))
    plan = context.latest(PlanCompleted)
    patch = await context.gateways.git.patch(context.work_tree, context.base_revision)
    asked = await context.service(Agents).ask(
        PhaseCall(
            "review",
            context.work_tree,
            context.artifacts_dir,
            (
                Section("The plan of the change", plan.plan if plan else ""),
                Section("The change", patch.decode(errors="replace"), max_characters=60_000),
            ),
            attempt=held.attempts or 1,
            iteration=held.loop_context.iteration if held.loop_context else 1,
            cancel=context.cancel,
        ),
        ReviewAnswer,
    )
    answer = asked.answer
    return BlockResult(
        answer.summary or ("approved" if answer.approved else "objected"),
        ReviewCompleted(
            success=answer.approved, findings=answer.findings, summary=answer.summary, **held.step
        ),
        details=asked.facts(),
    )


BLOCK = review_change

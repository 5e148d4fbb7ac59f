"""An assistant lays out options with their price; a human decides before anything is touched (spec 3.2).

The human's decision comes back in the payload of the entry event (`decision`). With a brief that is part of what is
approved and signed, so that nobody but a human can have decided.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from foundry_kernel.agents.answers import AgentAnswer
from foundry_kernel.agents.phases import Agents, PhaseCall
from foundry_kernel.agents.prompts import Section
from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.engine.goal import goal_of, may_be_planned
from foundry_kernel.events.payload import StepPayload
from foundry_kernel.events.payloads.iteration import PlanCompleted, TriageCompleted
from foundry_kernel.events.payloads.validation import PreflightCompleted

_ASSISTANT = (
    "A human decides what is done, and you touch nothing. Lay out two to four options, each with its price and with "
    "what it would leave as evidence. Do not choose."
)


class Option(BaseModel):
    """One way to go."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: str = Field(min_length=1, max_length=300)
    plan: str = ""
    price: str = Field(default="", description="what it costs, and what it gives up")


class OptionsAnswer(AgentAnswer):
    """What a human can choose among."""

    options: tuple[Option, ...] = Field(min_length=1, max_length=6)


@block(
    name="offer_options",
    kind="observer",
    sinks=(TriageCompleted, PreflightCompleted),
    emits=(PlanCompleted,),
    accepts=may_be_planned,
)
async def offer_options(context: BlockContext) -> BlockResult:
    """Take the human's decision as the plan; without one, ask for options and end with the question."""
    assert isinstance(context.payload, StepPayload)
    step, goal = context.payload, goal_of(context)
    if goal.decision:
        what = goal.asked or goal.assessment
        plan = "\n\n".join(filter(None, (what, f"As a human decided:\n\n{goal.decision}")))
        return BlockResult("a human decided", PlanCompleted(plan=plan, **step.step))
    asked = await context.service(Agents).ask(
        PhaseCall(
            "planning",
            context.work_tree,
            context.artifacts_dir,
            (Section("Your part", _ASSISTANT, ours=True), *(Section(*each) for each in goal.shown)),
            called="options",
            iteration=step.loop_context.iteration if step.loop_context else 1,
            cancel=context.cancel,
        ),
        OptionsAnswer,
    )
    told = [_told(number, each) for number, each in enumerate(asked.answer.options, start=1)]
    question = (
        "Which way shall it be? " + " ".join(told) + " Say it in the payload's `decision`, in your own words."
    )
    return BlockResult(
        f"{len(told)} options for a human",
        PlanCompleted(
            success=False, plan="\n\n".join(told), questions=(question,), awaits_human=True, **step.step
        ),
        details={**asked.facts(), "options": [each.model_dump() for each in asked.answer.options]},
    )


def _told(number: int, option: Option) -> str:
    said = (f"({number}) {option.title}", option.plan, f"Price: {option.price}" if option.price else "")
    return " ".join(" ".join(each.split()).rstrip(".") + "." for each in said if each.strip())


BLOCK = offer_options

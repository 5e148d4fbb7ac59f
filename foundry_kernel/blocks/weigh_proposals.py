"""Two proposals are made apart, and a judge chooses the one that is built (spec 3.2)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from foundry_kernel.agents.answers import AgentAnswer
from foundry_kernel.agents.phases import Agents, PhaseAnswer, PhaseCall
from foundry_kernel.agents.prompts import Section
from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.engine.goal import goal_of, may_be_planned
from foundry_kernel.events.payload import LoopContext, StepPayload
from foundry_kernel.events.payloads.iteration import PlanCompleted, TriageCompleted
from foundry_kernel.events.payloads.validation import PreflightCompleted

_PROPOSERS = {
    "proposal_one": "You are one of two who propose, each without seeing the other. Propose the smallest change that "
    "reaches the goal.",
    "proposal_two": "You are one of two who propose, each without seeing the other. The obvious way may have failed "
    "before: propose the way that you would defend against it.",
}
_JUDGE = (
    "Two proposals were made apart. Choose the one that harms nothing that must survive and can be proved by the "
    "gates, and say why the other is not built. If neither should be built, ask a human."
)


class Proposal(AgentAnswer):
    """One way to reach the goal."""

    plan: str = Field(min_length=1)
    files_in_scope: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()


class Judgement(AgentAnswer):
    """Which of two proposals is built."""

    chosen: Literal["one", "two"]
    reason: str = Field(min_length=1, description="why this one, and why not the other")
    questions: tuple[str, ...] = Field(
        default=(), description="what a human must answer first; any question stops the run"
    )


@block(
    name="weigh_proposals",
    kind="observer",
    sinks=(TriageCompleted, PreflightCompleted),
    emits=(PlanCompleted,),
    accepts=may_be_planned,
)
async def weigh_proposals(context: BlockContext) -> BlockResult:
    """Ask two agents apart, then a third; all of them may only read."""
    assert isinstance(context.payload, StepPayload)
    step, wanted = context.payload, goal_of(context)
    goal = tuple(Section(*each) for each in wanted.shown)
    one, two = [
        await _asked(context, called, (Section("Your part", part, ours=True), *goal), Proposal)
        for called, part in _PROPOSERS.items()
    ]
    judged = await _asked(
        context,
        "judgement",
        (
            Section("Your part", _JUDGE, ours=True),
            *goal,
            Section("Proposal one", _told(one.answer)),
            Section("Proposal two", _told(two.answer)),
        ),
        Judgement,
    )
    verdict = judged.answer
    chosen = one.answer if verdict.chosen == "one" else two.answer
    return BlockResult(
        f"proposal {verdict.chosen} is built: {verdict.reason}"[:500],
        PlanCompleted(
            success=not verdict.questions,
            plan="\n\n".join(filter(None, (wanted.asked, chosen.plan))),
            files_in_scope=chosen.files_in_scope,
            questions=verdict.questions,
            **step.step,
        ),
        details=_facts(verdict, one, two, judged),
    )


async def _asked(
    context: BlockContext, called: str, sections: tuple[Section, ...], form: Any
) -> PhaseAnswer[Any]:
    loop: LoopContext | None = getattr(context.payload, "loop_context", None)
    return await context.service(Agents).ask(
        PhaseCall(
            "planning",
            context.work_tree,
            context.artifacts_dir,
            sections,
            called=called,
            iteration=loop.iteration if loop else 1,
            cancel=context.cancel,
        ),
        form,
    )


def _told(proposal: Proposal) -> str:
    listed = (("Files", proposal.files_in_scope), ("Risks", proposal.risks))
    more = [f"{name}:\n" + "\n".join(f"- {each}" for each in said) for name, said in listed if said]
    return "\n\n".join((proposal.plan, *more))


def _facts(verdict: Judgement, *asked: PhaseAnswer[Any]) -> dict[str, Any]:
    """Where the words come from, every call, and what was chosen among what."""
    one, two, judged = asked
    calls = [call for each in asked for call in each.facts()["agent_calls"]]
    proposals = {"one": _told(one.answer), "two": _told(two.answer)}
    return {
        "prompt": judged.facts()["prompt"],
        "agent_calls": calls,
        "proposals": proposals,
        "chosen": verdict.chosen,
        "reason": verdict.reason,
    }


BLOCK = weigh_proposals

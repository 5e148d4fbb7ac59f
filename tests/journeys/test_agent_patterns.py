"""The agent pattern that a brief names decides who is asked, in which order, and who is not.

Real git, real gates, replayed agents; each run is an approved request at throttle full, carried out as a kernel does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runtime_artifacts.journal import Fact
from runtime_artifacts.run_result import RunResult
from tests.fakes.sample_project import PROVEN, RIGHT, Sample, sample_project
from tests.fakes.signed_request import carry_out, trust_ada

pytestmark = pytest.mark.slow
APPROVED = {"approved": True, "summary": "does what it should"}
PROMPT = {"prompt": "Make a discount cheaper, not dearer."}
ITERATE, BY_PROMPT = "iteration_requested", "prompt_execution_requested"


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    made = sample_project(tmp_path)
    made.record(
        "execution", write={"basket.py": RIGHT, "test_basket.py": PROVEN}, answer={"summary": "mended"}
    )
    for unwanted in ("planning", "retry"):
        made.forget(unwanted)
    trust_ada(made.root)
    return made


async def run(
    sample: Sample, pattern: Any, entry_event: str = ITERATE, **payload: Any
) -> tuple[RunResult, list[Fact], list[str]]:
    """Carry an approved request out; its result, its facts, and who was asked, in order."""
    done = await carry_out(
        sample.root, entry_event, payload=payload, controls={"commit_allowed": True}, pattern=pattern
    )
    return done.result, done.facts, done.asked


def pattern_of(facts: list[Fact]) -> dict[str, Any]:
    return next(fact.payload["agent_pattern"] for fact in facts if fact.kind == "run_started")


def plan_of(facts: list[Fact]) -> dict[str, Any]:
    return next(
        fact.payload for fact in facts if fact.kind == "event" and fact.event_type == "plan_completed"
    )


async def test_a_single_agent_works_alone_by_what_was_assessed(sample: Sample) -> None:
    result, facts, asked = await run(sample, "single_agent")
    assert (result.status, len(result.commits)) == ("completed", 1), result.errors
    assert asked == ["assessment", "triage", "execution", "summarization"]
    assert "A discount makes the basket more expensive." in plan_of(facts)["plan"]
    assert pattern_of(facts) == {"pattern": "single_agent", "honoured": True, "why": ""}


async def test_plan_then_execute_asks_a_planner_and_no_reviewer(sample: Sample) -> None:
    sample.record("planning", answer={"plan": "Subtract the discount.", "files_in_scope": ["basket.py"]})
    result, facts, asked = await run(sample, "plan_then_execute", BY_PROMPT, **PROMPT)
    assert (result.status, len(result.commits)) == ("completed", 1), result.errors
    assert asked == ["planning", "execution", "summarization"]
    plan = plan_of(facts)["plan"]
    assert plan.startswith(PROMPT["prompt"]), "a human's words stay the plan"
    assert "Subtract the discount." in plan


async def test_execute_then_review_asks_no_planner_and_a_reviewer_who_can_stop_it(sample: Sample) -> None:
    sample.record("review", answer={"approved": False, "summary": "it rounds the wrong way"})
    result, _, asked = await run(sample, "execute_then_review")
    assert asked == ["assessment", "triage", "execution", "review"]
    assert (result.commits, result.status) == ((), "failed")


async def test_plan_execute_review_asks_all_three_in_that_order(sample: Sample) -> None:
    sample.record("planning", answer={"plan": "Subtract the discount."})
    sample.record("review", answer=APPROVED)
    result, _, asked = await run(sample, "plan_execute_review")
    assert (result.status, len(result.commits)) == ("completed", 1), result.errors
    assert asked == ["assessment", "triage", "planning", "execution", "review", "summarization"]


@pytest.mark.parametrize(
    ("entry_event", "payload", "before"), [(ITERATE, {}, ["assessment", "triage"]), (BY_PROMPT, PROMPT, [])]
)
async def test_adversarial_review_builds_the_one_of_two_proposals_that_a_judge_chose(
    sample: Sample, entry_event: str, payload: dict[str, Any], before: list[str]
) -> None:
    sample.record("proposal_one", answer={"plan": "Round the total."})
    sample.record("proposal_two", answer={"plan": "Subtract the discount.", "risks": ["rounding"]})
    sample.record("judgement", answer={"chosen": "two", "reason": "rounding would hide the defect"})
    sample.record("review", answer=APPROVED)
    result, facts, asked = await run(sample, "adversarial_review", entry_event, **payload)
    assert (result.status, len(result.commits)) == ("completed", 1), result.errors
    assert asked == [
        *before, "proposal_one", "proposal_two", "judgement", "execution", "review", "summarization"
    ]  # fmt: skip
    plan = plan_of(facts)["plan"]
    assert "Subtract the discount." in plan
    assert "Round the total." not in plan
    told = next(
        f.payload["details"] for f in facts if f.kind == "block_finished" and f.block == "weigh_proposals"
    )
    assert (told["chosen"], told["proposals"]["one"]) == ("two", "Round the total.")


async def test_with_a_human_in_the_loop_nothing_is_touched_until_the_human_decided(sample: Sample) -> None:
    before = sample.state()
    sample.record(
        "options",
        answer={
            "options": [
                {"title": "Subtract it", "price": "one line"},
                {"title": "Forbid discounts", "price": "unhappy customers"},
            ]
        },
    )
    sample.record("review", answer=APPROVED)
    result, _, asked = await run(sample, "human_in_the_loop")
    assert asked == ["assessment", "triage", "options"]
    assert (result.status, result.commits) == ("completed_with_findings", ())
    (question,) = result.follow_up_questions
    assert "(1) Subtract it. Price: one line. (2) Forbid discounts." in question
    assert sample.state() == before

    decided = "Subtract it, and prove it with a test."
    result, facts, asked = await run(sample, "human_in_the_loop", decision=decided)
    assert (result.status, len(result.commits)) == ("completed", 1), result.errors
    assert asked == ["assessment", "triage", "execution", "review", "summarization"]
    assert decided in plan_of(facts)["plan"]


async def test_a_pattern_that_a_formation_cannot_be_shaped_by_is_said_in_the_run_itself(
    sample: Sample,
) -> None:
    result, facts, asked = await run(sample, "plan_execute_review", "validation_requested")
    assert (result.status, asked) == ("completed", [])
    assert pattern_of(facts) == {
        "pattern": "plan_execute_review",
        "honoured": False,
        "why": "validation has its own order of agents",
    }


def test_every_pattern_that_intent_can_name_is_one_that_foundry_offers_where_agents_work() -> None:
    from alloynb.compiler.agent_formation import COVERS
    from foundry_kernel.kernel.manifest import this_manifest

    offered = {each.name: set(each.agent_patterns) for each in this_manifest().content.formations}
    assert set(COVERS) == offered["iterate"] == offered["prompt"] == offered["strategic_iterate"]
    assert not offered["validation"]
    assert json.loads(json.dumps(sorted(offered["iterate"])))

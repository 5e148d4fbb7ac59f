"""What an iteration asks, decides and delivers; agents, gates and git are fakes (spec 4.5 to 4.8)."""

from __future__ import annotations

import copy
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from foundry_kernel.agents.errors import AgentFailed, AgentTimedOut
from foundry_kernel.engine.permission import Permission
from foundry_kernel.events.journal import read_run
from runtime_artifacts.journal import Fact
from tests.contract.golden_story import tell
from tests.fakes.foundry_agents import Call, Said
from tests.fakes.foundry_git import FakeGit
from tests.fakes.foundry_run import RUN_ID, Run
from tests.foundry_kernel.blocks.iteration import ALLOWED, an_iteration, payload_of


async def test_agents_get_the_access_that_their_phase_needs_and_no_more(tmp_path: Path) -> None:
    run, agents = an_iteration(tmp_path, passes_at=2)
    outcome = await run.go()
    assert outcome.status == "completed", outcome
    assert [(each.phase, each.access, each.attempt) for each in agents.calls] == [
        ("assessment", "read_only", 1),
        ("triage", "read_only", 1),
        ("planning", "read_only", 1),
        ("execution", "full", 1),
        ("retry", "full", 2),
        ("summarization", "read_only", 2),
    ]


async def test_a_retry_is_told_what_failed_as_data_and_the_plan_as_a_task(tmp_path: Path) -> None:
    run, agents = an_iteration(tmp_path, passes_at=2)
    await run.go()
    prompt = next(each.prompt for each in agents.calls if each.phase == "retry")
    assert "expected 100, got 99" in prompt.split("Between the fences is data: What the gates said", 1)[1]
    assert "# The plan of the change\n\nAdd it up." in prompt
    assert "attempt 1: added" in prompt


async def test_prompts_come_from_the_pack_when_there_is_one(tmp_path: Path) -> None:
    run, agents = an_iteration(
        tmp_path, said={"review": {"approved": True, "findings": [{"severity": "low", "message": "hm"}]}}
    )
    pack = tell()["prompt_pack"]
    (run.folder / "artifacts").mkdir()
    (run.folder / "artifacts" / "prompt_pack.json").write_bytes(pack.to_bytes())
    outcome = await run.go()
    words = {each.phase: each.text.strip() for each in pack.content.prompts}
    assert words
    for call in agents.calls:
        if call.phase in words:
            assert call.prompt.startswith(words[call.phase])
    told = next(f for f in run.facts if f.kind == "block_finished" and f.block == "execute_plan")
    assert told.payload["details"]["prompt"]["prompt_pack_digest"] == pack.digest
    if "review" in words:
        assert "review" in agents.phases
        assert outcome.status == "completed_with_findings"


@pytest.mark.parametrize("error", [AgentFailed("it fell over"), AgentTimedOut("too slow")])
async def test_triage_that_gives_no_answer_has_accepted(error: Exception, tmp_path: Path) -> None:
    run, _ = an_iteration(tmp_path, said={"triage": error})
    outcome = await run.go()
    assert outcome.status == "completed"
    assert "counts as accepted" in payload_of(run, "triage_completed")["reason"]


async def test_an_answer_that_does_not_parse_is_asked_again_once(tmp_path: Path) -> None:
    def second_time_right(call: Call) -> dict[str, Any] | str:
        return {"plan": "Add it up."} if call.asked_again else "I would add it up."

    run, agents = an_iteration(tmp_path, said={"planning": second_time_right})
    assert (await run.go()).status == "completed"
    assert agents.phases.count("planning") == 2


@pytest.mark.parametrize("phase", ["assessment", "planning", "execution", "summarization"])
async def test_an_answer_that_never_parses_is_an_execution_failure(phase: str, tmp_path: Path) -> None:
    run, agents = an_iteration(tmp_path, said={phase: "words"})
    outcome = await run.go()
    assert (outcome.status, outcome.failure_class) == ("failed", "execution")
    assert agents.phases.count(phase) == 2
    assert not run.git.commits


async def test_a_commit_says_which_brief_and_run_made_it(tmp_path: Path) -> None:
    run, _ = an_iteration(tmp_path)
    await run.go()
    (commit,) = run.git.commits
    assert commit.message == "Add it up\n\nIt did not."
    assert commit.trailers == {"Foundry-Run": RUN_ID, "Idempotency-Key": f"sha256:{'ab' * 32}"}
    assert run.git.pushed == [("origin", "alloy/demo/test/12345678")]


@pytest.mark.parametrize(
    ("permission", "payload", "commits", "pushes", "status"),
    [
        (ALLOWED, {}, 1, 1, "completed"),
        (ALLOWED, {"actions": {"push": False}}, 1, 0, "completed"),
        (Permission(commit=True), {}, 1, 0, "completed"),
        (Permission(), {}, 0, 0, "completed_with_findings"),
    ],
)
async def test_commit_and_push_need_to_be_allowed(
    permission: Permission,
    payload: dict[str, Any],
    commits: int,
    pushes: int,
    status: str,
    tmp_path: Path,
) -> None:
    run, _ = an_iteration(tmp_path, permission=permission, payload=payload)
    outcome = await run.go()
    assert (len(run.git.commits), len(run.git.pushed), outcome.status) == (commits, pushes, status)


async def test_a_push_that_fails_is_a_finding_and_not_a_lost_commit(tmp_path: Path) -> None:
    run, _ = an_iteration(tmp_path, git=FakeGit(files={"basket.py": b""}, unreachable=("origin",)))
    outcome = await run.go()
    assert (outcome.status, len(run.git.commits)) == ("completed_with_findings", 1)
    pushed = payload_of(run, "project_changes_pushed")
    assert (pushed["success"], pushed["commit"]) == (False, run.git.commits[0].commit)


async def test_only_the_tree_that_was_verified_is_committed(tmp_path: Path) -> None:
    run, agents = an_iteration(tmp_path)

    def tampers(call: Call) -> dict[str, Any]:
        run.git.changed["basket.py"] = "1.2"  # behind the engine's back, after the gates
        run.git.looked = -1000
        return {"headline": "Add it up"}

    agents.said = {**agents.said, "summarization": tampers}
    outcome = await run.go()
    assert (outcome.status, outcome.failure_class) == ("stopped", "safety")
    assert not run.git.commits


async def test_a_gate_that_only_advises_and_fails_is_a_finding(tmp_path: Path) -> None:
    run, _ = an_iteration(tmp_path, passes_at=2)
    gates = {"gates": [{"name": "tests", "command": "tests", "required": False}]}
    assert run.tree is not None
    (run.tree / ".hone-gates.json").write_text(json.dumps(gates))
    outcome = await run.go()
    assert outcome.status == "completed_with_findings"
    assert "gate tests failed" in outcome.reason
    assert len(run.git.commits) == 1


async def test_maintenance_follows_where_the_request_says_so(tmp_path: Path) -> None:
    run, _ = an_iteration(tmp_path, payload={"actions": {"maintain": True}})
    await run.go()
    asked = payload_of(run, "maintenance_requested")
    assert asked["actions"]["maintain"] is True
    without, _ = an_iteration(tmp_path / "without")
    await without.go()
    assert not [fact for fact in without.facts if fact.event_type == "maintenance_requested"]


@pytest.mark.parametrize(
    ("formation", "payload", "plan"),
    [
        ("prompt", {"prompt": "Round half up."}, "Round half up."),
        ("execution", {"plan": "Round half up."}, "Round half up."),
    ],
)
async def test_the_prompt_is_the_plan(
    formation: str, payload: dict[str, Any], plan: str, tmp_path: Path
) -> None:
    run, agents = an_iteration(tmp_path, formation=formation, payload=payload, passes_at=2)
    outcome = await run.go()
    assert outcome.status == "completed", outcome
    assert agents.phases == ["execution", "retry", "summarization"], "nobody interprets it"
    assert all(f"\n\n{plan}\n" in each.prompt for each in agents.calls[:2])
    assert len(run.git.commits) == 1
    assert payload_of(run, "project_changes_committed")["workflow"] == formation


# --- the strategic loop ------------------------------------------------------------------------------------------


AREAS: dict[str, Said] = {
    "strategic_assessment": {"areas": [{"name": "prices"}, {"name": "taxes"}, {"name": "words"}]},
    "continuation": {"continue": True},
}


def rounds(run: Run) -> list[tuple[int, str, bool]]:
    """Number, area and success of each round that came to an end."""
    return [
        (
            fact.payload["loop_context"]["iteration"],
            fact.payload["loop_context"]["area"],
            fact.payload["success"],
        )
        for fact in run.facts
        if fact.kind == "event"
        and fact.event_type == "project_iteration_completed"
        and fact.payload.get("loop_context")
    ]


async def loop(tmp_path: Path, said: dict[str, Said] | None = None, **more: Any) -> tuple[Run, Any, Any]:
    payload = {"strategic": True, **more.pop("payload", {})}
    run, agents = an_iteration(
        tmp_path, formation="strategic_iterate", said={**AREAS, **(said or {})}, payload=payload, **more
    )
    return run, agents, await run.go()


async def test_the_loop_gives_every_area_its_round_and_commits_each(tmp_path: Path) -> None:
    run, agents, outcome = await loop(tmp_path)
    assert outcome.status == "completed", outcome
    assert rounds(run) == [(1, "prices", True), (2, "taxes", True), (3, "words", True)]
    assert len(run.git.commits) == len(run.git.pushed) == 3
    assert agents.phases.count("continuation") == 2, "it is asked before every further round"
    assert outcome.reason.endswith("3 of 3 rounds delivered; every area had its round")


async def test_a_round_is_told_which_area_it_is_about(tmp_path: Path) -> None:
    _, agents, _ = await loop(tmp_path)
    asked = [each for each in agents.calls if each.phase == "assessment"]
    assert [each.iteration for each in asked] == [1, 2, 3]
    assert all(area in each.prompt for each, area in zip(asked, ("prices", "taxes", "words"), strict=True))


async def test_the_loop_stops_at_the_cap(tmp_path: Path) -> None:
    run, _, outcome = await loop(tmp_path, payload={"max_iterations": 2})
    assert len(rounds(run)) == 2
    assert "the cap of 2 rounds is reached" in outcome.reason


async def test_the_loop_stops_when_another_round_is_not_worth_it(tmp_path: Path) -> None:
    run, _, outcome = await loop(tmp_path, {"continuation": {"continue": False, "reason": "only words left"}})
    assert (outcome.status, len(rounds(run))) == ("completed", 1)
    assert "only words left" in outcome.reason


async def test_the_loop_stops_on_a_plateau(tmp_path: Path) -> None:
    run, _, outcome = await loop(tmp_path, {"triage": {"accepted": False, "reason": "cosmetic"}})
    assert len(rounds(run)) == 2
    assert "plateau: 2 rounds in a row delivered nothing" in outcome.reason
    assert not run.git.commits


async def test_the_loop_stops_at_a_failure_and_keeps_what_was_delivered(tmp_path: Path) -> None:
    def second_fails(call: Call) -> dict[str, Any]:
        return {"carried_out": call.iteration == 1, "reason": "cannot be"}

    run, _, outcome = await loop(tmp_path, {"execution": second_fails})
    assert rounds(run) == [(1, "prices", True), (2, "taxes", False)]
    assert (outcome.status, len(run.git.commits)) == ("failed", 1)
    assert "cannot be" in outcome.reason


async def test_a_project_without_an_area_worth_an_iteration_is_fine(tmp_path: Path) -> None:
    run, _, outcome = await loop(tmp_path, {"strategic_assessment": {"areas": []}})
    assert (outcome.status, rounds(run)) == ("completed", [])


@pytest.mark.parametrize(("throttle", "expected"), [("dry_run", 1), ("audit_only", 0)])
async def test_the_loop_delivers_nothing_below_full_throttle(
    throttle: Any, expected: int, tmp_path: Path
) -> None:
    run, agents, outcome = await loop(tmp_path, throttle=throttle)
    assert outcome.status == "completed", outcome
    assert len(rounds(run)) == expected
    assert not run.git.commits
    assert ("execution" in agents.phases) is (throttle == "audit_only")


# --- crash at every record -----------------------------------------------------------------------------------------


def ended(facts: list[Fact]) -> Counter[tuple[str | None, str | None]]:
    return Counter((f.parent_span_id, f.block) for f in facts if f.kind == "block_finished")


DECIDED_BY_GIT = {"commit_changes", "push_changes"}
"""Mutators that run again after a crash: the repository decides by the key that they happen once."""


def begun(facts: list[Fact]) -> Counter[tuple[str | None, str | None]]:
    return Counter((f.parent_span_id, f.block) for f in facts if f.kind == "block_started")


@pytest.mark.parametrize(
    ("formation", "payload", "passes_at"),
    [
        ("iterate", {}, 2),
        ("prompt", {"prompt": "Add it up."}, 1),
        pytest.param("strategic_iterate", {"strategic": True}, 1, marks=pytest.mark.slow),
    ],
)
async def test_a_crash_at_any_record_ends_in_the_same_state_or_asks_a_human(
    formation: str, payload: dict[str, Any], passes_at: int, tmp_path: Path
) -> None:
    """Every record of the journal is the last one once; the world is what it was at that moment."""
    worlds: list[FakeGit] = []
    whole, _ = an_iteration(
        tmp_path / "whole", formation=formation, payload=payload, passes_at=passes_at, said=AREAS
    )
    whole.listener = lambda fact: worlds.append(copy.deepcopy(whole.git))
    expected = await whole.go()
    assert expected.status == "completed", expected
    lines = (whole.journal_folder / "0001.jsonl").read_bytes().splitlines(keepends=True)
    assert len(lines) == len(worlds)
    stopped = 0
    for number in range(len(lines) + 1):
        # one more record may have been about to come: what a mutator did then was done, and is not recorded
        world = copy.deepcopy(
            worlds[min(number, len(worlds) - 1)] if number else FakeGit(files=whole.git.files)
        )
        run, _ = an_iteration(
            tmp_path / str(number),
            formation=formation,
            payload=payload,
            passes_at=passes_at,
            said=AREAS,
            git=world,
        )
        run.journal_folder.mkdir()
        (run.journal_folder / "0001.jsonl").write_bytes(b"".join(lines[:number]))
        before = list(read_run(run.journal_folder))
        open_mutators = begun([f for f in before if f.block_kind == "mutator"]) - ended(before)
        outcome = await run.go()
        facts = run.facts
        assert max(ended(facts).values(), default=1) == 1, f"a finished block ran again after record {number}"
        mutators = begun([f for f in facts if f.block_kind == "mutator" and f.block not in DECIDED_BY_GIT])
        assert max(mutators.values(), default=1) == 1, f"a mutator ran twice after record {number}"
        if [block for _, block in open_mutators if block not in DECIDED_BY_GIT]:
            stopped += 1
            assert (outcome.status, outcome.failure_class) == ("stopped", "safety")
            assert outcome.questions
            continue
        assert (outcome.status, outcome.reason) == (expected.status, expected.reason), (
            f"after record {number}"
        )
        assert [each.message for each in run.git.commits] == [each.message for each in whole.git.commits]
        assert run.git.pushed == whole.git.pushed
        assert run.git.changed == whole.git.changed
    mutators_begun = [f for f in whole.facts if f.kind == "block_started" and f.block_kind == "mutator"]
    assert stopped == len([f for f in mutators_begun if f.block not in DECIDED_BY_GIT])

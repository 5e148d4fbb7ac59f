"""An agent changes a real project: real git, a real remote, real gates, and nothing of the user's is touched."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from foundry_kernel.cli import main
from foundry_kernel.events.journal import read_run
from foundry_kernel.kernel.local_run import LocalRun, new_run_folder
from runtime_artifacts.journal import Fact
from tests.fakes.sample_project import RIGHT, TESTS, Sample, sample_project

WHOLE_CHAIN = [
    "iteration_requested",
    "charter_check_completed",
    "gate_resolution_completed",
    "preflight_completed",
    "assessment_completed",
    "triage_completed",
    "plan_completed",
    "execution_completed",
    "gate_verification_completed",
    "inner_iteration_completed",
    "review_completed",
    "summarize_completed",
    "project_changes_committed",
    "project_changes_pushed",
    "project_iteration_completed",
]
AGENT = """
import json, pathlib, sys
prompt = sys.stdin.read()
access, phase = sys.argv[1:]
answers = {
    "assessment": {"principle": "A basket costs what it costs", "assessment": "The discount is added."},
    "triage": {"accepted": True},
    "planning": {"plan": "Subtract the discount."},
    "execution": {"summary": "Subtracted it."},
    "summarization": {"headline": "Subtract the discount"},
}
if phase == "execution":
    assert access == "full" and "Subtract the discount." in prompt
    file = pathlib.Path("basket.py")
    file.write_text(file.read_text().replace("return sum(prices) + ", "return sum(prices) - "))
print("Done.\\n```json\\n" + json.dumps(answers[phase]) + "\\n```")
"""


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return sample_project(tmp_path)


def emit(sample: Sample, throttle: str = "full", approve: bool = True, **payload: Any) -> Result:
    arguments = ["emit", "iteration_requested", "basket", "--workspace", str(sample.root), "--json"]
    arguments += ["--throttle", throttle, "--payload", json.dumps(payload)]
    if approve:
        arguments += ["--i-approve", "a test wants it"]
    return CliRunner().invoke(main, arguments)


def said(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)["data"]
    return found


def facts_of(sample: Sample) -> list[Fact]:
    (run,) = (sample.root / ".alloy" / "runs").iterdir()
    return list(read_run(run / "journal"))


def events(facts: list[Fact]) -> list[str | None]:
    return [fact.event_type for fact in facts if fact.kind == "event"]


def payload_of(facts: list[Fact], event_type: str) -> dict[str, Any]:
    return next(f.payload for f in reversed(facts) if f.kind == "event" and f.event_type == event_type)


def mutators_that_ran(facts: list[Fact]) -> list[str | None]:
    return [fact.block for fact in facts if fact.kind == "block_started" and fact.block_kind == "mutator"]


def untouched(sample: Sample, before: dict[str, str]) -> bool:
    after = sample.state()
    return {name: value for name, value in after.items() if "/alloy/" not in name} == before


def run_folder(sample: Sample) -> Path:
    return Path(next((sample.root / ".alloy" / "runs").iterdir()))


def test_an_agent_mends_the_defect_at_the_second_try_and_it_arrives_at_the_remote(sample: Sample) -> None:
    before, base = sample.state(), sample.head
    result = emit(sample, actions={"push": True})
    assert result.exit_code == 0, result.output
    data, facts = said(result), facts_of(sample)
    assert data["status"] == "completed"
    assert data["foundry_retries"] == 1
    assert data["changed_files"] == ["basket.py", "test_basket.py"]

    chain = events(facts)
    retried = WHOLE_CHAIN.index("gate_verification_completed") + 1
    again = ["retry_requested", "execution_completed", "gate_verification_completed"]
    assert chain == [*WHOLE_CHAIN[:retried], *again, *WHOLE_CHAIN[retried:]]
    gates = [
        (fact.phase, fact.gate, fact.status)
        for fact in facts
        if fact.kind == "gate_finished" and fact.required
    ]
    assert gates == [
        ("preflight", "tests", "passed"),
        ("verify", "tests", "failed"),
        ("verify", "tests", "passed"),
    ]
    assert "AssertionError" in payload_of(facts, "retry_requested")["failure_context"]

    (commit,) = data["commits"]
    branch = commit["branch"]
    assert branch == f"alloy/basket/iterate/{data['run_id'][-8:].lower()}"
    assert sample.remote_refs()[f"refs/heads/{branch}"] == commit["commit"] == sample.git("rev-parse", branch)
    assert sample.git("rev-parse", f"{branch}^") == base
    assert sample.git("show", f"{branch}:basket.py") == RIGHT.strip()
    trailers = sample.git("log", "-1", "--format=%(trailers:only,unfold)", branch).splitlines()
    assert trailers[0] == f"Foundry-Run: {data['run_id']}"
    assert [line.split(":")[0] for line in trailers] == ["Foundry-Run", "Idempotency-Key"], (
        "what an agent wrote is no trailer"
    )
    assert "forged" not in trailers[1]
    assert untouched(sample, before)
    assert not (run_folder(sample) / "worktree").exists()


@pytest.mark.parametrize("throttle", ["dry_run", "audit_only"])
def test_without_full_throttle_no_ref_and_no_tree_shows_a_trace(sample: Sample, throttle: str) -> None:
    before, remote = sample.state(), sample.remote_refs()
    result = emit(sample, throttle, approve=False, actions={"push": True})
    assert result.exit_code == 0, result.output
    assert sample.state() == before
    assert sample.remote_refs() == remote
    facts = facts_of(sample)
    marked = {
        fact.event_type: (
            bool(fact.simulated),
            fact.delivered is not False,
            fact.payload.get("dry_run") is True,
        )
        for fact in facts
        if fact.kind == "event"
    }
    if throttle == "dry_run":
        assert list(marked) == WHOLE_CHAIN, "the whole shape of the chain is visible"
        simulated = {"execution_completed", "project_changes_committed", "project_changes_pushed"}
        assert {name for name, (is_simulated, _, _) in marked.items() if is_simulated} == simulated
        assert all(marked[name] == (True, True, True) for name in simulated)
        assert mutators_that_ran(facts) == []
        assert not list(run_folder(sample).glob("*.patch"))
    else:
        assert list(marked) == WHOLE_CHAIN[: WHOLE_CHAIN.index("execution_completed") + 1]
        assert marked["execution_completed"] == (False, False, False), "it happened, and nothing acts on it"
        assert mutators_that_ran(facts) == ["execute_plan"]
        patch = run_folder(sample) / "audit.patch"
        check = ["git", "apply", "--check", str(patch)]
        assert subprocess.run(check, cwd=sample.root, check=False).returncode == 0
        assert b"a_discount_makes_it_cheaper" in patch.read_bytes()


def test_a_child_process_that_edits_files_is_an_agent_like_any_other(sample: Sample) -> None:
    before = sample.state()
    script = sample.recordings / "agent.py"
    script.write_text(AGENT)
    command = json.dumps([sys.executable, str(script), "{access}", "{phase}"])
    sample.agents(f'[agents.default]\nadapter = "command_line"\ncommand = {command}\n')
    result = emit(sample)
    assert result.exit_code == 0, result.output
    (commit,) = said(result)["commits"]
    assert (commit["subject"], commit["pushed"]) == ("Subtract the discount", False)
    assert commit["push_outcome"] == "pushing was not allowed"
    assert sample.git("show", f"{commit['commit']}:basket.py") == RIGHT.strip()
    assert len(sample.remote_refs()) == 1
    assert untouched(sample, before)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        (
            "test_basket.py",
            TESTS.replace("assert total([100, 250]) == 350", "pass"),
            "test_prices_are_summed",
        ),
        ("test_basket.py", TESTS[: TESTS.rindex("\n\ndef ")], "test_prices_are_summed"),
        (".hone-gates.json", '{"gates": []}', "tests"),
        (".hone-gates.json", "{", ".hone-gates.json"),
    ],
)
def test_an_agent_that_weakens_the_evidence_is_stopped_and_nothing_is_committed(
    sample: Sample, name: str, text: str, told: str
) -> None:
    before = sample.state()
    sample.record("execution", write={name: text, "basket.py": RIGHT}, answer={"summary": "easy"})
    result = emit(sample, actions={"push": True})
    assert result.exit_code == 3, result.output
    data, facts = said(result), facts_of(sample)
    assert (data["status"], data["failure_class"], data["commits"]) == ("stopped", "safety", [])
    assert "weakens the evidence" in data["reason"]
    assert told in data["reason"]
    assert "approve" in data["errors"][0]["next_step"]
    assert not [fact for fact in facts if fact.kind == "gate_started" and fact.phase == "verify"], (
        "what was tampered with is not run"
    )
    assert sample.state() == before, "the branch is gone too"
    assert (run_folder(sample) / "undelivered.patch").is_file()


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        (".alloy/intent/prices.yaml", "severity: low\n", "rewrites a file of a protected folder"),
        (".alloy/waivers/mine.yaml", "who: the agent\n", "adds a file to a protected folder"),
    ],
    ids=["a record", "a waiver"],
)
def test_an_agent_that_rewrites_what_was_agreed_is_stopped_unless_a_human_approved_just_that(
    sample: Sample, name: str, text: str, told: str
) -> None:
    record = sample.root / ".alloy" / "intent" / "prices.yaml"
    record.parent.mkdir()
    record.write_text("severity: high\n")
    sample.git("add", "--force", str(record))
    sample.git("commit", "--quiet", "-m", "Say what a basket costs")
    before = sample.state()
    sample.record("execution", write={name: text, "basket.py": RIGHT}, answer={"summary": "easy"})
    if name != ".alloy/intent/prices.yaml":  # else git would not even see it
        (sample.root / ".gitignore").write_text("__pycache__/\n.alloy/runs/\n")
        sample.git("commit", "--quiet", "-am", "Look at what stands in .alloy")
        before = sample.state()
    result = emit(sample)
    assert result.exit_code == 3, result.output
    data = said(result)
    assert (data["status"], data["failure_class"], data["commits"]) == ("stopped", "safety", [])
    assert told in data["reason"]
    assert "approve intent_rewrite" in data["errors"][0]["next_step"]
    assert sample.state() == before


def test_four_attempts_and_no_more(sample: Sample) -> None:
    before = sample.state()
    sample.record("retry", answer={"summary": "no idea"})
    result = emit(sample)
    assert result.exit_code == 1, result.output
    data, facts = said(result), facts_of(sample)
    assert (data["status"], data["failure_class"]) == ("failed", "execution")
    assert data["reason"] == "tests did not pass after 4 attempts"
    assert mutators_that_ran(facts) == ["execute_plan", *["retry_execution"] * 3]
    assert payload_of(facts, "retry_requested")["prior"] == [
        "attempt 1: Subtracted one, and the discount.",
        "attempt 2: no idea",
        "attempt 3: no idea",
    ]
    assert sample.state() == before


def test_without_a_humans_word_nothing_runs_at_full_throttle(sample: Sample) -> None:
    before = sample.state()
    result = emit(sample, approve=False)
    assert result.exit_code == 3
    assert "--i-approve" in json.loads(result.stdout)["error"]["next_step"]
    assert sample.state() == before


def test_the_humans_word_is_in_the_journal(sample: Sample) -> None:
    emit(sample)
    permission = facts_of(sample)[0].payload["permission"]
    assert (permission["why"], permission["scopes"]) == ("a test wants it", ["commit", "mutation"])
    assert permission["by"]
    assert (permission["commit"], permission["push"]) == (True, False)


def test_a_push_that_cannot_arrive_leaves_the_commit_on_the_branch_and_is_told(sample: Sample) -> None:
    sample.git("remote", "set-url", "origin", "https://ada:hunter2@127.0.0.1:1/none.git")
    result = emit(sample, actions={"push": True})
    assert result.exit_code == 1, result.output
    data = said(result)
    assert data["status"] == "completed_with_findings"
    (commit,) = data["commits"]
    assert not commit["pushed"]
    assert (
        "git ls-remote" in commit["push_outcome"]
    )  # the remote is asked first whether the key arrived before
    assert "was not pushed" in data["reason"]
    assert sample.git("rev-parse", commit["branch"]) == commit["commit"]
    assert "hunter2" not in result.output
    assert not any("hunter2" in fact.model_dump_json() for fact in facts_of(sample))


def test_what_the_user_has_not_committed_is_left_out_and_left_alone(sample: Sample) -> None:
    (sample.root / "basket.py").write_text("half an idea")
    (sample.root / "staged.txt").write_text("staged")
    sample.git("add", "staged.txt")
    before = sample.state()
    result = emit(sample)
    assert result.exit_code == 0, result.output
    (commit,) = said(result)["commits"]
    assert sample.git("show", "--stat", "--format=", commit["commit"]).splitlines()[-1].startswith(" 2 files")
    assert untouched(sample, before)


@pytest.mark.parametrize(
    ("phase", "answer", "status", "reason", "code"),
    [
        ("triage", {"accepted": False, "reason": "cosmetic"}, "completed", "not worth work now: cosmetic", 0),
        (
            "triage",
            {"accepted": True, "escalate": True, "reason": "on purpose"},
            "completed_with_findings",
            "a human must decide: on purpose",
            1,
        ),
        ("assessment", {"found": False}, "completed", "nothing is worth a change", 0),
        ("planning", {"plan": "?", "questions": ["which?"]}, "failed", "the plan asks: which?", 1),
        (
            "execution",
            {"carried_out": False, "reason": "cannot be"},
            "failed",
            "the plan was not carried out: cannot be",
            1,
        ),
    ],
)
def test_an_iteration_that_ends_early_says_why_and_leaves_nothing(
    sample: Sample, phase: str, answer: dict[str, Any], status: str, reason: str, code: int
) -> None:
    before = sample.state()
    sample.record(phase, answer=answer)
    result = emit(sample)
    assert (said(result)["status"], said(result)["reason"], result.exit_code) == (status, reason, code)
    assert sample.state() == before
    assert mutators_that_ran(facts_of(sample)) == (["execute_plan"] if phase == "execution" else [])


def test_a_project_that_does_not_say_what_it_is_for_is_not_worked_on(sample: Sample) -> None:
    sample.git("rm", "--quiet", "CHARTER.md")
    sample.git("commit", "--quiet", "-m", "Say nothing")
    result = emit(sample)
    assert said(result)["status"] == "failed"
    assert "CHARTER.md" in said(result)["reason"]
    assert mutators_that_ran(facts_of(sample)) == []


def test_a_required_gate_that_fails_beforehand_ends_the_iteration_before_it_starts(tmp_path: Path) -> None:
    sample = sample_project(tmp_path, gates=[{"name": "never", "command": "false"}])
    result = emit(sample)
    assert said(result)["reason"] == "required gates did not pass before anything was changed: never"
    assert events(facts_of(sample))[-1] == "project_iteration_completed"
    assert mutators_that_ran(facts_of(sample)) == []


def test_an_agent_that_changes_nothing_is_a_finding_and_leaves_no_branch(sample: Sample) -> None:
    before = sample.state()
    sample.record("execution", answer={"summary": "it is fine"})
    result = emit(sample)
    assert (said(result)["status"], said(result)["commits"]) == ("completed_with_findings", [])
    assert "nothing had changed" in said(result)["reason"]
    assert sample.state() == before


def test_an_agent_that_commits_by_itself_is_stopped(sample: Sample) -> None:
    before = sample.state()
    script = sample.recordings / "agent.py"
    commit = "import subprocess; subprocess.run(['git', 'commit', '-qam', 'mine'], check=True)\n"
    script.write_text(AGENT.replace("print(", f"if phase == 'execution':\n    {commit}print(", 1))
    command = json.dumps([sys.executable, str(script), "{access}", "{phase}"])
    sample.agents(f'[agents.default]\nadapter = "command_line"\ncommand = {command}\n')
    result = emit(sample)
    assert (said(result)["status"], said(result)["failure_class"]) == ("stopped", "safety")
    assert "committed or switched branches by itself" in said(result)["reason"]
    assert untouched(sample, before)


async def test_a_stubborn_gate_too_is_gone_two_seconds_after_the_cancellation_and_nothing_is_left(
    tmp_path: Path,
) -> None:
    slow = "if grep -q cheaper test_basket.py; then trap '' TERM; sleep 60 & sleep 60; fi"
    sample = sample_project(tmp_path, gates=[{"name": "slow", "command": slow, "timeout": 90}])
    before = sample.state()
    folder = new_run_folder(sample.root / ".alloy" / "runs")
    run = LocalRun("iteration_requested", "basket", "full", {}, folder, sample.root, "a test wants it")
    verifying = asyncio.Event()
    facts: list[Fact] = []

    def on_fact(fact: Fact) -> None:
        facts.append(fact)
        if (fact.kind, fact.phase) == ("gate_started", "verify"):
            verifying.set()

    task = asyncio.create_task(run.run(on_fact))
    async with asyncio.timeout(60):
        await verifying.wait()
        group = next(f.payload["process_group"] for f in facts if f.phase == "verify")
        task.cancel()
        outcome = await task
    assert outcome.status == "cancelled"
    requested = next(f for f in facts if f.kind == "cancel_requested")
    ended = next(f for f in facts if f.kind == "gate_finished" and f.phase == "verify")
    assert _seconds(requested, ended) < 2
    assert _is_gone(group)
    assert sample.state() == before
    assert not folder.joinpath("worktree").exists()


async def test_a_gate_that_listens_is_gone_two_seconds_after_the_cancellation(tmp_path: Path) -> None:
    slow = "if grep -q cheaper test_basket.py; then sleep 60 & sleep 60; fi"
    sample = sample_project(tmp_path, gates=[{"name": "slow", "command": slow, "timeout": 90}])
    before = sample.state()
    folder = new_run_folder(sample.root / ".alloy" / "runs")
    run = LocalRun("iteration_requested", "basket", "full", {}, folder, sample.root, "a test wants it")
    verifying = asyncio.Event()

    def on_fact(fact: Fact) -> None:
        if (fact.kind, fact.phase) == ("gate_started", "verify"):
            verifying.set()

    task = asyncio.create_task(run.run(on_fact))
    async with asyncio.timeout(60):
        await verifying.wait()
        task.cancel()
        outcome = await task
    facts = list(read_run(folder / "journal"))
    requested = next(f for f in facts if f.kind == "cancel_requested")
    ended = next(f for f in facts if f.kind == "gate_finished" and f.phase == "verify")
    assert (outcome.status, ended.status) == ("cancelled", "cancelled")
    assert _seconds(requested, ended) < 2
    assert sample.state() == before


def _seconds(first: Fact, second: Fact) -> float:
    from runtime_artifacts.envelope import parse_timestamp

    return (parse_timestamp(second.recorded_at) - parse_timestamp(first.recorded_at)).total_seconds()


def _is_gone(group: int) -> bool:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        found = subprocess.run(
            ["ps", "-o", "pid=", "--no-headers", "-g", str(group)], capture_output=True, check=False
        )
        if not found.stdout.strip():
            return True
        time.sleep(0.05)
    return False

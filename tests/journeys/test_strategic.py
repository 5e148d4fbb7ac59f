"""The strategic loop on a real project: a commit for every round, on one branch, pushed as it goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from foundry_kernel.cli import main
from tests.fakes.sample_project import PROVEN, RIGHT, Sample, sample_project

NAMED = RIGHT.replace("Prices of a basket.", "Prices of a basket, in cents.")


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    made = sample_project(tmp_path)
    made.record(
        "strategic_assessment",
        answer={"areas": [{"name": "discounts"}, {"name": "words"}, {"name": "taxes"}]},
    )
    made.record(
        "execution.iteration-1.attempt-1", write={"basket.py": RIGHT, "test_basket.py": PROVEN}, answer={}
    )
    made.record(
        "execution.iteration-2.attempt-1", write={"basket.py": NAMED}, answer={"summary": "Said cents."}
    )
    made.record("summarization.iteration-2.attempt-1", answer={"headline": "Say that prices are in cents"})
    made.record("continuation.iteration-1.attempt-1", answer={"continue": True})
    made.record("continuation", answer={"continue": False, "reason": "taxes are not ours"})
    return made


def emit(sample: Sample, throttle: str = "full", **payload: Any) -> Result:
    said = {"strategic": True, "actions": {"push": True}, **payload}
    arguments = ["emit", "iteration_requested", "basket", "--workspace", str(sample.root), "--json"]
    arguments += ["--throttle", throttle, "--payload", json.dumps(said), "--i-approve", "a test wants it"]
    return CliRunner().invoke(main, arguments)


def data_of(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)["data"]
    return found


def untouched(sample: Sample, before: dict[str, str]) -> bool:
    return {name: value for name, value in sample.state().items() if "/alloy/" not in name} == before


def test_every_round_is_a_commit_until_another_is_not_worth_it(sample: Sample) -> None:
    before = sample.state()
    result = emit(sample)
    assert result.exit_code == 0, result.output
    data = data_of(result)
    subjects = [commit["subject"] for commit in data["commits"]]
    assert subjects == ["Subtract the discount from the basket", "Say that prices are in cents"]
    assert all(commit["pushed"] for commit in data["commits"])
    branch = data["branch"]
    assert branch.startswith("alloy/basket/strategic_iterate/")
    log = sample.git("log", "--format=%s", f"main..{branch}").splitlines()
    assert log == subjects[::-1]
    assert sample.remote_refs()[f"refs/heads/{branch}"] == data["commits"][-1]["commit"]
    assert data["reason"].endswith(
        "2 of 2 rounds delivered; another round is not worth it: taxes are not ours"
    )
    assert untouched(sample, before)


def test_a_round_that_fails_ends_the_loop_and_what_was_delivered_stays(sample: Sample) -> None:
    sample.record("execution.iteration-2.attempt-1", write={"basket.py": "total = None\n"}, answer={})
    sample.record("retry", answer={"summary": "no idea"})
    result = emit(sample)
    assert result.exit_code == 1, result.output
    data = data_of(result)
    assert (data["status"], len(data["commits"])) == ("failed", 1)
    assert sample.git("rev-parse", data["branch"]) == data["commits"][0]["commit"]
    assert (Path(data["folder"]) / "undelivered.patch").is_file()


def test_a_later_round_cannot_weaken_what_an_earlier_one_proved(sample: Sample) -> None:
    weaker = PROVEN[: PROVEN.rindex("\n\ndef ")]
    sample.record("execution.iteration-2.attempt-1", write={"test_basket.py": weaker}, answer={})
    result = emit(sample)
    assert result.exit_code == 3, result.output
    data = data_of(result)
    assert (data["status"], data["failure_class"], len(data["commits"])) == ("stopped", "safety", 1)
    assert "a_discount_makes_it_cheaper" in data["reason"]


@pytest.mark.parametrize("throttle", ["dry_run", "audit_only"])
def test_below_full_throttle_the_loop_leaves_no_trace(sample: Sample, throttle: str) -> None:
    before, remote = sample.state(), sample.remote_refs()
    result = emit(sample, throttle)
    assert result.exit_code == 0, result.output
    assert (sample.state(), sample.remote_refs()) == (before, remote)

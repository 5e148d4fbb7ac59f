"""A human's prompt is carried out on a real project: the prompt is the plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from foundry_kernel.cli import main
from tests.fakes.sample_project import RIGHT, Sample, sample_project


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    made = sample_project(tmp_path)
    for phase in ("assessment", "triage", "planning"):
        made.forget(phase)  # whoever asks for them fails
    return made


def emit(sample: Sample, throttle: str, event: str, payload: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    arguments = ["emit", event, "basket", "--workspace", str(sample.root), "--json", "--throttle", throttle]
    arguments += ["--payload", json.dumps(payload), "--i-approve", "a test wants it"]
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, json.loads(result.stdout)["data"]


@pytest.mark.parametrize(
    ("event", "field"), [("prompt_execution_requested", "prompt"), ("execution_requested", "plan")]
)
def test_what_a_human_asks_for_is_done_verified_committed_and_pushed(
    sample: Sample, event: str, field: str
) -> None:
    before = sample.state()
    code, data = emit(sample, "full", event, {field: "Subtract the discount.", "actions": {"push": True}})
    assert (code, data["status"]) == (0, "completed")
    (commit,) = data["commits"]
    assert sample.remote_refs()[f"refs/heads/{commit['branch']}"] == commit["commit"]
    assert sample.git("show", f"{commit['commit']}:basket.py") == RIGHT.strip()
    assert data["foundry_retries"] == 1
    assert {name: value for name, value in sample.state().items() if "/alloy/" not in name} == before


@pytest.mark.parametrize("throttle", ["dry_run", "audit_only"])
def test_below_full_throttle_nothing_is_left_behind(sample: Sample, throttle: str) -> None:
    before, remote = sample.state(), sample.remote_refs()
    code, data = emit(sample, throttle, "prompt_execution_requested", {"prompt": "Subtract the discount."})
    assert (code, data["commits"]) == (0, [])
    assert (sample.state(), sample.remote_refs()) == (before, remote)


def test_a_plan_that_says_nothing_is_refused(sample: Sample) -> None:
    code, data = emit(sample, "full", "execution_requested", {"plan": " "})
    assert (code, data["failure_class"]) == (2, "validation")

"""The code host's pipeline is read, and what made it fail is mended on a branch (spec 4.6)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fakes.emitted import Emitted, emit
from tests.fakes.foundry_tools import asked_of, path_with, put_tool
from tests.fakes.sample_project import RIGHT, Sample, sample_project

FAILED = {
    "status": "failed",
    "branch": "main",
    "address": "runs/7",
    "failed_jobs": [{"name": "tests", "status": "failure", "log": "a discount makes it dearer"}],
}


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    found = sample_project(tmp_path)
    (found.root / ".alloy" / "code_host.toml").write_text(
        'adapter = "command"\ncommand = ["ci-state", "{branch}"]\n'
    )
    found.record("pipeline", write={"basket.py": RIGHT}, answer={"summary": "Subtracted the discount."})
    return found


def check(sample: Sample, bin_folder: Path, says: Any, throttle: str = "full", **payload: Any) -> Emitted:
    put_tool(bin_folder, "ci-state", says=says)
    environment = {"PATH": path_with(bin_folder)}
    return emit("pipeline_check_requested", "basket", sample.root, throttle, environment, **payload)


@pytest.mark.parametrize(("status", "code"), [("passed", 0), ("running", 0), ("none", 0), ("unknown", 1)])
def test_a_pipeline_that_did_not_fail_is_only_told(
    sample: Sample, tmp_path: Path, status: str, code: int
) -> None:
    before = sample.state()
    checked = check(sample, tmp_path / "bin", {"status": status})
    assert checked.exit_code == code, checked.output
    assert checked.chain == ["pipeline_check_requested", "pipeline_checked"]
    assert checked.payload("pipeline_checked")["status"] == status
    assert asked_of(tmp_path / "bin", "ci-state") == ["main"], "the branch that is checked out"
    assert sample.state() == before


def test_what_made_it_fail_is_mended_on_a_branch(sample: Sample, tmp_path: Path) -> None:
    before = sample.state()
    checked = check(sample, tmp_path / "bin", FAILED, branch="main", actions={"push": True})
    assert checked.exit_code == 1, "that it failed is something a human should know"
    assert checked.said["status"] == "completed_with_findings"
    assert checked.chain == [
        "pipeline_check_requested",
        "pipeline_checked",
        "gate_resolution_completed",
        "remediation_started",
        "execution_completed",
        "gate_verification_completed",
        "inner_iteration_completed",
        "summarize_completed",
        "project_changes_committed",
        "project_changes_pushed",
        "remediation_completed",
    ]
    (commit,) = checked.said["commits"]
    assert sample.git("show", f"{commit['branch']}:basket.py") == RIGHT.strip()
    assert sample.remote_refs()[f"refs/heads/{commit['branch']}"] == commit["commit"]
    assert {name: value for name, value in sample.state().items() if "/alloy/" not in name} == before


def test_a_pipeline_is_not_mended_by_weakening_a_gate(sample: Sample, tmp_path: Path) -> None:
    sample.record("pipeline", write={".hone-gates.json": '{"gates": []}'}, answer={"summary": "Calm now."})
    before = sample.state()
    checked = check(sample, tmp_path / "bin", FAILED)
    assert checked.exit_code == 3, checked.output
    assert checked.said["status"] == "stopped"
    assert "weakens the evidence" in checked.said["reason"]
    assert sample.state() == before


@pytest.mark.parametrize("throttle", ["dry_run", "audit_only"])
def test_without_full_throttle_the_pipeline_is_read_and_nothing_touched(
    sample: Sample, tmp_path: Path, throttle: str
) -> None:
    before, remote = sample.state(), sample.remote_refs()
    checked = check(sample, tmp_path / "bin", FAILED, throttle, actions={"push": True})
    assert checked.exit_code == 1
    assert (sample.state(), sample.remote_refs()) == (before, remote)
    if throttle == "dry_run":
        assert checked.chain[-1] == "remediation_completed"
        assert checked.mutators_that_ran == []
    else:
        assert checked.chain[-1] == "execution_completed"
        assert checked.mutators_that_ran == ["remediate_pipeline"]


def test_a_host_that_nobody_knows_is_a_dispatch_failure(sample: Sample, tmp_path: Path) -> None:
    (sample.root / ".alloy" / "code_host.toml").unlink()
    checked = check(sample, tmp_path / "bin", FAILED)
    assert checked.exit_code == 4, checked.output
    assert "no code host is known" in checked.said["reason"]

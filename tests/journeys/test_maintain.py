"""Dependencies are brought up to date on a branch, proven by the gates, and delivered (spec 4.6).

pip is an executable that answers as the real one does, see `tests/fakes/foundry_tools.py`; all else is real.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.emitted import Emitted, emit
from tests.fakes.foundry_tools import asked_of, path_with, pip_report, put_tool
from tests.fakes.sample_project import Sample, sample_project

CHAIN = [
    "maintenance_requested",
    "gate_resolution_completed",
    "execution_completed",
    "gate_verification_completed",
    "inner_iteration_completed",
    "summarize_completed",
    "project_changes_committed",
    "project_changes_pushed",
    "project_maintenance_completed",
]
NOT_THE_BROKEN_ONE = {
    "name": "tests",
    "command": [sys.executable, "-c", "assert 'jinja2==3.9' not in open('requirements.txt').read()"],
}


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    put_tool(folder, "python3", says=pip_report(jinja2="3.1.6"))
    return folder


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return with_pins(sample_project(tmp_path, gates=[NOT_THE_BROKEN_ONE]))


def with_pins(sample: Sample) -> Sample:
    (sample.root / "requirements.txt").write_text("jinja2==2.11.2\nclick>=8\n")
    sample.git("add", ".")
    sample.git("commit", "--quiet", "-m", "Pin")
    sample.git("push", "--quiet", "origin", "main")
    return sample


def maintain(sample: Sample, bin_folder: Path, throttle: str = "full", **payload: Any) -> Emitted:
    environment = {"PATH": path_with(bin_folder)}
    return emit("maintenance_requested", "basket", sample.root, throttle, environment, **payload)


def test_pins_are_raised_on_a_branch_and_arrive_at_the_remote(sample: Sample, bin_folder: Path) -> None:
    before, base = sample.state(), sample.head
    run = maintain(sample, bin_folder, actions={"push": True})
    assert run.exit_code == 0, run.output
    assert run.chain == CHAIN
    (commit,) = run.said["commits"]
    branch = commit["branch"]
    assert branch.startswith("alloy/basket/maintain/")
    assert sample.remote_refs()[f"refs/heads/{branch}"] == commit["commit"]
    assert sample.git("rev-parse", f"{branch}^") == base
    assert sample.git("show", f"{branch}:requirements.txt") == "jinja2==3.1.6\nclick>=8"
    message = sample.git("log", "-1", "--format=%B", branch)
    assert message.startswith("Bring dependencies up to date\n\nupdated jinja2 2.11.2 → 3.1.6")
    assert {name: value for name, value in sample.state().items() if "/alloy/" not in name} == before
    closed = run.payload("project_maintenance_completed")
    assert (closed["success"], closed["commit"]) == (True, commit["commit"])
    assert not [fact for fact in run.facts if fact.kind == "gate_finished" and fact.phase == "preflight"], (
        "maintenance does without a preflight: what it mends may be what fails"
    )


def test_an_update_that_breaks_a_gate_is_mended_by_an_agent(sample: Sample, bin_folder: Path) -> None:
    put_tool(bin_folder, "python3", says=pip_report(jinja2="3.9"))
    sample.record(
        "retry", write={"requirements.txt": "jinja2==3.8\nclick>=8\n"}, answer={"summary": "Not 3.9."}
    )
    run = maintain(sample, bin_folder)
    assert run.exit_code == 0, run.output
    assert run.chain[2:6] == [
        "execution_completed",
        "gate_verification_completed",
        "retry_requested",
        "execution_completed",
    ]
    (commit,) = run.said["commits"]
    assert sample.git("show", f"{commit['branch']}:requirements.txt").startswith("jinja2==3.8")
    assert "It took 2 attempts." in sample.git("log", "-1", "--format=%B", commit["branch"])


def test_an_update_that_nobody_can_mend_is_not_delivered(sample: Sample, bin_folder: Path) -> None:
    put_tool(bin_folder, "python3", says=pip_report(jinja2="3.9"))
    sample.record("retry", answer={"summary": "I do not know."})
    before = sample.state()
    run = maintain(sample, bin_folder, actions={"push": True})
    assert run.exit_code == 1, run.output
    assert run.chain.count("execution_completed") == 4, "one attempt and three retries"
    assert run.payload("project_maintenance_completed")["success"] is False
    assert "tests did not pass after 4 attempts" in run.said["reason"]
    assert sample.state() == before, "no branch, no commit"
    assert "jinja2==3.9" in (run.folder / "undelivered.patch").read_text()


def test_a_project_that_is_up_to_date_gets_no_commit(sample: Sample, bin_folder: Path) -> None:
    put_tool(bin_folder, "python3", says=pip_report(jinja2="2.11.2"))
    before = sample.state()
    run = maintain(sample, bin_folder, actions={"push": True})
    assert run.exit_code == 0, run.output
    assert run.chain == CHAIN
    assert run.said["commits"] == []
    assert "every dependency is up to date" in run.payload("project_maintenance_completed")["summary"]
    assert sample.state() == before


def test_a_tool_that_is_missing_ends_the_run_with_the_next_step(sample: Sample, tmp_path: Path) -> None:
    put_tool(tmp_path / "none", "python3", script="echo 'python3: No module named pip' >&2", code=1)
    run = maintain(sample, tmp_path / "none")
    assert run.exit_code == 4, run.output
    assert "No module named pip" in run.said["reason"]
    assert run.said["errors"][0]["next_step"].startswith("install Python with pip")


@pytest.mark.parametrize("throttle", ["dry_run", "audit_only"])
def test_without_full_throttle_no_ref_and_no_tree_shows_a_trace(
    sample: Sample, bin_folder: Path, throttle: str
) -> None:
    before, remote = sample.state(), sample.remote_refs()
    run = maintain(sample, bin_folder, throttle, actions={"push": True})
    assert run.exit_code == 0, run.output
    assert sample.state() == before
    assert sample.remote_refs() == remote
    if throttle == "dry_run":
        assert run.chain == CHAIN, "the whole shape of the chain is visible"
        assert run.simulated == [CHAIN[2], CHAIN[6], CHAIN[7]]
        assert run.mutators_that_ran == []
        assert asked_of(bin_folder, "python3") == []
    else:
        assert run.chain == CHAIN[:3]
        assert run.mutators_that_ran == ["update_dependencies"]
        assert "jinja2==3.1.6" in (run.folder / "audit.patch").read_text()


def test_maintenance_follows_an_iteration_where_the_request_says_so(tmp_path: Path, bin_folder: Path) -> None:
    sample = with_pins(sample_project(tmp_path / "both"))
    environment = {"PATH": path_with(bin_folder)}
    actions = {"maintain": True, "push": True}
    run = emit("iteration_requested", "basket", sample.root, "full", environment, actions=actions)
    assert run.exit_code == 0, run.output
    assert run.chain.index("project_iteration_completed") < run.chain.index("maintenance_requested")
    assert run.chain[-1] == "project_maintenance_completed"
    improved, maintained = run.said["commits"]
    assert improved["branch"] == maintained["branch"]
    assert sample.git("rev-parse", f"{maintained['commit']}^") == improved["commit"]
    assert sample.git("diff", "--name-only", improved["commit"], maintained["commit"]) == "requirements.txt"
    assert sample.remote_refs()[f"refs/heads/{maintained['branch']}"] == maintained["commit"]

"""A nightly run works through the registered projects, each in a run of its own, and brings one result (spec 4.6)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from foundry_kernel.events.journal import read_run
from runtime_artifacts.journal import Fact
from tests.fakes.emitted import Emitted, emit
from tests.fakes.foundry_tools import asked_of, path_with, pip_report, put_tool
from tests.fakes.sample_project import Sample, sample_project

GATE = {
    "name": "tests",
    "command": [sys.executable, "-c", "assert 'jinja2==3.1.6' not in open('requirements.txt').read()"],
}


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    put_tool(folder, "python3", says=pip_report(jinja2="3.1.6"))
    return folder


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """A workspace of the night's own; the projects are elsewhere."""
    folder = tmp_path / "night"
    (folder / ".alloy").mkdir(parents=True)
    return folder


def project(folder: Path, *, gates: list[dict[str, Any]] | None = None) -> Sample:
    sample = sample_project(folder, gates=gates if gates is not None else [])
    (sample.root / "requirements.txt").write_text("jinja2==2.11.2\n")
    sample.git("add", ".")
    sample.git("commit", "--quiet", "-m", "Pin")
    return sample


def entry(name: str, path: Path, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "path": str(path),
        "branch": "main",
        "actions": {"maintain": True, "push": True},
        **more,
    }


def go(
    night: Path, bin_folder: Path, registered: list[dict[str, Any]], throttle: str = "full", **payload: Any
) -> Emitted:
    registry = night / "registry.json"
    registry.write_text(json.dumps({"version": 2, "projects": registered}))
    environment = {"PATH": path_with(bin_folder), "FOUNDRY_REGISTRY_PATH": str(registry)}
    return emit("maintenance_run_started", "night", night, throttle, environment, **payload)


def outcomes(run: Emitted) -> dict[str, tuple[str, bool]]:
    found = run.payload("maintenance_run_completed")["projects"]
    return {each["project"]: (each["status"], each["success"]) for each in found}


def journal(night: Path, run_id: str) -> list[Fact]:
    return list(read_run(night / ".alloy" / "runs" / run_id / "journal"))


def test_one_healthy_one_invalid_and_one_skipped_project_bring_one_result(
    night: Path, bin_folder: Path, tmp_path: Path
) -> None:
    healthy, skipped = project(tmp_path / "a"), project(tmp_path / "c")
    (tmp_path / "no-repository").mkdir()
    before, untouched = healthy.state(), skipped.state()
    run = go(
        night,
        bin_folder,
        [
            entry("invalid", tmp_path / "no-repository"),
            entry("healthy", healthy.root),
            entry("skipped", skipped.root, skip="until it has moved"),
        ],
    )
    assert run.exit_code == 1, "a human should look at the invalid one"
    assert run.said["status"] == "completed_with_findings"
    assert outcomes(run) == {
        "invalid": ("invalid", False),
        "healthy": ("completed", True),
        "skipped": ("skipped", False),
    }
    assert run.chain == [
        "maintenance_run_started",
        "project_validation_completed",
        "project_validation_completed",
        "project_validation_completed",
        "project_maintenance_completed",
        "maintenance_run_completed",
    ]
    about = {
        fact.project_id: fact.payload.get("reason")
        for fact in run.facts
        if fact.kind == "event" and fact.event_type == "project_validation_completed"
    }
    assert about["skipped"] == "until it has moved"
    assert "not a git repository" in str(about["invalid"])
    told = run.payload("maintenance_run_completed")["projects"]
    (child,) = told[1]["runs"]
    facts = journal(night, child)
    assert {fact.correlation_id for fact in facts} == {run.said["run_id"]}
    assert {fact.project_id for fact in facts} == {"healthy"}
    assert facts[-1].status == "completed"
    new = {name: commit for name, commit in healthy.remote_refs().items() if "refs/heads/alloy/" in name}
    ((branch, commit),) = new.items()
    assert healthy.git("show", f"{commit}:requirements.txt") == "jinja2==3.1.6"
    assert branch == f"refs/heads/alloy/healthy/maintain/{child[-8:].lower()}"
    assert {name: value for name, value in healthy.state().items() if "/alloy/" not in name} == before
    assert skipped.state() == untouched


def test_a_project_that_fails_does_not_stop_the_others(night: Path, bin_folder: Path, tmp_path: Path) -> None:
    broken, healthy = project(tmp_path / "a", gates=[GATE]), project(tmp_path / "b")
    broken.record("retry", answer={"summary": "I do not know."})
    before = broken.state()
    run = go(night, bin_folder, [entry("broken", broken.root), entry("healthy", healthy.root)])
    assert outcomes(run) == {"broken": ("failed", False), "healthy": ("completed", True)}
    assert run.said["status"] == "completed_with_findings"
    assert "tests did not pass after 4 attempts" in run.said["reason"]
    assert broken.state() == before


def test_a_night_in_which_nothing_succeeds_is_a_failed_one(
    night: Path, bin_folder: Path, tmp_path: Path
) -> None:
    run = go(night, bin_folder, [entry("gone", tmp_path / "gone")])
    assert run.said["status"] == "failed"
    assert outcomes(run) == {"gone": ("invalid", False)}


def test_the_registry_says_what_is_allowed_and_the_payload_can_only_forbid(
    night: Path, bin_folder: Path, tmp_path: Path
) -> None:
    idle, forbidden, quiet = project(tmp_path / "a"), project(tmp_path / "b"), project(tmp_path / "c")
    run = go(
        night, bin_folder, [entry("idle", idle.root, actions={"push": True})], actions={"maintain": True}
    )
    assert outcomes(run) == {"idle": ("idle", True)}
    run = go(night, bin_folder, [entry("forbidden", forbidden.root)], actions={"maintain": False})
    assert outcomes(run) == {"forbidden": ("idle", True)}
    run = go(night, bin_folder, [entry("quiet", quiet.root, actions={"maintain": True})])
    assert outcomes(run) == {"quiet": ("completed", True)}
    assert not [name for name in quiet.remote_refs() if "/alloy/" in name], "push is not allowed"
    assert [name for name in quiet.state() if "refs/heads/alloy/" in name], "the commit is on its branch"


def test_a_project_is_iterated_before_it_is_maintained(night: Path, bin_folder: Path, tmp_path: Path) -> None:
    sample = sample_project(tmp_path / "a")
    run = go(night, bin_folder, [entry("basket", sample.root, actions={"iterate": True, "maintain": True})])
    assert run.exit_code == 0, run.output
    assert run.chain[2:4] == ["project_iteration_completed", "project_maintenance_completed"]
    (told,) = run.payload("maintenance_run_completed")["projects"]
    entries = [journal(night, each)[0].event_type for each in told["runs"]]
    assert entries == ["iteration_requested", "maintenance_requested"]


def test_work_begins_at_the_registered_branch_whatever_is_checked_out(
    night: Path, bin_folder: Path, tmp_path: Path
) -> None:
    sample = project(tmp_path / "a")
    main = sample.head
    sample.git("checkout", "--quiet", "-b", "mine")
    sample.git("commit", "--quiet", "--allow-empty", "-m", "Half done")
    go(night, bin_folder, [entry("basket", sample.root)])
    (branch,) = [name for name in sample.state() if "refs/heads/alloy/" in name]
    assert sample.git("rev-parse", f"{branch}^") == main
    assert sample.git("branch", "--show-current") == "mine"


@pytest.mark.parametrize("throttle", ["dry_run", "audit_only"])
def test_without_full_throttle_no_project_is_touched(
    night: Path, bin_folder: Path, tmp_path: Path, throttle: str
) -> None:
    sample = project(tmp_path / "a")
    before = sample.state()
    run = go(night, bin_folder, [entry("basket", sample.root)], throttle)
    assert run.exit_code == 0, run.output
    assert outcomes(run) == {"basket": ("simulated", True)}
    assert run.simulated == ["project_maintenance_completed"]
    assert run.mutators_that_ran == []
    assert sample.state() == before
    assert asked_of(bin_folder, "python3") == []
    assert len(list((night / ".alloy" / "runs").iterdir())) == 1, "no further run was started"


def test_an_unregistered_name_is_told_and_only_the_named_projects_are_worked_on(
    night: Path, bin_folder: Path, tmp_path: Path
) -> None:
    one, other = project(tmp_path / "a"), project(tmp_path / "b")
    before = other.state()
    run = go(
        night,
        bin_folder,
        [entry("one", one.root), entry("other", other.root)],
        projects=["one", "stranger"],
    )
    assert outcomes(run) == {"one": ("completed", True), "stranger": ("invalid", False)}
    assert other.state() == before


def test_a_registry_that_does_not_hold_together_ends_the_run_before_anything_is_done(
    night: Path, bin_folder: Path, tmp_path: Path
) -> None:
    sample = project(tmp_path / "a")
    before = sample.state()
    run = go(night, bin_folder, [entry("one", sample.root), entry("one", sample.root)])
    assert run.said["status"] == "failed"
    assert "registry.json:1" in run.said["reason"]
    assert sample.state() == before

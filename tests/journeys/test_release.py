"""A release: a tag that arrives at a real remote, a pipeline that is waited for, an install command (spec 4.6)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.emitted import Emitted, emit
from tests.fakes.foundry_tools import asked_of, path_with, put_tool
from tests.fakes.sample_project import Sample, sample_project

CHAIN = [
    "release_requested",
    "release_completed",
    "release_pipeline_completed",
    "local_install_completed",
    "local_skill_install_completed",
]


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return sample_project(tmp_path)


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    return tmp_path / "bin"


@pytest.fixture
def registry(sample: Sample, tmp_path: Path) -> Path:
    """The project, with commands that leave a mark of what was installed."""
    installed = tmp_path / "installed"
    project = {
        "name": "basket",
        "path": str(sample.root),
        "install": {
            "command": f"git describe --tags > {installed}",
            "skill_command": ["touch", f"{installed}.skill"],
        },
    }
    file = tmp_path / "registry.json"
    file.write_text(json.dumps({"version": 2, "projects": [project]}))
    return file


def release(
    sample: Sample, registry: Path, bin_folder: Path, throttle: str = "full", **payload: Any
) -> Emitted:
    environment = {"PATH": path_with(bin_folder), "FOUNDRY_REGISTRY_PATH": str(registry)}
    return emit("release_requested", "basket", sample.root, throttle, environment, **payload)


def host(sample: Sample, bin_folder: Path, *statuses: str) -> None:
    """A code host that answers with each status once, and with the last for ever."""
    (sample.root / ".alloy" / "code_host.toml").write_text(
        'adapter = "command"\ncommand = ["ci-state", "{revision}", "{branch}"]\n'
    )
    put_tool(bin_folder, "ci-state", says={"status": statuses[-1], "address": "runs/1"})


def test_the_tag_arrives_the_pipeline_passes_and_the_release_is_installed(
    sample: Sample, registry: Path, bin_folder: Path, tmp_path: Path
) -> None:
    host(sample, bin_folder, "passed")
    sample.git("tag", "v1.4.9")
    sample.git("commit", "--quiet", "--allow-empty", "-m", "More")
    before = sample.state()
    run = release(sample, registry, bin_folder, bump="minor", actions={"push": True})
    assert run.exit_code == 0, run.output
    assert run.chain == CHAIN
    assert sample.git("cat-file", "-t", "v1.5.0") == "tag", "annotated"
    assert sample.git("rev-parse", "v1.5.0^{commit}") == sample.head
    assert f"Foundry-Run: {run.said['run_id']}" in sample.git("cat-file", "tag", "v1.5.0")
    assert sample.remote_refs()["refs/tags/v1.5.0"] == sample.git("rev-parse", "v1.5.0")
    assert asked_of(bin_folder, "ci-state") == [f"{sample.head} v1.5.0"]
    assert (tmp_path / "installed").read_text() == "v1.5.0\n"
    assert (tmp_path / "installed.skill").exists()
    closed = run.payload("local_install_completed")
    assert (closed["version"], closed["exit_code"]) == ("1.5.0", 0)
    assert {name: value for name, value in sample.state().items() if name != "refs/tags/v1.5.0"} == before


def test_the_same_commit_is_not_released_twice(sample: Sample, registry: Path, bin_folder: Path) -> None:
    first = release(sample, registry, bin_folder)
    assert first.exit_code == 0, first.output
    assert first.payload("release_completed")["tag"] == "v0.1.0"
    assert first.payload("release_completed")["pushed"] is False, "nobody allowed it"
    assert "refs/tags/v0.1.0" not in sample.remote_refs()
    again = release(sample, registry, bin_folder, actions={"push": True})
    told = again.payload("release_completed")
    assert (told["tag"], told["new_tag"], told["pushed"]) == ("v0.1.0", False, True)
    assert sample.git("tag").split() == ["v0.1.0"]
    assert "refs/tags/v0.1.0" in sample.remote_refs(), "what was left undone is done"


def test_a_release_without_a_known_code_host_says_that_nothing_was_watched(
    sample: Sample, registry: Path, bin_folder: Path
) -> None:
    run = release(sample, registry, bin_folder, actions={"push": True})
    assert run.exit_code == 1, "a human should look"
    watched = run.payload("release_pipeline_completed")
    assert (watched["success"], watched["status"], watched["findings"]) == (True, "unwatched", 1)
    assert "code_host.toml" in watched["summary"]


def test_a_failed_pipeline_is_not_installed(
    sample: Sample, registry: Path, bin_folder: Path, tmp_path: Path
) -> None:
    host(sample, bin_folder, "failed")
    run = release(sample, registry, bin_folder, actions={"push": True})
    assert run.exit_code == 1
    assert run.said["status"] == "failed"
    assert run.chain == CHAIN[:3]
    assert not (tmp_path / "installed").exists()


def test_a_tag_that_stands_elsewhere_is_never_moved(sample: Sample, registry: Path, bin_folder: Path) -> None:
    sample.git("tag", "v2.0.0")
    sample.git("commit", "--quiet", "--allow-empty", "-m", "More")
    before = sample.state()
    run = release(sample, registry, bin_folder, version="2.0.0", actions={"push": True})
    assert run.exit_code == 2, run.output
    assert "a release is never moved" in run.said["reason"]
    assert sample.state() == before


def test_a_tag_that_the_remote_has_elsewhere_is_not_forced(
    sample: Sample, registry: Path, bin_folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    subprocess.run(["git", "clone", "--quiet", str(sample.remote), str(other)], check=True)
    sample.git("commit", "--quiet", "--allow-empty", "-m", "More")
    subprocess.run(["git", "tag", "v0.1.0"], cwd=other, check=True)
    subprocess.run(["git", "push", "--quiet", "origin", "v0.1.0"], cwd=other, check=True)
    before = sample.remote_refs()
    run = release(sample, registry, bin_folder, actions={"push": True})
    assert run.exit_code == 1
    assert run.said["status"] == "failed"
    assert "not pushed to origin" in run.said["reason"]
    assert sample.remote_refs() == before
    assert run.chain == CHAIN[:2], "what did not arrive is neither watched nor installed"


def test_without_a_registered_command_nothing_is_installed(
    sample: Sample, bin_folder: Path, tmp_path: Path
) -> None:
    run = release(sample, tmp_path / "no-registry.json", bin_folder)
    assert run.exit_code == 0, run.output
    assert run.chain == CHAIN[:4]
    assert "no install command is registered" in run.payload("local_install_completed")["summary"]


def test_an_install_command_that_fails_fails_the_release_run(
    sample: Sample, registry: Path, bin_folder: Path
) -> None:
    document = json.loads(registry.read_text())
    document["projects"][0]["install"]["command"] = "echo broken >&2; exit 3"
    registry.write_text(json.dumps(document))
    run = release(sample, registry, bin_folder)
    assert run.said["status"] == "failed"
    assert run.payload("local_install_completed")["exit_code"] == 3
    assert (run.folder / "install" / "output.txt").read_text() == "broken\n"


@pytest.mark.parametrize("throttle", ["dry_run", "audit_only"])
def test_without_full_throttle_nothing_is_tagged_pushed_or_installed(
    sample: Sample, registry: Path, bin_folder: Path, tmp_path: Path, throttle: str
) -> None:
    host(sample, bin_folder, "passed")
    before, remote = sample.state(), sample.remote_refs()
    run = release(sample, registry, bin_folder, throttle, version="3.0.0", actions={"push": True})
    assert run.exit_code == 0, run.output
    assert run.chain == (CHAIN if throttle == "dry_run" else CHAIN[:2])
    assert run.payload("release_completed")["summary"] == "would release 3.0.0"
    assert run.mutators_that_ran == []
    assert sample.state() == before
    assert sample.remote_refs() == remote
    assert not (tmp_path / "installed").exists()
    assert asked_of(bin_folder, "ci-state") == [], "nobody is asked about a tag that does not exist"

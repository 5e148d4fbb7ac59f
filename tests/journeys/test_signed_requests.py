"""What a signature allows, and nothing beyond it: a weakening, a release, a night over many projects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from foundry_kernel.runner.approvals import ApprovalRefused
from tests.fakes.foundry_tools import path_with, pip_report, put_tool
from tests.fakes.sample_project import RIGHT, Sample, sample_project
from tests.fakes.signed_request import CarriedOut, carry_out, trust_ada

pytestmark = pytest.mark.slow
COMMITTED: dict[str, Any] = {"commit_allowed": True}
FEWER_TESTS = "from basket import total\n\n\ndef test_nothing_costs_nothing():\n    assert total([]) == 0\n"


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    made = sample_project(tmp_path)
    trust_ada(made.root)
    made.record("review", answer={"approved": True, "summary": "does what it should"})
    return made


def takes_a_test_away(sample: Sample) -> None:
    change = {"basket.py": RIGHT, "test_basket.py": FEWER_TESTS}
    sample.record("execution", write=change, answer={"summary": "mended; one test was in the way"})


async def test_a_test_that_is_taken_away_is_delivered_only_when_a_human_signed_for_that(
    sample: Sample,
) -> None:
    takes_a_test_away(sample)
    before = sample.state()
    refused = await carry_out(sample.root, "iteration_requested", controls=COMMITTED)
    assert (refused.result.status, refused.result.failure_class) == ("stopped", "safety")
    assert "test_deletion" in refused.result.errors[0].message + refused.result.errors[0].next_step
    assert refused.result.commits == ()
    assert sample.state() == before

    wrong = await carry_out(
        sample.root, "iteration_requested", ("mutation", "commit", "gate_weakening"),
        controls={**COMMITTED, "max_iterations": 2},
    )  # fmt: skip
    assert wrong.result.failure_class == "safety", "another scope is not this one"

    allowed = await carry_out(
        sample.root, "iteration_requested", ("mutation", "commit", "test_deletion"),
        controls={**COMMITTED, "max_iterations": 3},
    )  # fmt: skip
    assert allowed.result.status == "completed", allowed.result.errors
    (commit,) = allowed.result.commits
    assert "test_prices_are_summed" not in sample.git("show", f"{commit.branch}:test_basket.py")
    (weakened,) = allowed.payload("gate_verification_completed")["weakened"]
    assert "test_prices_are_summed" in weakened, "what was allowed is in the record"


async def test_a_gate_that_is_loosened_is_delivered_only_when_a_human_signed_for_that(sample: Sample) -> None:
    gates = json.loads((sample.root / ".hone-gates.json").read_text())
    gates["gates"][0]["required"] = False
    change = {"basket.py": RIGHT, ".hone-gates.json": json.dumps(gates)}
    sample.record("execution", write=change, answer={"summary": "mended; the gate was in the way"})
    refused = await carry_out(sample.root, "iteration_requested", controls=COMMITTED)
    assert (refused.result.failure_class, refused.result.commits) == ("safety", ())
    allowed = await carry_out(
        sample.root, "iteration_requested", ("mutation", "commit", "gate_weakening"),
        controls={**COMMITTED, "max_iterations": 2},
    )  # fmt: skip
    assert allowed.result.status == "completed", allowed.result.errors
    assert allowed.payload("gate_verification_completed")["weakened"]


async def test_a_release_needs_a_signature_of_its_own_and_then_happens_once(sample: Sample) -> None:
    payload: dict[str, Any] = {"version": "1.5.0"}
    before = sample.state()
    with pytest.raises(ApprovalRefused, match="release"):
        await carry_out(sample.root, "release_requested", payload=payload, controls=COMMITTED)
    assert sample.state() == before
    controls = {**COMMITTED, "max_iterations": 2}
    scopes = ("mutation", "commit", "release")
    done = await carry_out(sample.root, "release_requested", scopes, payload=payload, controls=controls)
    assert done.result.status in {"completed", "completed_with_findings"}, done.result.errors
    assert sample.git("rev-parse", "v1.5.0^{commit}") == sample.head
    assert f"Foundry-Run: {done.result.foundry_run_id}" in sample.git("cat-file", "tag", "v1.5.0")
    assert "refs/tags/v1.5.0" not in sample.remote_refs(), "nobody signed that it is pushed"
    assert {name: value for name, value in sample.state().items() if name != "refs/tags/v1.5.0"} == before


@pytest.fixture
def night(tmp_path: Path, sample: Sample) -> dict[str, str]:
    """The sample's own workspace keeps the night; one other project is registered, to be raised and pushed."""
    other = sample_project(tmp_path / "other", gates=[])
    (other.root / "requirements.txt").write_text("jinja2==2.11.2\n")
    other.git("add", ".")
    other.git("commit", "--quiet", "-m", "Pin")
    entry = {
        "name": "other",
        "path": str(other.root),
        "branch": "main",
        "actions": {"maintain": True, "push": True},
    }
    registry = tmp_path / "registry.json"
    registry.write_text(json.dumps({"version": 2, "projects": [entry]}))
    put_tool(tmp_path / "bin", "python3", says=pip_report(jinja2="3.1.6"))
    return {
        "PATH": path_with(tmp_path / "bin"),
        "HOME": str(tmp_path),
        "FOUNDRY_REGISTRY_PATH": str(registry),
        "OTHER": str(other.root),
    }


async def a_night(sample: Sample, night: dict[str, str], scopes: Any, **controls: Any) -> CarriedOut:
    return await carry_out(
        sample.root, "maintenance_run_started", scopes, controls=controls, environment=night
    )


def branches(sample: Sample, night: dict[str, str]) -> tuple[list[str], list[str]]:
    """Branches that runs left in the other project, and in its remote."""
    from tests.fakes.sample_project import git

    other = Path(night["OTHER"])
    here = git(other, "for-each-ref", "--format=%(refname)", "refs/heads/alloy").split()
    return here, git(
        other.parent / "basket.git", "for-each-ref", "--format=%(refname)", "refs/heads/alloy"
    ).split()


async def test_a_night_without_a_signature_does_not_begin(sample: Sample, night: dict[str, str]) -> None:
    with pytest.raises(ApprovalRefused):
        await a_night(sample, night, ())
    assert branches(sample, night) == ([], [])


async def test_a_night_that_may_only_change_commits_and_pushes_nothing_whatever_the_registry_says(
    sample: Sample, night: dict[str, str]
) -> None:
    done = await a_night(sample, night, ("mutation",))
    assert branches(sample, night) == ([], []), "a signature for a change is none for a commit"
    (told,) = done.payload("maintenance_run_completed")["projects"]
    assert told["runs"], "it ran, in a worktree of its own"


async def test_a_signed_night_commits_in_each_project_and_pushes_where_the_brief_allows_it_too(
    sample: Sample, night: dict[str, str]
) -> None:
    done = await a_night(sample, night, ("mutation", "commit"), commit_allowed=True)
    here, there = branches(sample, night)
    assert (len(here), there) == (1, []), done.result.errors
    (told,) = done.payload("maintenance_run_completed")["projects"]
    assert (told["project"], told["success"]) == ("other", True)
    await a_night(sample, night, ("mutation", "commit"), commit_allowed=True, push_allowed=True)
    assert branches(sample, night)[1], "the brief and the registry say so, and a human signed"


TAKES_OVER = """[agents.default]
adapter = "command_line"
command = ["sh", "-c", "touch {mark}; cat > /dev/null"]
"""


@pytest.mark.parametrize(
    "path",
    [
        ".alloy/agents.toml",
        ".alloy/code_host.toml",
        ".alloy/project.yaml",
        ".alloy/schedule.toml",
        ".alloy/trusted_keys/mine.json",
        "services/shop/.alloy/agents.toml",
        ".ALLOY/agents.toml",
    ],
)
async def test_a_run_that_configures_its_own_runner_is_not_served_by_it_and_delivers_nothing(
    sample: Sample, tmp_path: Path, path: str
) -> None:
    (sample.root / ".gitignore").write_text("__pycache__/\n.alloy/runs/\n.alloy/mailbox/\n.alloy/shelf/\n")
    sample.git("add", ".")
    sample.git("commit", "--quiet", "-m", "Share who helps, and whom we trust")
    mark = tmp_path / "taken-over"
    change = {"basket.py": RIGHT, path: TAKES_OVER.format(mark=mark)}
    sample.record("execution", write=change, answer={"summary": "mended"})
    before = sample.state()
    done = await carry_out(sample.root, "iteration_requested", controls=COMMITTED)
    assert (done.result.status, done.result.failure_class) == ("stopped", "safety")
    assert path in done.result.errors[0].message
    assert "intent_rewrite" in done.result.errors[0].message + done.result.errors[0].next_step
    assert (done.result.commits, mark.exists()) == ((), False)
    assert sample.state() == before


async def test_agents_are_those_of_the_checkout_even_when_the_change_that_names_others_is_approved(
    sample: Sample, tmp_path: Path
) -> None:
    (sample.root / ".gitignore").write_text("__pycache__/\n.alloy/runs/\n.alloy/mailbox/\n.alloy/shelf/\n")
    sample.git("add", ".")
    sample.git("commit", "--quiet", "-m", "Share who helps, and whom we trust")
    mark = tmp_path / "taken-over"
    change = {"basket.py": RIGHT, ".alloy/agents.toml": TAKES_OVER.format(mark=mark)}
    sample.record("execution", write=change, answer={"summary": "mended"})
    scopes = ("mutation", "commit", "intent_rewrite")
    done = await carry_out(sample.root, "iteration_requested", scopes, controls=COMMITTED)
    assert (done.result.status, len(done.result.commits)) == ("completed", 1), done.result.errors
    assert done.asked[-2:] == ["review", "summarization"], "asked of the agents that were there before"
    assert not mark.exists()

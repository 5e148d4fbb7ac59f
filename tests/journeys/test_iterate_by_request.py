"""An approved request makes an agent change a project: papermill, the kernel, real git, and a result that says all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from foundry_kernel.cli import main
from foundry_kernel.runner.run_folder import RunFolder, all_runs
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.approval import APPROVAL
from runtime_artifacts.envelope import Artifact, format_timestamp
from runtime_artifacts.execution_request import ExecutionRequest, FoundryCall
from runtime_artifacts.run_result import RunResult
from tests.fakes.sample_project import RIGHT, Sample, sample_project
from tests.fakes.signers import Signer, sealed, signed, stated
from tests.foundry_kernel.runner.tiny_workspace import compile_request

ADA = Signer("ada", 1)


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    made = sample_project(tmp_path)
    made.record("review", answer={"approved": True, "summary": "does what it should"})
    keys = made.root / ".alloy" / "trusted_keys"
    keys.mkdir()
    (keys / f"{ADA.keyid}.json").write_text(ADA.trusted().model_dump_json())
    return made


def request_of(sample: Sample, throttle: Any = "full", **controls: Any) -> Artifact[ExecutionRequest]:
    workspace = RunnerWorkspace(sample.root.resolve())
    call = FoundryCall(entry_event="iteration_requested", throttle=throttle)
    request = compile_request(workspace, sample.head, call=call, controls=controls)
    workspace.mailbox.post(request)
    return request


def approve(sample: Sample, request: Artifact[ExecutionRequest], *scopes: Any) -> None:
    now = datetime.now(UTC)
    brief = request.content.brief
    approval = stated(
        brief.digest,
        brief.id,
        scopes=scopes,
        approved_at=format_timestamp(now),
        expires_at=format_timestamp(now + timedelta(days=1)),
    )
    RunnerWorkspace(sample.root.resolve()).shelf.put(APPROVAL, sealed(signed(approval, ADA)))


def run(sample: Sample, request: Artifact[ExecutionRequest]) -> tuple[Result, RunResult]:
    result = CliRunner().invoke(main, ["run", request.id, "--workspace", str(sample.root), "--json"])
    said = json.loads(result.stdout)
    assert said["data"], said["error"]
    return result, RunResult.model_validate(said["data"]["run_result"]["content"])


@pytest.mark.slow
def test_an_approved_request_is_carried_out_and_its_result_says_what_was_delivered(sample: Sample) -> None:
    before, base = sample.state(), sample.head
    request = request_of(sample, commit_allowed=True, push_allowed=True)
    approve(sample, request, "mutation", "commit")
    answer, result = run(sample, request)
    assert answer.exit_code == 0, result.errors
    assert (result.status, result.retries.foundry) == ("completed", 1)
    (commit,) = result.commits
    assert commit.pushed
    assert result.branch == commit.branch
    assert commit.branch.startswith("alloy/tiny/validate-the-tiny-project/")
    assert (result.revision_before, result.revision_after) == (base, commit.commit)
    assert result.changed_files == ("basket.py", "test_basket.py")
    assert sample.remote_refs()[f"refs/heads/{commit.branch}"] == commit.commit
    trailers = sample.git("log", "-1", "--format=%(trailers:only,unfold)", commit.branch).splitlines()
    assert trailers == [
        f"Alloy-Brief: {result.brief.id} {result.brief.digest}",
        f"Foundry-Run: {result.foundry_run_id}",
        f"Idempotency-Key: {request.content.idempotency_key}",
    ]
    assert {name: value for name, value in sample.state().items() if "/alloy/" not in name} == before


@pytest.mark.slow
def test_a_brief_that_does_not_allow_it_commits_nothing_whatever_is_approved(sample: Sample) -> None:
    before = sample.state()
    request = request_of(sample)
    approve(sample, request, "mutation", "commit")
    answer, result = run(sample, request)
    assert answer.exit_code == 1
    assert (result.status, result.commits) == ("completed_with_findings", ())
    assert sample.state() == before
    (folder,) = all_runs(sample.root / ".alloy" / "runs")
    assert (folder.path / "undelivered.patch").is_file()


@pytest.mark.slow
def test_a_change_of_what_was_agreed_is_delivered_when_a_human_signed_that_it_may_be(sample: Sample) -> None:
    record = sample.root / ".alloy" / "intent" / "prices.yaml"
    record.parent.mkdir()
    record.write_text("severity: high\n")
    sample.git("add", "--force", str(record))
    sample.git("commit", "--quiet", "-m", "Say what a basket costs")
    change = {".alloy/intent/prices.yaml": "severity: low\n", "basket.py": RIGHT}
    sample.record("execution", write=change, answer={"summary": "mended, and said so"})
    request = request_of(sample, commit_allowed=True)
    approve(sample, request, "mutation", "commit", "intent_rewrite")
    answer, result = run(sample, request)
    assert answer.exit_code == 0, result.errors
    assert ".alloy/intent/prices.yaml" in result.changed_files
    assert sample.git("show", f"{result.branch}:.alloy/intent/prices.yaml") == "severity: low"


def test_without_an_approval_nothing_runs(sample: Sample) -> None:
    before = sample.state()
    request = request_of(sample, commit_allowed=True)
    approve(sample, request, "mutation")
    result = CliRunner().invoke(main, ["run", request.id, "--workspace", str(sample.root), "--json"])
    assert result.exit_code == 3
    assert "commit is not approved" in json.loads(result.stdout)["error"]["message"]
    assert sample.state() == before


@pytest.mark.slow
def test_a_kernel_that_dies_after_the_agent_worked_is_resumed_and_the_agent_is_not_asked_twice(
    tmp_path: Path, sample: Sample
) -> None:
    before, base = sample.state(), sample.head
    gate = f"test -e {tmp_path}/go || ! grep -q cheaper test_basket.py || sleep 60"
    gates = {"gates": [{"name": "slow", "command": gate, "timeout": 90}]}
    (sample.root / ".hone-gates.json").write_text(json.dumps(gates))
    sample.git("commit", "--quiet", "-am", "Wait")
    before, base = sample.state(), sample.head
    request = request_of(sample, commit_allowed=True)
    approve(sample, request, "mutation", "commit")
    command = [sys.executable, "-m", "foundry_kernel.cli", "run", request.id, "--workspace", str(sample.root)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        folder = _until_it_verifies(sample)
        kernel = folder.record().kernel
        assert kernel is not None
        os.kill(kernel.pid, signal.SIGKILL)
        process.wait(timeout=60)
    finally:
        process.kill()
        process.wait()
    _until(lambda: bool(folder.results()))
    assert folder.results()[0].content.status == "failed"
    _until(lambda: sample.git("for-each-ref", "refs/heads/alloy") == "")
    assert folder.worktree.is_dir(), "the agent's work is kept for a resume"
    (tmp_path / "go").touch()
    resumed = CliRunner().invoke(main, ["resume", folder.run_id, "--workspace", str(sample.root), "--json"])
    result = RunResult.model_validate(json.loads(resumed.stdout)["data"]["run_result"]["content"])
    assert result.status == "completed", result.errors
    assert (result.attempt, result.retries.runner, len(result.commits)) == (2, 1, 1)
    ran = [f for f in folder.facts() if f.kind == "block_started" and f.block == "execute_plan"]
    assert len(ran) == 1
    assert sample.git("rev-parse", f"{result.branch}^") == base
    assert sample.git("show", f"{result.branch}:basket.py") != RIGHT.strip(), "the gate did not mind"
    assert {name: value for name, value in sample.state().items() if "/alloy/" not in name} == before
    assert not folder.worktree.exists()


def _until_it_verifies(sample: Sample) -> RunFolder:
    found: list[RunFolder] = []

    def verifies() -> bool:
        found[:] = [
            each
            for each in all_runs(sample.root / ".alloy" / "runs")
            if any(f.kind == "gate_started" and f.phase == "verify" for f in each.facts())
        ]
        return bool(found)

    _until(verifies)
    return found[0]


def _until(holds: Any) -> None:
    limit = time.monotonic() + 90
    while not holds():
        assert time.monotonic() < limit, "it never came to be"
        time.sleep(0.05)

"""When the kernel dies, the journal still tells what happened, a result is still produced, and the run can go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from foundry_kernel.runner.processes import groups_of_run, is_same_process
from foundry_kernel.runner.run_folder import RunFolder, all_runs
from runtime_artifacts.journal import is_being_written
from tests.foundry_kernel.runner.tiny_workspace import Tiny, gate, git, make_workspace

pytestmark = pytest.mark.slow

# Passes at once when the run's folder holds a file `go`; else it waits for it.
WAITS_FOR_GO = (
    "sh",
    "-c",
    'echo "$$" >> "$FOUNDRY_RUN_DIR/waiters"; while ! [ -e "$FOUNDRY_RUN_DIR/go" ]; do sleep 0.1; done',
)


def until(holds: Callable[[], object], *, within_s: float = 20) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def launch(tiny: Tiny) -> subprocess.Popen[str]:
    return foundry("run", str(tiny.request_file))


def foundry(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "foundry_kernel.cli", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def running_gate(tiny: Tiny) -> RunFolder:
    """Folder of the run whose gate is running now."""
    until(lambda: [run for run in all_runs(tiny.workspace.runs) if (run.path / "waiters").exists()])
    folder = all_runs(tiny.workspace.runs)[0]
    until(lambda: [fact for fact in folder.facts() if fact.kind == "gate_finished"])
    return folder


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return make_workspace(
        tmp_path / "tiny", overlay_gates=[gate("quick", "true"), gate("waits", *WAITS_FOR_GO)]
    )


def test_a_killed_kernel_leaves_a_result_and_the_run_can_be_resumed(tiny: Tiny) -> None:
    launched = launch(tiny)
    folder = running_gate(tiny)
    kernel = folder.record().kernel
    assert kernel is not None
    assert is_same_process(kernel.pid, kernel.started)
    assert groups_of_run(folder.path), "the gate is running"
    os.kill(kernel.pid, signal.SIGKILL)
    until(folder.result_file(1).exists, within_s=8)
    out, err = launched.communicate(timeout=30)
    assert launched.returncode == 4, out + err

    result = folder.results()[0].content
    assert (result.status, result.failure_class) == ("failed", "execution")
    assert "the kernel died while gate waits ran" in result.errors[0].message
    assert {seen.evidence_id: seen.status for seen in result.evidence_observations} == {
        "tiny.intent.waits#it": "unknown",
        "tiny.intent.quick#it": "satisfied",
    }
    assert [each.content.status for each in tiny.workspace.mailbox.results(tiny.request.id)] == ["failed"]
    assert not groups_of_run(folder.path), "nothing of the gate is left"
    until(lambda: not folder.worktree.exists())
    assert next(fact.kind for fact in folder.facts()) == "run_started", "the journal is readable"
    assert not is_being_written(folder.journal(1))

    notebook = json.loads(folder.executed_notebook.read_text())
    assert "the kernel died while gate waits ran" in "".join(notebook["cells"][0]["source"])
    states = {cell["id"]: cell["metadata"]["papermill"]["status"] for cell in notebook["cells"][1:]}
    assert (states["verify"], states["emit"], states["result"]) == ("completed", "failed", "pending")

    (folder.path / "go").touch()
    resumed = foundry("resume", str(folder.path))
    out, err = resumed.communicate(timeout=60)
    assert resumed.returncode == 0, out + err
    second = folder.results()[1].content
    assert (second.status, second.attempt, second.retries.runner) == ("completed", 2, 1)
    assert {seen.status for seen in second.evidence_observations} == {"satisfied"}
    started = [fact.block for fact in folder.facts() if fact.kind == "block_started" and fact.attempt == 2]
    assert "resolve_gates" not in started, "finished blocks are not repeated"
    assert "run_preflight" in started
    assert len(tiny.workspace.mailbox.results(tiny.request.id)) == 2


def test_a_killed_launcher_takes_the_kernel_with_it_and_a_result_still_stands(tiny: Tiny) -> None:
    launched = launch(tiny)
    folder = running_gate(tiny)
    kernel = folder.record().kernel
    assert kernel is not None
    launched.kill()
    launched.communicate(timeout=10)
    until(folder.result_file(1).exists, within_s=15)
    assert not is_same_process(kernel.pid, kernel.started)
    assert folder.results()[0].content.failure_class == "execution"
    until(lambda: not groups_of_run(folder.path))


def test_ctrl_c_cancels_the_run_and_ends_its_gates(tiny: Tiny) -> None:
    launched = launch(tiny)
    folder = running_gate(tiny)
    launched.send_signal(signal.SIGINT)
    out, err = launched.communicate(timeout=30)
    assert launched.returncode == 4, out + err
    assert "cancelled" in out
    assert folder.results()[0].content.status == "cancelled"
    assert not groups_of_run(folder.path)
    assert not folder.worktree.exists()


def test_the_checkout_is_never_touched(tiny: Tiny) -> None:
    root = tiny.workspace.root
    before = (
        git(root, "status", "--porcelain"),
        git(root, "branch", "--list"),
        git(root, "rev-parse", "HEAD"),
    )
    launched = launch(tiny)
    folder = running_gate(tiny)
    (folder.path / "go").touch()
    launched.communicate(timeout=60)
    assert (
        git(root, "status", "--porcelain"),
        git(root, "branch", "--list"),
        git(root, "rev-parse", "HEAD"),
    ) == before
    assert len(git(root, "worktree", "list").splitlines()) == 1

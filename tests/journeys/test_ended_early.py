"""A kernel is killed, a person interrupts, two start at once: one result each time, and nothing of it left running."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from foundry_kernel.runner.processes import groups_of_run, is_same_process
from foundry_kernel.runner.run_folder import RunFolder
from tests.fakes.alloy_shop import DRY_RUNS, RECORDS, Said, Shop, govern, open_shop

pytestmark = pytest.mark.slow

WAITS_FOR_GO = """evidence:
  - id: it
    kind: gate
    description: The gate may go on.
    gate:
      name: waits
      command: [sh, -c, 'echo waiting; while ! [ -e "$FOUNDRY_RUN_DIR/go" ]; do sleep 0.05; done']
"""
WAITING = "shop.intent.waits"


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = govern(open_shop(tmp_path_factory.mktemp("early") / "shop"), "dry-runs-are-safe")
    texts = RECORDS["dry-runs-are-safe"].partition("evidence:")[0]
    assert shop.draft("waits", texts + WAITS_FOR_GO).exit_code == 0
    assert shop.accept("waits").exit_code == 0
    shop.commit("Wait for the go")
    return shop


@pytest.fixture
def shop(pristine: Shop, tmp_path: Path) -> Iterator[Shop]:
    copied = pristine.copy_to(tmp_path / "shop")
    yield copied
    for folder in copied.runs:  # whatever a failed test left waiting
        (folder / "go").touch()


def until(holds: Callable[[], object], *, within_s: float = 60) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def waiting_run(shop: Shop) -> RunFolder:
    """Folder of the run whose gate waits now."""
    until(lambda: [each for each in shop.runs if list(each.glob("journal/0001.jsonl"))])
    folder = RunFolder(shop.runs[0])
    until(lambda: any(fact.kind == "gate_started" and "waits" in str(fact.gate) for fact in folder.facts()))
    until(lambda: groups_of_run(folder.path))
    return folder


def ending(process: subprocess.Popen[str]) -> Said:
    out, err = process.communicate(timeout=90)
    return Said(process.returncode, out, err)


def test_a_killed_kernel_is_told_resumed_and_then_told_as_finished(shop: Shop) -> None:
    running = shop.begin("run", "--json")
    folder = waiting_run(shop)
    kernel = folder.record().kernel
    assert kernel is not None
    os.kill(kernel.pid, signal.SIGKILL)
    died = ending(running)
    assert died.exit_code == 4, died
    assert (died.data["status"], died.data["failure_class"]) == ("failed", "execution")
    assert any(f"foundry-kernel resume {folder.run_id}" in error for error in died.data["errors"])
    assert {each["record_id"]: each["verdict"] for each in died.data["records"]}[WAITING] == "unknown"
    assert not groups_of_run(folder.path)
    assert shop.alloynb("evidence", "verify").exit_code == 0

    once_more = shop.alloynb("run", "--json")
    assert (once_more.exit_code, once_more.data["deduplicated"]) == (4, True), "it is not silently run again"

    (folder.path / "go").touch()
    resumed = shop.foundry("resume", folder.run_id)
    assert resumed.exit_code == 0, resumed
    told = shop.alloynb("run", "--json")
    assert told.exit_code == 0, told
    assert (told.data["status"], told.data["deduplicated"]) == ("completed", True)
    assert (told.data["provenance"]["run_id"], told.data["provenance"]["attempt"]) == (folder.run_id, 2)
    assert {each["record_id"]: each["verdict"] for each in told.data["records"]} == {
        WAITING: "satisfied",
        DRY_RUNS: "satisfied",
    }
    assert len(shop.runs) == 1
    stored = shop.alloynb("evidence", "sql", "SELECT record_id, status FROM intent_satisfaction", "--json")
    assert {row["status"] for row in stored.data["rows"]} == {"satisfied"}
    assert shop.alloynb("evidence", "verify").exit_code == 0


@pytest.mark.parametrize(
    "interrupt",
    [
        pytest.param(lambda process: os.killpg(process.pid, signal.SIGINT), id="ctrl-c in a terminal"),
        pytest.param(lambda process: process.send_signal(signal.SIGTERM), id="terminated by a supervisor"),
    ],
)
def test_an_interrupted_run_is_cancelled_and_leaves_nothing_running(
    shop: Shop, interrupt: Callable[[subprocess.Popen[str]], None]
) -> None:
    running = shop.begin("run", "--json")
    folder = waiting_run(shop)
    kernel = folder.record().kernel
    assert kernel is not None
    interrupt(running)
    said = ending(running)
    assert said.exit_code == 4, said
    assert said.data["status"] == "cancelled"
    assert [result.content.status for result in folder.results()] == ["cancelled"]
    until(lambda: not groups_of_run(folder.path), within_s=10)
    until(lambda: not is_same_process(kernel.pid, kernel.started), within_s=10)
    until(lambda: not folder.worktree.exists(), within_s=10)
    assert shop.git("worktree", "list").count("\n") == 0
    assert shop.alloynb("evidence", "verify").exit_code == 0


def test_of_two_that_start_at_once_one_executes_and_the_other_says_so(shop: Shop) -> None:
    both = [shop.begin("run", "--json"), shop.begin("run", "--json")]
    folder = waiting_run(shop)
    until(lambda: any(process.poll() is not None for process in both))
    (other,) = [process for process in both if process.poll() is not None]
    (executing,) = [process for process in both if process is not other]
    refused = ending(other)
    assert refused.exit_code == 4, refused
    assert folder.run_id in refused.error["message"] + refused.error["next_step"]
    assert executing.poll() is None
    (folder.path / "go").touch()
    done = ending(executing)
    assert done.exit_code == 0, done
    assert done.data["provenance"]["run_id"] == folder.run_id
    assert [each.name for each in shop.runs] == [folder.run_id]
    late = shop.alloynb("run", "--json")
    assert (late.exit_code, late.data["deduplicated"]) == (0, True)
    assert [each.name for each in shop.runs] == [folder.run_id]
    assert shop.alloynb("evidence", "verify").exit_code == 0

"""A process is known by its start, not by its number alone; what a run started is found and ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from foundry_kernel.runner.processes import end_groups, groups_of_run, is_same_process, start_mark

linux = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")


def sleeper(run_folder: Path, *, stubborn: bool = False) -> subprocess.Popen[bytes]:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    if not stubborn:
        code = "import time; print(flush=True); time.sleep(60)"
    environment = {"FOUNDRY_RUN_DIR": str(run_folder)}
    started = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, start_new_session=True, stdout=subprocess.PIPE
    )
    assert started.stdout is not None
    started.stdout.readline()
    started.stdout.close()
    return started


def test_a_process_is_the_same_only_with_the_same_start() -> None:
    mark = start_mark(os.getpid())
    assert is_same_process(os.getpid(), mark)
    assert not is_same_process(os.getpid(), mark + "0")
    assert not is_same_process(os.getpid(), "")


def test_a_process_that_ended_is_nobody() -> None:
    ended = subprocess.Popen(["true"])
    mark = start_mark(ended.pid)
    ended.wait()
    assert not is_same_process(ended.pid, mark)


@linux
def test_only_processes_of_the_run_are_found(tmp_path: Path) -> None:
    mine, other = sleeper(tmp_path / "mine"), sleeper(tmp_path / "other")
    try:
        assert groups_of_run(tmp_path / "mine") == {mine.pid}
        assert groups_of_run(tmp_path / "nobody") == set()
    finally:
        for each in (mine, other):
            each.kill()
            each.wait()


@linux
def test_our_own_group_is_never_among_those_to_be_ended(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from foundry_kernel.runner.processes import groups_of_run\n"
    code += "print(groups_of_run(Path(sys.argv[1])))"
    environment = {**os.environ, "FOUNDRY_RUN_DIR": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "set()"


@pytest.mark.parametrize(("stubborn", "grace_s"), [(False, 30.0), (True, 0.4)])
def test_a_group_is_asked_and_then_killed(tmp_path: Path, stubborn: bool, grace_s: float) -> None:
    started = sleeper(tmp_path, stubborn=stubborn)
    began = time.monotonic()
    end_groups({started.pid}, grace_s=grace_s)
    assert started.wait(timeout=5) == (-9 if stubborn else -15)
    assert (time.monotonic() - began >= grace_s) is stubborn


def test_ending_a_group_that_is_gone_is_no_error() -> None:
    ended = subprocess.Popen(["true"], start_new_session=True)
    ended.wait()
    end_groups({ended.pid})

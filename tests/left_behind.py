"""Whatever a test leaves running, or in the folder for temporary files, is told at the end, and fails the whole.

Each process that runs tests has such a folder of its own, which its children inherit by `TMPDIR`: what lies there, and
who has this variable, came from here.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

PATIENCE_S = 10.0
# A run outside of any workspace stays, so that it can be read; nbval kills kernels before they tidy up.
_KEPT_ON_PURPOSE = ("foundry-run-", "foundry-gates-", "pytest-of-")
_HELPERS_OF_PYTHON = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")


class LeftBehind:
    """Watches one process that runs tests, or gathers what its workers saw."""

    def __init__(self, folder: Path) -> None:
        """Watch a folder for temporary files that this process and its children share with nobody."""
        self._folder = folder
        self._since: dict[str, str] = {}
        self._told: list[str] = []
        self._has_run_tests = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> object:
        """Remember after which test something stood there for the first time."""
        answer = yield
        self._has_run_tests = True
        excused = item.path.suffix == ".ipynb"
        for place in self._folder.iterdir():
            self._since.setdefault(place.name, "" if excused else item.nodeid)
        return answer

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Take over what a worker of pytest-xdist saw."""
        self._told += getattr(node, "workeroutput", {}).get("left_behind", [])

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Look, and fail when something is there that no test took away."""
        self._told += [f"{self._folder / name}, since {test}" for name, test in self._remaining()]
        if self._has_run_tests:  # else these are workers, and theirs
            self._told += [f"process {pid}: {command}" for pid, command in _running(self._folder)]
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["left_behind"] = self._told
        elif self._told and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say it."""
        if self._told:
            terminalreporter.section("left behind by tests", red=True)
            for line in self._told:
                terminalreporter.line(line)

    def _remaining(self) -> list[tuple[str, str]]:
        found = [(place.name, self._since.get(place.name, "")) for place in sorted(self._folder.iterdir())]
        return [(name, test) for name, test in found if test and not name.startswith(_KEPT_ON_PURPOSE)]


def end_all_of(folder: Path) -> None:
    """Kill what tests that were killed themselves left running: all that had its temporary files in the folder."""
    for pid, _ in _marked(f"TMPDIR={folder}/".encode(), whole=False):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _running(folder: Path) -> list[tuple[int, str]]:
    """Processes that have the folder in their environment, once those that are about to end have ended."""
    deadline = time.monotonic() + PATIENCE_S
    while (found := _marked(f"TMPDIR={folder}".encode())) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def _marked(variable: bytes, *, whole: bool = True) -> list[tuple[int, str]]:
    found = []
    for place in Path("/proc").glob("[0-9]*") if Path("/proc").is_dir() else ():
        try:
            names = (place / "environ").read_bytes().split(b"\0")
            is_ours = variable in names if whole else any(each.startswith(variable) for each in names)
            if not is_ours or int(place.name) == os.getpid():
                continue
            command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:  # it ended, or is not ours
            continue
        if command and not any(helper in command for helper in _HELPERS_OF_PYTHON):
            found.append((int(place.name), command))
    return found

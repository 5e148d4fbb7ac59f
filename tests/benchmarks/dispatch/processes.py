"""The processes of one measurement, and their end: also of those that a peer started in sessions of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from tests.benchmarks.dispatch.notes import FOLDER

END_S = 20.0
STOPS = (signal.SIGTERM, signal.SIGINT)


class Processes:
    """Started here, each in a group of its own, with what they say in the folder's `*.log`."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder, self.environment = folder, {**environment, FOLDER: str(folder)}
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, role: str, *words: str | Path) -> subprocess.Popen[bytes]:
        """Start one."""
        with (self.folder / f"{role}.log").open("ab") as log:
            started = subprocess.Popen(
                words,
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._started.append(started)
        return started

    def gone(self) -> list[int]:
        """Exit codes of those that failed."""
        return [code for each in self._started if (code := each.poll()) not in {None, 0}]

    def said(self) -> str:
        """The end of what each role said."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{each.name}: {each.read_text(errors='replace')[-3000:]}" for each in logs)

    def end(self) -> None:
        """End them all, with their groups, and whatever inherited the folder's name.

        Raises:
            AssertionError: something goes on.
        """
        for each in self._started:
            with suppress(ProcessLookupError):
                os.killpg(each.pid, signal.SIGKILL)
            each.wait()
        deadline = time.monotonic() + END_S
        while left := inheriting(self.folder):
            assert time.monotonic() < deadline, f"processes go on: {left}"
            for process_id in left:
                with suppress(ProcessLookupError):
                    os.kill(process_id, signal.SIGKILL)
            time.sleep(0.1)


@contextmanager
def processes_of(folder: Path, environment: Mapping[str, str]) -> Iterator[Processes]:
    """Start processes, and end them whatever happens; being asked to stop is heard too."""
    processes = Processes(folder, environment)
    before = {each: signal.signal(each, _stop) for each in STOPS}
    try:
        yield processes
    finally:
        _hear_no_more()
        try:
            processes.end()
        finally:
            for each, heard in before.items():
                signal.signal(each, heard)


def inheriting(folder: Path) -> list[int]:
    """Processes whose environment names the folder (where the system tells; else their groups must do)."""
    mark = f"{FOLDER}={folder}\0".encode()
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (each / "environ").read_bytes() and not _ended(each):
                found.append(int(each.name))
    return found


def _ended(process: Path) -> bool:
    """Ended, and not yet collected by whoever started it."""
    return (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"


def _stop(number: int, frame: FrameType | None) -> None:
    _hear_no_more()
    raise KeyboardInterrupt  # which no test runner takes for the failure of one test


def _hear_no_more() -> None:
    """Being asked a second time must not end the ending halfway."""
    for each in STOPS:
        signal.signal(each, signal.SIG_IGN)

"""A Foundry that is left to itself: its process only sleeps, and the test says what it leaves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from tests.fakes.alloy_workspace import ScriptedFoundry

_SLEEPS = "import time; print('working', file=__import__('sys').stderr, flush=True); time.sleep(60)"


class LeftAlone(ScriptedFoundry):
    """Use as a context manager: no process outlives it."""

    processes: tuple[subprocess.Popen[bytes], ...] = ()

    def start(
        self, request_id: str, workspace: Path, *, said: BinaryIO, held: int
    ) -> subprocess.Popen[bytes]:
        """Start a process that does nothing for a minute."""
        process = subprocess.Popen(
            [sys.executable, "-S", "-c", _SLEEPS], stderr=said, start_new_session=True, pass_fds=(held,)
        )
        self.processes = (*self.processes, process)
        return process

    def end(self) -> None:
        """End every process."""
        for each in self.processes:
            if each.poll() is None:
                os.killpg(each.pid, signal.SIGKILL)
                each.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

"""Who began what, and when: a file for each process, a line for each job, on the machine's one monotonic clock."""

from __future__ import annotations

import os
import time
from functools import cache
from pathlib import Path

FOLDER = "DISPATCH_FOLDER"
"""Variable that all processes of a measurement inherit. It also tells which processes are left of one."""


def began(number: int) -> None:
    """Note that a job begins now; from any thread, and from processes that the peer started."""
    moment = time.monotonic()
    os.write(_notes(os.getpid()), f"{number} {moment}\n".encode())


def moments(folder: Path, names: str) -> dict[int, float]:
    """Number and moment of every whole line of some notes. No number may stand there twice."""
    lines = [line for each in folder.glob(names) for line in each.read_text().splitlines(keepends=True)]
    pairs = [line.split() for line in lines if line.endswith("\n")]
    found = {int(number): float(moment) for number, moment in pairs}
    assert len(found) == len(pairs), "a job began twice"
    return found


@cache
def _notes(process_id: int) -> int:
    file = Path(os.environ[FOLDER], f"began.{process_id}")
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

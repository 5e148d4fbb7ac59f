"""Processes that outlive their parent: telling them apart and ending them. Standard library only.

A process number alone says nothing after its process died: the system gives it to another. So a process is known by
its number and the moment of its start, or by the run's folder in its environment, which every gate carries.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

RUN_FOLDER_VARIABLE = "FOUNDRY_RUN_DIR"
_PROC = Path("/proc")


def start_mark(pid: int) -> str:
    """Mark of the moment when a process started; empty when there is no such process (a zombie counts as none)."""
    if not _PROC.is_dir():
        done = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return done.stdout.strip()
    try:
        fields = (
            (_PROC / str(pid) / "stat")
            .read_text(encoding="utf-8", errors="replace")
            .rpartition(")")[2]
            .split()
        )
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[19]


def is_same_process(pid: int, started: str) -> bool:
    """Say whether the process that had this number and start is still alive."""
    return bool(started) and start_mark(pid) == started


def groups_of_run(run_folder: Path) -> set[int]:
    """Process groups that hold a process whose environment names this run's folder (Linux; elsewhere none are found).

    The groups of the calling process and of its ancestors are never among them.
    """
    wanted = f"{RUN_FOLDER_VARIABLE}={run_folder}".encode()
    spared = {os.getpgrp(), *_ancestor_groups()}
    found: set[int] = set()
    for entry in _PROC.glob("[0-9]*") if _PROC.is_dir() else ():
        try:
            environment = (entry / "environ").read_bytes()
            if wanted in environment.split(b"\0"):
                found.add(os.getpgid(int(entry.name)))
        except OSError:  # it ended meanwhile, or belongs to somebody else
            continue
    return found - spared


def end_groups(groups: Iterable[int], grace_s: float = 1.0) -> None:
    """End process groups: ask, wait at most `grace_s` seconds, then kill."""
    waiting = {group for group in groups if _signal(group, signal.SIGTERM)}
    deadline = time.monotonic() + grace_s
    while waiting and time.monotonic() < deadline:
        time.sleep(0.02)
        waiting = {group for group in waiting if _lives(group)}
    for group in waiting:
        _signal(group, signal.SIGKILL)


def _lives(group: int) -> bool:
    if not _PROC.is_dir():
        return _signal(group, 0)
    return any(_group_of_living(entry) == group for entry in _PROC.glob("[0-9]*"))


def _group_of_living(entry: Path) -> int:
    try:
        fields = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return -1
    return -1 if fields[0] in {"Z", "X"} else int(fields[2])


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _ancestor_groups() -> set[int]:
    found: set[int] = set()
    pid = os.getppid()
    while pid > 1:
        try:
            found.add(os.getpgid(pid))
            fields = (
                (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
            )
            pid = int(fields.split()[1])
        except (OSError, IndexError, ValueError):
            break
    return found

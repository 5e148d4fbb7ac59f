"""What became of a brief: an append-only history beside the immutable file, one JSON line per step (spec 3.2)."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from alloynb.errors import AlloyError, CannotRun
from runtime_artifacts.canonical import parse_json
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.identity import is_id
from runtime_artifacts.untrusted_file import read_untrusted
from runtime_artifacts.write_once import make_folder, sync_folder

BriefState = Literal[
    "draft",
    "reviewable",
    "approved",
    "compiled",
    "queued",
    "accepted",
    "executing",
    "completed",
    "analyzed",
    "archived",
    "cancelled",
    "rejected",
]


class DamagedBriefLedger(AlloyError):
    """A line of a brief's ledger, other than a torn last one, cannot be read."""


Step = dict[str, Any]
Check = Callable[[tuple[Step, ...], Step], bool]


def append_step(
    alloy_dir: Path,
    brief_id: str,
    state: BriefState,
    *,
    at: str,
    by: str,
    why: str,
    check: Check = lambda before, step: True,
    **facts: Any,
) -> bool:
    """Write one step behind all others; when this returns, it survives a loss of power.

    Two writers wait for each other. The unfinished last line of a writer that died is cut off: nobody was told of it.

    Args:
        check: is asked, while nobody else can write, with the steps so far and the new one; False leaves it out.
        facts: what else belongs to the step, plain JSON values.

    Returns:
        Whether it was written.

    Raises:
        AlloyError: this is not the id of a brief, or what `check` raises.
        DamagedBriefLedger: a line cannot be read, with file and line.
        CannotRun: the file system did not take it.
    """
    file = ledger_file(alloy_dir, brief_id)
    step = {"state": state, "at": at, "by": by, "why": why, "brief_id": brief_id, **facts}
    line = (json.dumps(step, ensure_ascii=False) + "\n").encode()
    try:
        make_folder(file.parent)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            text = os.pread(descriptor, size, 0)
            whole = text.rfind(b"\n") + 1
            if not check(_parsed(text[:whole], file), step):
                return False
            if whole < size:
                os.ftruncate(descriptor, whole)
            if os.write(descriptor, line) != len(line):
                os.ftruncate(descriptor, whole)
                raise OSError("only a part of the line was taken")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(file.parent)
    except OSError as error:
        raise CannotRun(f"cannot be written: {error.strerror or error}", file=file) from error
    return True


def steps_of(alloy_dir: Path, brief_id: str) -> tuple[Step, ...]:
    """Read every step of a brief, oldest first; empty when it has no ledger.

    Raises:
        AlloyError: this is not the id of a brief.
        DamagedBriefLedger: a line cannot be read, with file and line.
    """
    file = ledger_file(alloy_dir, brief_id)
    try:
        text = read_untrusted(file)
    except FileNotFoundError:
        return ()
    return _parsed(text, file)


def _parsed(text: bytes, file: Path) -> tuple[Step, ...]:
    steps = []
    lines = text.split(b"\n")[:-1]  # what stands behind the last line feed is torn, or nothing
    for number, line in enumerate(lines, start=1):
        try:
            step = parse_json(line)
        except ArtifactError as error:
            raise DamagedBriefLedger(error.message, file=file, line=number) from error
        if not isinstance(step, dict) or "state" not in step:
            raise DamagedBriefLedger("not a step of a brief", file=file, line=number)
        steps.append(step)
    return tuple(steps)


def ledger_file(alloy_dir: Path, brief_id: str) -> Path:
    """Where the ledger of a brief lies, whether or not it exists.

    Raises:
        AlloyError: this is not the id of a brief.
    """
    if not is_id(brief_id, FORMATION_BRIEF.id_prefix):
        raise AlloyError(f"{brief_id[:80]!r} is not the id of a brief")
    return alloy_dir / "ledger" / "brief" / f"{brief_id}.jsonl"

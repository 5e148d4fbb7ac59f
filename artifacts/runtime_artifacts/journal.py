"""Facts and the journals that hold them: one line format for both halves (spec 4.4, 6.1).

A journal is a file of JSON lines that only grows. Its writer holds a lock for life, so whoever can take the lock
knows that the writer is gone. A torn last line (the writer died in the middle of it) is recognised and ignored; a
torn journal is never written to again.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runtime_artifacts.errors import ArtifactError, InvalidContent, MalformedDocument, Place

MAX_LINE_BYTES = 4 * 1024 * 1024


class Fact(BaseModel):
    """One thing that happened. Flat, typed columns for what is asked often; `payload` for the rest.

    Attributes:
        fact_id: unique for ever; writing the same fact twice is seen by it.
        kind: `event`, `block_finished`, `gate_finished`, `observation`, `finding`, …
        seq: position in its journal, from 1.
        recorded_at: when the line was written, RFC 3339 in UTC.
        simulated: stands for what a mutator would have done.
        delivered: False when the throttle held the event back.
        duration_ms: milliseconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fact_id: str
    kind: str
    seq: int = Field(ge=1)
    recorded_at: str
    occurred_at: str | None = None
    project_id: str | None = None
    run_id: str | None = None
    request_id: str | None = None
    brief_id: str | None = None
    brief_digest: str | None = None
    attempt: int | None = None
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    correlation_id: str | None = None
    runner_id: str | None = None
    event_id: str | None = None
    event_type: str | None = None
    caused_by: str | None = None
    throttle: str | None = None
    simulated: bool | None = None
    delivered: bool | None = None
    block: str | None = None
    block_kind: str | None = None
    gate: str | None = None
    phase: str | None = None
    status: str | None = None
    required: bool | None = None
    mode: str | None = None
    exit_code: int | None = None
    duration_ms: float | None = None
    record_id: str | None = None
    evidence_id: str | None = None
    finding_id: str | None = None
    path: str | None = None
    line: int | None = None
    revision: str | None = None
    severity: str | None = None
    failure_class: str | None = None
    principal: str | None = None
    summary: str | None = None
    payload: dict[str, Any] = Field(default_factory=dict)


class JournalTaken(ArtifactError):
    """The journal file exists already: a journal has one writer and one life."""

    exit_code = 4


class JournalFull(ArtifactError):
    """The fact could not be written, for example because the disk is full; it must not be acted on."""

    exit_code = 4


class JournalWriter:
    """Appends facts to a new journal file; holds its lock until closed.

    Use as a context manager. Not for several threads.
    """

    def __init__(self, file: Path) -> None:
        """Create the file, its folder if need be, and take its lock.

        Raises:
            JournalTaken: the file exists.
        """
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except FileExistsError as error:
            raise JournalTaken("a journal of this name exists", place=Place(file)) from error
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)  # waits only for a reader that is just asking
        self.file = file
        self.last_seq = 0
        self._broken = False

    def append(self, fact: Fact, *, durable: bool = False) -> None:
        """Write one fact as one line in one system call.

        Args:
            durable: also wait until it would survive a loss of power.

        Raises:
            JournalFull: nothing, or only a part of the line, could be written.
            InvalidContent: the sequence number is not the next one, or the line is too long.
        """
        if self._broken:
            raise JournalFull("an earlier line was cut; nothing may follow it", place=Place(self.file))
        if fact.seq != self.last_seq + 1:
            raise InvalidContent(f"fact {fact.fact_id}: seq {fact.seq} after {self.last_seq}", place=Place(self.file))
        line = fact.model_dump_json(exclude_none=True).encode() + b"\n"
        if len(line) > MAX_LINE_BYTES:
            raise InvalidContent(f"fact {fact.fact_id}: {len(line)} bytes, at most {MAX_LINE_BYTES}")
        try:
            written = os.write(self._descriptor, line)
            if durable:
                os.fdatasync(self._descriptor)
        except OSError as error:
            self._broken = True
            raise JournalFull(f"cannot write: {error.strerror}", place=Place(self.file)) from error
        if written != len(line):
            self._broken = True
            raise JournalFull("the line was cut; free some space", place=Place(self.file))
        self.last_seq = fact.seq

    def sync(self) -> None:
        """Wait until every fact would survive a loss of power."""
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Make everything durable and give the lock back. May be called twice."""
        if self._descriptor >= 0:
            os.fdatasync(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_journal(file: Path) -> Iterator[Fact]:
    """Yield the facts of a journal in order; a torn last line is left out.

    Raises:
        MalformedDocument: a line before the last is not a fact, with its line number.
    """
    with file.open("rb") as lines:
        held = b""
        number = 0
        for number, line in enumerate(lines, start=1):
            if held:
                yield _parse(held, number - 1, file)
            held = line
    if held.endswith(b"\n"):
        try:
            fact = _parse(held, number, file)
        except MalformedDocument:
            return
        yield fact


def is_torn(file: Path) -> bool:
    """Say whether the last line was cut: no final newline, or not a fact."""
    with file.open("rb") as lines:
        last = deque(lines, maxlen=1).pop() if file.stat().st_size else b""
    if not last:
        return False
    try:
        _parse(last, 0, file)
    except MalformedDocument:
        return True
    return not last.endswith(b"\n")


def is_being_written(file: Path) -> bool:
    """Say whether the journal's writer is alive: its lock cannot be taken.

    The answer for a file that is gone is False.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _parse(line: bytes, number: int, file: Path) -> Fact:
    try:
        return Fact.model_validate(json.loads(line))
    except (ValueError, ValidationError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise MalformedDocument(f"not a fact: {reason}", place=Place(file, line=number)) from error

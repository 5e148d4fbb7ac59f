"""Facts and the journals that hold them: one line format for both halves (spec 4.4, 6.1).

A journal is a file of JSON lines that only grows. Its writer holds a lock for life, so whoever can take the lock
knows that the writer is gone. A torn last line (the writer died in the middle of it) is recognised and ignored; a
torn journal is never written to again.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runtime_artifacts.content import JsonObject
from runtime_artifacts.errors import ArtifactError, InvalidContent, MalformedDocument, Place
from runtime_artifacts.write_once import make_folder, name_beside, sync_folder

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

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, allow_inf_nan=False)

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
    payload: JsonObject = Field(default_factory=dict)


class JournalTaken(ArtifactError):
    """The journal file exists already: a journal has one writer and one life."""

    exit_code = 4
    failure_class = "execution"


class JournalFull(ArtifactError):
    """The fact could not be written, for example because the disk is full; it must not be acted on."""

    exit_code = 4
    failure_class = "execution"


class JournalWriter:
    """Appends facts to a new journal file; holds its lock until closed.

    Use as a context manager. Not for several threads. A process that is forked without executing another program
    shares the lock and must not outlive the writer.
    """

    def __init__(self, file: Path) -> None:
        """Create the file, its folder if need be, durably; nobody ever sees it without its lock.

        Raises:
            JournalTaken: the file exists.
            OSError: it cannot be created, or not durably.
        """
        make_folder(file.parent)
        beside = name_beside(file)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._descriptor = os.open(beside, flags, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.link(beside, file)
            sync_folder(file.parent)
        except BaseException as error:
            os.close(self._descriptor)
            if isinstance(error, FileExistsError):
                raise JournalTaken("a journal of this name exists", place=Place(file)) from error
            raise
        finally:
            beside.unlink(missing_ok=True)
        self.file = file
        self.last_seq = 0
        self._broken = False

    def append(self, fact: Fact, *, durable: bool = False) -> None:
        """Write one fact as one line in one system call.

        Args:
            durable: also wait until it would survive a loss of power.

        Raises:
            JournalFull: nothing, or only a part of the line, could be written, now or earlier; the writer is of no
                more use.
            InvalidContent: the sequence number is not the next one, the line is too long, or the fact holds a text
                that is not Unicode; nothing was written, and the next fact may be.
        """
        if self._broken:
            raise JournalFull("an earlier write failed; nothing may follow it", place=Place(self.file))
        if fact.seq != self.last_seq + 1:
            reason = f"fact {fact.fact_id}: seq {fact.seq} after {self.last_seq}"
            raise InvalidContent(reason, place=Place(self.file))
        try:
            line = fact.model_dump_json(exclude_none=True).encode() + b"\n"
        except ValueError as error:
            raise InvalidContent(f"fact {fact.fact_id}: cannot be written: {error}") from error
        if len(line) > MAX_LINE_BYTES:
            raise InvalidContent(f"fact {fact.fact_id}: {len(line)} bytes, at most {MAX_LINE_BYTES}")
        try:
            written = os.write(self._descriptor, line)
        except OSError as error:
            raise self._poisoned(f"cannot write: {error.strerror}") from error
        if written != len(line):
            raise self._poisoned("the line was cut; free some space")
        self.last_seq = fact.seq
        if durable:
            self.sync()

    def sync(self) -> None:
        """Wait until every fact would survive a loss of power.

        Raises:
            JournalFull: this cannot be promised, and cannot be tried again; the writer is of no more use.
        """
        try:
            os.fdatasync(self._descriptor)
        except OSError as error:
            raise self._poisoned(f"cannot be made durable: {error.strerror}") from error

    def close(self) -> None:
        """Make everything durable and give the lock back. May be called twice.

        Raises:
            JournalFull: not everything is durable, which no earlier call has told; the lock is given back all the same.
        """
        if self._descriptor < 0:
            return
        try:
            if not self._broken:
                self.sync()
        finally:
            os.close(self._descriptor)
            self._descriptor = -1
            self._broken = True

    def _poisoned(self, reason: str) -> JournalFull:
        self._broken = True
        return JournalFull(reason, place=Place(self.file))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_journal(file: Path) -> Iterator[Fact]:
    """Yield the facts of a journal in order; a torn last line is left out.

    Raises:
        MalformedDocument: a line is not a fact, or not the next one, with its line number.
        FileNotFoundError: there is no such journal.
    """
    for number, line, is_last in _lines(file):
        if is_last and _is_torn_line(line):
            return
        fact = _parse(line, number, file)
        if fact.seq != number:
            raise MalformedDocument(f"seq {fact.seq} where {number} is next", place=Place(file, line=number))
        yield fact


def is_torn(file: Path) -> bool:
    """Say whether the last line was cut: no final newline, or not JSON."""
    return any(is_last and _is_torn_line(line) for _, line, is_last in _lines(file))


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


def _lines(file: Path) -> Iterator[tuple[int, bytes, bool]]:
    """Number, text and whether it is the last, of every line."""
    with file.open("rb") as opened:
        number, held = 1, opened.readline(MAX_LINE_BYTES + 1)
        while held:
            if len(held) > MAX_LINE_BYTES:
                reason = f"a line of more than {MAX_LINE_BYTES} bytes"
                raise MalformedDocument(reason, place=Place(file, line=number))
            # What follows an unfinished line is the rest of it, just being written.
            following = opened.readline(MAX_LINE_BYTES + 1) if held.endswith(b"\n") else b""
            yield number, held, not following
            number, held = number + 1, following


def _is_torn_line(line: bytes) -> bool:
    if not line.endswith(b"\n"):
        return True
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return True
    return False


def _parse(line: bytes, number: int, file: Path) -> Fact:
    try:
        if b"NaN" in line or b"Infinity" in line:
            json.loads(line, parse_constant=_refuse_constant)
        return Fact.model_validate_json(line, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = "".join(f"/{step}" for step in first["loc"])
        raise MalformedDocument(
            f"not a fact: {first['msg']}", place=Place(file, field, line=number)
        ) from error
    except (ValueError, RecursionError) as error:
        raise MalformedDocument(f"not a fact: {error}", place=Place(file, line=number)) from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")

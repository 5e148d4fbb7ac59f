"""The append-only history of every record: one JSON line per step, readable by humans and by git (spec 2.2)."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from alloynb.intent.durable_file import Disk, RealDisk, read_plain_file, sync_folder
from alloynb.intent.errors import CannotSave, DamagedLedger
from alloynb.intent.ledger_entry import LedgerEntry
from alloynb.intent.lifecycle import TRANSITIONS
from alloynb.intent.record import GUIDING, IntentRecord
from alloynb.intent.strict_model import slug_of, timestamp_text
from runtime_artifacts.canonical import canonical_bytes, parse_json
from runtime_artifacts.errors import ArtifactError

_MAX_LEDGER_BYTES = 64 * 1024 * 1024
_BORN_WITHOUT_ENTRY = frozenset({"hypothesized", "proposed"})


@dataclass(frozen=True, slots=True)
class History:
    """All steps of one record, oldest first.

    Attributes:
        torn_bytes: length of an unfinished last line, left by a writer that died; it was never confirmed to anyone.
    """

    entries: tuple[LedgerEntry, ...]
    torn_bytes: int = 0

    @property
    def confirmed_at(self) -> datetime | None:
        """When a human last called the record still true, or stood for it by a step or an edit of accepted intent."""
        said = [
            entry.at
            for entry in self.entries
            if entry.who_kind == "human"
            and (entry.act == "confirmed" or entry.to_status == "accepted" or _is_edit(entry))
        ]
        return max(said, default=None)

    def lines(self) -> Iterator[str]:
        """Tell the history for humans, one line per step."""
        for entry in self.entries:
            step = entry.act or (
                "edited"
                if entry.from_status == entry.to_status
                else f"{entry.from_status or '·'} → {entry.to_status}"
            )
            link = f" [{entry.link}]" if entry.link else ""
            yield f"{timestamp_text(entry.at)}  {step}{link}  {entry.who} ({entry.authority}): {entry.why}"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The record's file and its ledger tell different stories.

    Attributes:
        about: `status` or `content` changed by hand, or a `history` that no one can have lived through.
    """

    record_id: str
    about: Literal["status", "content", "history"]
    told: str


class Ledger:
    """The ledgers of a repository: `.alloy/ledger/intent/<slug>.jsonl`.

    Args:
        root: the `.alloy` folder.
        disk: through which bytes are written.
    """

    def __init__(self, root: Path, *, disk: Disk | None = None) -> None:
        self.folder = root / "ledger" / "intent"
        self._disk = disk or RealDisk()

    def file_of(self, record_id: str) -> Path:
        """Say where the ledger of a record lives, whether or not it exists."""
        return self.folder / f"{slug_of(record_id)}.jsonl"

    def append(self, entry: LedgerEntry) -> LedgerEntry:
        """Write one entry behind all others; when this returns, it survives a power loss.

        Two writers wait for each other. An unfinished last line of a dead writer is cut off, and the entry says so.

        Raises:
            DamagedLedger: what stands in the file cannot be read; nothing was written.
            CannotSave: the file system did not take it; the ledger is as it was.
        """
        file = self.file_of(entry.record_id)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(file, flags, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                return self._append_locked(descriptor, file, entry)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise CannotSave(f"cannot be written: {error.strerror or error}", file=file) from error

    def history(self, record_id: str) -> History:
        """Read all entries of a record; empty when it has no ledger.

        Raises:
            DamagedLedger: a line other than a torn last one cannot be read, with file and line.
        """
        file = self.file_of(record_id)
        try:
            content, _ = read_plain_file(file, _MAX_LEDGER_BYTES)
        except FileNotFoundError:
            return History(())
        return _parse(content, file)

    def examine(self, record: IntentRecord) -> tuple[Disagreement, ...]:
        """Compare a record's file with its ledger; empty when they agree.

        A status that was changed by hand, guiding content that was edited since somebody stood for it, and a history
        with a gap or an impossible step are told. A draft without any entry is fine: a human just wrote the file.

        Raises:
            DamagedLedger: the ledger cannot be read.
        """
        entries = self.history(record.id).entries
        if not entries:
            if record.status in _BORN_WITHOUT_ENTRY:
                return ()
            told = f"the file says {record.status}, but the ledger knows of no step at all"
            return (Disagreement(record.id, "status", told),)
        return (*_impossible_steps(record.id, entries), *_changed_by_hand(record, entries[-1]))

    def _append_locked(self, descriptor: int, file: Path, entry: LedgerEntry) -> LedgerEntry:
        size = os.fstat(descriptor).st_size
        content = os.pread(descriptor, size, 0)
        torn = _parse(content, file).torn_bytes
        if torn:
            size -= torn
            os.ftruncate(descriptor, size)
            entry = entry.model_copy(update={"torn_bytes": torn})
        glue = b"\n" if size and content[size - 1 : size] != b"\n" else b""
        line = (
            glue
            + canonical_bytes(entry.model_dump(mode="json", by_alias=True, exclude_defaults=True))
            + b"\n"
        )
        try:
            if self._disk.write(descriptor, line) != len(line):
                raise OSError(0, "only a part of the line was taken")
            self._disk.fsync(descriptor)
            if size == 0:
                sync_folder(self.folder, self._disk)
        except OSError:
            os.ftruncate(descriptor, size)
            if size == 0:
                file.unlink(missing_ok=True)
            raise
        return entry


def _is_edit(entry: LedgerEntry) -> bool:
    return entry.from_status == entry.to_status and entry.to_status in GUIDING


def _parse(content: bytes, file: Path) -> History:
    entries: list[LedgerEntry] = []
    lines = content.split(b"\n")
    last = len(lines) - 1 if lines[-1] else len(lines) - 2
    for index in range(last + 1):
        try:
            parse_json(lines[index])
            entries.append(LedgerEntry.model_validate_json(lines[index], strict=True))
        except (ArtifactError, ValidationError) as error:
            if index == last:
                return History(
                    tuple(entries), sum(len(line) for line in lines[index:]) + len(lines) - 1 - index
                )
            told = "a line that is not a ledger entry (a merge that was not finished?)"
            raise DamagedLedger(told, file=file, line=index + 1, next_step="restore it from git") from error
    return History(tuple(entries))


def _impossible_steps(record_id: str, entries: tuple[LedgerEntry, ...]) -> Iterator[Disagreement]:
    before = None
    for entry in entries:
        step = f"{entry.from_status or 'nothing'} → {entry.to_status} ({entry.entry_id})"
        if entry.record_id != record_id:
            yield Disagreement(record_id, "history", f"{step} is about {entry.record_id}")
        elif entry.from_status != before and not (
            before is None and entry.from_status in _BORN_WITHOUT_ENTRY
        ):
            yield Disagreement(record_id, "history", f"{step} does not follow {before or 'nothing'}")
        elif entry.from_status != entry.to_status:
            rule = TRANSITIONS.get((entry.from_status, entry.to_status))
            if rule is None or entry.who_kind not in rule.who:
                yield Disagreement(
                    record_id, "history", f"{step} by a {entry.who_kind} is no step of the lifecycle"
                )
        before = entry.to_status


def _changed_by_hand(record: IntentRecord, last: LedgerEntry) -> Iterator[Disagreement]:
    since = f"{last.who} on {timestamp_text(last.at)[:10]}"
    if record.status != last.to_status:
        told = f"the file says {record.status}, the ledger says {last.to_status} (by {since})"
        yield Disagreement(record.id, "status", told)
    elif record.status in GUIDING and record.content_digest() != last.record_digest:
        told = f"the content was changed by hand since {since} stood for it"
        yield Disagreement(record.id, "content", told)

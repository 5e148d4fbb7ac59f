"""Alloy's own facts: one journal for each session that writes (spec 6.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from alloynb.evidence.errors import WriteRefused
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.identity import ULID_PATTERN
from runtime_artifacts.journal import Fact, JournalWriter

_UNIQUE_ID = re.compile(rf"fact_{ULID_PATTERN}")


class EvidenceSession:
    """Appends facts to a journal of its own, which is created with the first fact. Use as a context manager.

    A fact with an id that was made for it (`fact_` and a ULID) is new. A fact whose id follows from what it says,
    such as `run_result/sha256:…`, may have been recorded before, by anybody: then it is passed over. Not for several
    threads.
    """

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], datetime],
        known: Callable[[Collection[str]], set[str]],
        alone: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """Prepare a session; `Warehouse.session` is the usual way.

        Args:
            folder: where the journal is created, under a name that sorts by the time of its first fact.
            known: says which of these fact ids the store holds.
            alone: context in which no other session looks for known ids and writes.
        """
        self._folder = folder
        self._clock = clock
        self._known = known
        self._alone = alone
        self._writer: JournalWriter | None = None
        self._written: set[str] = set()
        self._closed = False

    def record(self, facts: Iterable[Fact], *, durable: bool = True) -> list[Fact]:
        """Append those facts that the store does not hold yet, each with its place and time of writing.

        When this returns, every new query sees them.

        Args:
            facts: `seq` and `recorded_at` are set here.
            durable: also wait until they would survive a loss of power.

        Returns:
            The facts that were written, in order.

        Raises:
            JournalFull: the disk is full; a part of them may be written.
            StoreBusy: another process is ingesting for too long.
            WriteRefused: the session is closed.
        """
        if self._closed:
            raise WriteRefused("the session is closed", next_step="begin a new one")
        fresh = list({fact.fact_id: fact for fact in facts if fact.fact_id not in self._written}.values())
        if all(_UNIQUE_ID.fullmatch(fact.fact_id) for fact in fresh):
            return self._append(fresh, durable)
        with self._alone():
            held = self._known([fact.fact_id for fact in fresh if not _UNIQUE_ID.fullmatch(fact.fact_id)])
            return self._append([fact for fact in fresh if fact.fact_id not in held], durable)

    def close(self) -> None:
        """End the journal; the next fold seals it. May be called twice."""
        self._closed = True
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _append(self, facts: list[Fact], durable: bool) -> list[Fact]:
        from ulid import ULID

        written = []
        for fact in facts:
            if self._writer is None:
                self._writer = JournalWriter(self._folder / f"{ULID()}.jsonl")
            placed = fact.model_copy(
                update={"seq": self._writer.last_seq + 1, "recorded_at": format_timestamp(self._clock())}
            )
            self._writer.append(placed)
            self._written.add(fact.fact_id)
            written.append(placed)
        if durable and self._writer is not None and written:
            self._writer.sync()
        return written

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

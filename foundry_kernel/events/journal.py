"""The journal of one run: facts with the run's context, written before they are acted on (spec 4.4).

One file per attempt (`0001.jsonl`, `0002.jsonl`, …): a torn file is never written to again, a resume begins the next.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from foundry_kernel.events.event import trace_id_of
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.journal import Fact, JournalWriter, read_journal

Clock = Callable[[], datetime]
Listener = Callable[[Fact], None]
Redact = Callable[[str], str]

_ATTEMPT_FILE = re.compile(r"(\d{4})\.jsonl")

DURABLE_KINDS = frozenset(
    {
        "run_started",
        "run_resumed",
        "block_finished",
        "gate_finished",
        "event",
        "cancel_requested",
        "run_finished",
    }
)
"""Facts that survive a loss of power before anything acts on them; a mutator's `block_started` does too."""


@dataclass(frozen=True)
class RunIdentity:
    """What every fact of a run carries (spec 3.7).

    Attributes:
        attempt: 1 for the first; a resumed run goes on with the next number.
        revision: of the repository, before the run.
        idempotency_key: of the request; stands in the run's first line and in its commits.
    """

    run_id: str
    project_id: str
    attempt: int = 1
    request_id: str | None = None
    brief_id: str | None = None
    brief_digest: str | None = None
    correlation_id: str | None = None
    runner_id: str | None = None
    revision: str | None = None
    trace_id: str = ""
    idempotency_key: str | None = None

    def __post_init__(self) -> None:
        if not self.trace_id:
            object.__setattr__(self, "trace_id", trace_id_of(self.run_id))


class RunJournal:
    """Writes the facts of one attempt and tells listeners. Use as a context manager, from one thread."""

    def __init__(
        self, folder: Path, identity: RunIdentity, clock: Clock, *, redact: Redact = lambda text: text
    ) -> None:
        """Begin the journal of `identity.attempt` in `folder`.

        Args:
            redact: replaces secrets in a text; applied to every text of summary and payload.

        Raises:
            JournalTaken: this attempt has a journal.
        """
        self.identity = identity
        self.folder = folder
        self._clock = clock
        self._redact = redact
        self._writer = JournalWriter(folder / f"{identity.attempt:04d}.jsonl")
        self._listeners: list[Listener] = []
        self.listener_errors: list[str] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every fact from now on, after it was written. Returns a call that ends it.

        A listener that raises is not called again; `listener_errors` says why. The run goes on.
        """
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end

    def add(self, kind: str, *, durable: bool | None = None, **columns: Any) -> Fact:
        """Write one fact.

        Args:
            durable: wait until it would survive a loss of power; by default what `DURABLE_KINDS` says.
            columns: fields of `Fact`; the run's context is filled in, and may be overridden.

        Raises:
            JournalFull: it was not written, and must not be acted on.
            InvalidContent: longer than a journal's line may be.
        """
        who = self.identity
        seq = self._writer.last_seq + 1
        fields: dict[str, Any] = {
            "fact_id": f"{who.run_id}/{who.attempt:04d}/{seq:06d}",
            "kind": kind,
            "seq": seq,
            "recorded_at": format_timestamp(self._clock()),
            "project_id": who.project_id,
            "run_id": who.run_id,
            "request_id": who.request_id,
            "brief_id": who.brief_id,
            "brief_digest": who.brief_digest,
            "attempt": who.attempt,
            "trace_id": who.trace_id,
            "correlation_id": who.correlation_id,
            "runner_id": who.runner_id,
            "revision": who.revision,
        }
        fields.update({name: value for name, value in columns.items() if value is not None})
        for name in ("summary", "payload"):
            if name in fields:
                fields[name] = self.redacted(fields[name])
        fact = Fact.model_validate(fields)
        self._writer.append(fact, durable=kind in DURABLE_KINDS if durable is None else durable)
        self._tell(fact)
        return fact

    def sync(self) -> None:
        """Wait until every fact would survive a loss of power."""
        self._writer.sync()

    def redacted(self, value: Any) -> Any:
        """Replace secrets in every text of a JSON value."""
        if isinstance(value, str):
            return self._redact(value)
        if isinstance(value, dict):
            return {key: self.redacted(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.redacted(each) for each in value]
        return value

    def close(self) -> None:
        """Make everything durable and let go of the file. May be called twice."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _tell(self, fact: Fact) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(fact)
            except Exception as error:  # noqa: BLE001 - a display that breaks must not break the run
                self._listeners.remove(listener)
                self.listener_errors.append(f"{type(error).__name__}: {error}")


def attempts_in(folder: Path) -> tuple[int, ...]:
    """Numbers of the attempts that have a journal, in order."""
    if not folder.is_dir():
        return ()
    found = (_ATTEMPT_FILE.fullmatch(each.name) for each in folder.iterdir())
    return tuple(sorted(int(each[1]) for each in found if each))


def read_run(folder: Path) -> Iterator[Fact]:
    """Yield the facts of all attempts at a run, in order; a torn end of an attempt is left out.

    Raises:
        MalformedDocument: a line before the last of its file is not a fact.
    """
    for attempt in attempts_in(folder):
        yield from read_journal(folder / f"{attempt:04d}.jsonl")

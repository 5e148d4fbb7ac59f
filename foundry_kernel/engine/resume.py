"""What the journal of earlier attempts says about a run (spec 4.4).

Finished executions are not repeated, what they emitted is delivered again. An observer that had begun without a
recorded end runs again. A mutator that had begun is not repeated: the run stops and asks a human. Only one that says
that it is repeatable runs again, because the repository decides by the key that it happens once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from foundry_kernel.engine.errors import NotTheSameRun
from foundry_kernel.engine.outcome import Outcome
from foundry_kernel.engine.throttle import BlockKind
from foundry_kernel.events.event import Event, event_id_of
from runtime_artifacts.journal import Fact
from runtime_artifacts.run_result import RunError

Key = tuple[str, str]
"""Span id of the event worked on, and name of the block: one execution, over all its tries."""


@dataclass(frozen=True)
class FinishedExecution:
    """An execution with a recorded end.

    Attributes:
        status: `completed`, `failed`, `simulated` or `interrupted`.
        events: what it emitted, whether or not each was recorded as an event of its own.
    """

    status: str
    span_id: str
    events: tuple[Event, ...] = ()
    error: RunError | None = None


@dataclass(frozen=True)
class BegunExecution:
    """An execution that had begun, and has no recorded end."""

    kind: BlockKind
    span_id: str
    attempt: int


@dataclass(frozen=True)
class ResumeState:
    """What earlier attempts did.

    Attributes:
        entry: the event that the run began with; None when it had not begun.
        failed_tries: tries that failed with another to come, by execution.
        event_spans: span ids of the events that stand in the journal.
        cancelled: reason of a cancellation, None when there was none.
        outcome: set when the run had come to its end: nothing is left to do.
    """

    attempts: int = 0
    entry: Event | None = None
    registry_digest: str = ""
    finished: Mapping[Key, FinishedExecution] = field(default_factory=dict)
    begun: Mapping[Key, BegunExecution] = field(default_factory=dict)
    failed_tries: Mapping[Key, int] = field(default_factory=dict)
    event_spans: frozenset[str] = frozenset()
    cancelled: str | None = None
    outcome: Outcome | None = None


def rebuild(facts: Iterable[Fact]) -> ResumeState:
    """Read the facts of all earlier attempts, in order, see `events.journal.read_run`.

    Raises:
        NotTheSameRun: the journal holds something that this version did not write, or an event was changed.
    """
    entry: Event | None = None
    registry_digest = ""
    attempts = 0
    finished: dict[Key, FinishedExecution] = {}
    begun: dict[Key, BegunExecution] = {}
    failed_tries: dict[Key, int] = {}
    spans: set[str] = set()
    cancelled: str | None = None
    outcome: Outcome | None = None
    for fact in facts:
        attempts = max(attempts, fact.attempt or 1)
        match fact.kind:
            case "run_started":
                entry = _event(fact.payload.get("entry"), fact)
                registry_digest = str(fact.payload.get("registry_digest", ""))
            case "event":
                spans.add(fact.span_id or "")
            case "block_started":
                kind: BlockKind = "mutator" if fact.block_kind == "mutator" else "observer"
                begun[_key(fact)] = BegunExecution(kind, fact.span_id or "", fact.attempt or 1)
            case "block_finished":
                begun.pop(_key(fact), None)
                if fact.payload.get("will_retry"):
                    failed_tries[_key(fact)] = int(fact.payload["try"])
                else:
                    finished[_key(fact)] = _finished(fact)
            case "cancel_requested":
                cancelled = fact.summary or "cancelled"
            case "run_finished":
                outcome = Outcome.from_json(fact.payload)
            case _:
                pass
    return ResumeState(
        attempts, entry, registry_digest, finished, begun, failed_tries, frozenset(spans), cancelled, outcome
    )


def _key(fact: Fact) -> Key:
    return fact.parent_span_id or "", fact.block or ""


def _finished(fact: Fact) -> FinishedExecution:
    error = fact.payload.get("error")
    return FinishedExecution(
        status=fact.status or "",
        span_id=fact.span_id or "",
        events=tuple(_event(each, fact) for each in fact.payload.get("emitted", ())),
        error=RunError.model_validate(error) if error else None,
    )


def _event(said: Any, fact: Fact) -> Event:
    try:
        event = Event.model_validate(said)
    except ValidationError as error:
        raise NotTheSameRun(
            f"{fact.fact_id}: not an event: {error.errors(include_url=False)[0]['msg']}"
        ) from error
    if event.id != event_id_of(event.event_type, event.project, event.occurred_at, event.payload):
        raise NotTheSameRun(
            f"{fact.fact_id}: event {event.id[:12]}… is not what it was when it was recorded",
            next_step="the journal was edited; start a new run",
        )
    return event

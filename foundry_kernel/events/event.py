"""Events: immutable facts with ids that follow from what they say and where they stand (spec 4.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from runtime_artifacts.canonical import canonical_bytes
from runtime_artifacts.envelope import Throttle, Timestamp, format_timestamp
from runtime_artifacts.journal import Fact

_TRACE_ID_DIGITS = 32
_SPAN_ID_DIGITS = 16


class Cause(BaseModel):
    """What caused an event: another event, through one execution of a block."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_id: str
    span_id: str


class Event(BaseModel):
    """One fact. It never says what comes next.

    Attributes:
        id: `evt_` and 64 hex digits, see `event_id_of`; the same content always has the same id.
        trace_id: 32 hex digits, one per run (W3C trace context).
        span_id: 16 hex digits; names the *place* in the run, so that two events of the same content stay apart.
        caused_by: None for an entry event.
        simulated: stands for what a mutator would have done; the payload then says `dry_run: true`.
        delivered: False when the throttle held the event back: it is recorded, and nothing acts on it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^evt_[0-9a-f]{64}$")
    event_type: str
    project: str
    occurred_at: Timestamp
    recorded_at: Timestamp
    throttle: Throttle
    payload: dict[str, Any]
    trace_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    span_id: str = Field(pattern=r"^[0-9a-f]{16}$")
    caused_by: Cause | None = None
    simulated: bool = False
    delivered: bool = True


def event_id_of(event_type: str, project: str, occurred_at: str, payload: Mapping[str, Any]) -> str:
    """Name an event by the SHA-256 of the RFC 8785 form of what it says.

    Raises:
        InvalidContent: the payload holds something that canonical JSON cannot say.
    """
    said = {
        "event_type": event_type,
        "project": project,
        "occurred_at": occurred_at,
        "payload": dict(payload),
    }
    return "evt_" + hashlib.sha256(canonical_bytes(said)).hexdigest()


def trace_id_of(run_id: str) -> str:
    """Derive a run's trace id; every attempt at the run has the same."""
    return _hex_of("trace", run_id)[:_TRACE_ID_DIGITS]


def event_span_of(run_id: str, cause_span_id: str | None, position: int) -> str:
    """Derive the span id of an event from its place: the execution that emitted it, and its position there.

    Neither time nor attempt is part of it, so a resumed run finds the same places again.

    Args:
        cause_span_id: span of the block execution; None for the entry event.
        position: 0 for the first event that the execution emitted.
    """
    return _hex_of("event", run_id, cause_span_id or "entry", str(position))[:_SPAN_ID_DIGITS]


def block_span_of(run_id: str, event_span_id: str, block: str, try_number: int) -> str:
    """Derive the span id of one try of one block on one event."""
    return _hex_of("block", run_id, event_span_id, block, str(try_number))[:_SPAN_ID_DIGITS]


def entry_event(
    run_id: str,
    event_type: str,
    project: str,
    *,
    throttle: Throttle,
    payload: Mapping[str, Any],
    occurred_at: datetime,
    trace_id: str | None = None,
) -> Event:
    """Make the event that a run begins with.

    Args:
        payload: as `Catalogue.check_entry` returned it.
        occurred_at: aware time.
        trace_id: of the caller's trace, if the run belongs to one.

    Raises:
        InvalidContent: the payload holds something that canonical JSON cannot say.
    """
    at = format_timestamp(occurred_at)
    return Event(
        id=event_id_of(event_type, project, at, payload),
        event_type=event_type,
        project=project,
        occurred_at=at,
        recorded_at=at,
        throttle=throttle,
        payload=dict(payload),
        trace_id=trace_id or trace_id_of(run_id),
        span_id=event_span_of(run_id, None, 0),
    )


def caused_event(
    run_id: str,
    cause: Event,
    block_span_id: str,
    position: int,
    *,
    event_type: str,
    payload: Mapping[str, Any],
    occurred_at: str,
    simulated: bool = False,
    delivered: bool = True,
    project: str | None = None,
) -> Event:
    """Make an event that a block emitted while it worked on `cause`; throttle and trace are inherited.

    Args:
        position: 0 for the first event of this execution.
        occurred_at: RFC 3339; on resume the one from the journal, never a new one.
        project: another project than the cause's, when the block fans out.
    """
    about = project or cause.project
    return Event(
        id=event_id_of(event_type, about, occurred_at, payload),
        event_type=event_type,
        project=about,
        occurred_at=occurred_at,
        recorded_at=occurred_at,
        throttle=cause.throttle,
        payload=dict(payload),
        trace_id=cause.trace_id,
        span_id=event_span_of(run_id, block_span_id, position),
        caused_by=Cause(event_id=cause.id, span_id=block_span_id),
        simulated=simulated,
        delivered=delivered,
    )


def columns_of(event: Event) -> dict[str, Any]:
    """Columns of the journal line that records an event."""
    cause = event.caused_by
    return {
        "event_id": event.id,
        "event_type": event.event_type,
        "project_id": event.project,
        "occurred_at": event.occurred_at,
        "throttle": event.throttle,
        "trace_id": event.trace_id,
        "span_id": event.span_id,
        "parent_span_id": cause.span_id if cause else None,
        "caused_by": cause.event_id if cause else None,
        "simulated": event.simulated,
        "delivered": event.delivered,
        "payload": event.payload,
    }


def event_of(fact: Fact) -> Event:
    """Read an event back from its journal line.

    Raises:
        ValueError: the line does not hold a whole event.
    """
    cause = None
    if fact.caused_by is not None and fact.parent_span_id is not None:
        cause = Cause(event_id=fact.caused_by, span_id=fact.parent_span_id)
    return Event.model_validate(
        {
            "id": fact.event_id,
            "event_type": fact.event_type,
            "project": fact.project_id,
            "occurred_at": fact.occurred_at,
            "recorded_at": fact.recorded_at,
            "throttle": fact.throttle,
            "payload": fact.payload,
            "trace_id": fact.trace_id,
            "span_id": fact.span_id,
            "caused_by": cause,
            "simulated": bool(fact.simulated),
            "delivered": fact.delivered is not False,
        }
    )


def _hex_of(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()

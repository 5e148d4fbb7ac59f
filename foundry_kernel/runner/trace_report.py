"""From a journal's facts to the condensed trace (spec 3.7, 6.3). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from runtime_artifacts.envelope import Throttle, parse_timestamp
from runtime_artifacts.journal import Fact
from runtime_artifacts.trace_summary import BlockSummary, EventSummary, TraceSummary

MOST_ENTRIES = 1000
BlockStatus = Literal["completed", "failed", "simulated", "skipped", "interrupted"]
_BLOCK_STATUSES: dict[str, BlockStatus] = {
    "completed": "completed",
    "failed": "failed",
    "simulated": "simulated",
    "skipped": "skipped",
    "interrupted": "interrupted",
    "cancelled": "interrupted",
}


def trace_of(
    facts: Sequence[Fact], *, run_id: str, project_id: str, entry_event: str, throttle: Throttle
) -> TraceSummary:
    """Condense facts of every attempt into events and block executions, each once, in the order they happened.

    A block that started and has no end is `interrupted`. At most `MOST_ENTRIES` of each are kept; the counts are whole.
    """
    events = _events(facts)
    blocks = _blocks(facts)
    return TraceSummary(
        foundry_run_id=run_id,
        trace_id=next((fact.trace_id for fact in facts if fact.trace_id), ""),
        project_id=project_id,
        entry_event=entry_event,
        throttle=throttle,
        events=tuple(events[:MOST_ENTRIES]),
        blocks=tuple(blocks[:MOST_ENTRIES]),
        event_count=len(events),
        block_count=len(blocks),
        duration_ms=_span_ms(facts),
        truncated=max(len(events), len(blocks)) > MOST_ENTRIES,
    )


def _events(facts: Sequence[Fact]) -> list[EventSummary]:
    found: dict[str, EventSummary] = {}
    for fact in facts:
        if fact.kind == "event" and fact.event_id and fact.span_id and fact.span_id not in found:
            found[fact.span_id] = EventSummary(
                event_id=fact.event_id,
                event_type=fact.event_type or "",
                occurred_at=fact.occurred_at or fact.recorded_at,
                caused_by=fact.caused_by,
                span_id=fact.span_id,
                simulated=bool(fact.simulated),
                delivered=fact.delivered is not False,
            )
    return list(found.values())


def _blocks(facts: Sequence[Fact]) -> list[BlockSummary]:
    found: dict[str, BlockSummary] = {}
    for fact in facts:
        if fact.kind not in {"block_started", "block_finished"} or not fact.block:
            continue
        key = fact.span_id or fact.fact_id
        started = found.get(key)
        finished = fact.kind == "block_finished"
        found[key] = BlockSummary(
            block=fact.block,
            kind="mutator" if fact.block_kind == "mutator" else "observer",
            span_id=fact.span_id or "",
            trigger_event_id=fact.event_id or "",
            status=_BLOCK_STATUSES.get(fact.status or "", "failed") if finished else "interrupted",
            started_at=started.started_at if finished and started else fact.occurred_at or fact.recorded_at,
            duration_ms=fact.duration_ms or 0,
            emitted_event_ids=tuple(each["id"] for each in fact.payload.get("emitted", ())),
            summary=fact.summary or "",
        )
    return list(found.values())


def _span_ms(facts: Sequence[Fact]) -> float:
    """Milliseconds that the attempts took; the time between two attempts is nobody's."""
    spans: dict[int, tuple[str, str]] = {}
    for fact in facts:
        first, _ = spans.get(fact.attempt or 1, (fact.recorded_at, ""))
        spans[fact.attempt or 1] = (first, fact.recorded_at)
    return sum(
        max(0.0, (parse_timestamp(last) - parse_timestamp(first)).total_seconds() * 1000)
        for first, last in spans.values()
    )

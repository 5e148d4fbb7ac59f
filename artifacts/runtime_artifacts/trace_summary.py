"""Trace Summary: the condensed trace of one run (spec 3.7, 6.3)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from runtime_artifacts.content import Content, Throttle, Timestamp
from runtime_artifacts.envelope import Kind


class EventSummary(Content):
    """One event: what happened, what caused it, whether it was simulated or held back."""

    event_id: str
    event_type: str
    occurred_at: Timestamp
    caused_by: str | None = None
    span_id: str
    simulated: bool = False
    delivered: bool = True


class BlockSummary(Content):
    """One block execution."""

    block: str
    kind: Literal["observer", "mutator"]
    span_id: str
    trigger_event_id: str
    status: Literal["completed", "failed", "simulated", "skipped", "interrupted"]
    started_at: Timestamp
    duration_ms: float = Field(ge=0)
    emitted_event_ids: tuple[str, ...] = ()
    summary: str = ""


class TraceSummary(Content):
    """Content of `foundry.trace_summary.v1`; also stands inside a run result."""

    foundry_run_id: str
    trace_id: str
    project_id: str
    entry_event: str
    throttle: Throttle
    events: tuple[EventSummary, ...] = ()
    blocks: tuple[BlockSummary, ...] = ()
    event_count: int = Field(default=0, ge=0)
    block_count: int = Field(default=0, ge=0)
    duration_ms: float = Field(default=0, ge=0)
    truncated: bool = False


TRACE_SUMMARY = Kind("foundry.trace_summary", "trace", TraceSummary)

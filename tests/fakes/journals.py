"""Journals of runs as Foundry would write them, without Foundry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.journal import Fact, JournalWriter

BEGAN = datetime(2027, 1, 11, 9, 0, tzinfo=UTC)
RUN_ID = "run_01M81QTV5579ZCCNEY1728YCR0"


@dataclass
class WrittenRun:
    """Facts of one run, one after the other, each 10 ms after the last unless told otherwise.

    Attributes:
        at_ms: milliseconds after `BEGAN` of the next fact.
    """

    run_id: str = RUN_ID
    attempt: int = 1
    at_ms: float = 0.0
    facts: list[Fact] = field(default_factory=list)

    def add(self, kind: str, *, took_ms: float = 10.0, **columns: Any) -> Fact:
        """Write one more."""
        number = len(self.facts) + 1
        fact = Fact(
            fact_id=f"{self.run_id}/{self.attempt:04d}/{number:06d}",
            kind=kind,
            seq=number,
            recorded_at=format_timestamp(BEGAN + timedelta(milliseconds=self.at_ms)),
            project_id="shop",
            run_id=self.run_id,
            attempt=self.attempt,
            **columns,
        )
        self.at_ms += took_ms
        self.facts.append(fact)
        return fact

    def event(self, span: str, name: str, above: str | None = None, **columns: Any) -> Fact:
        """An event, emitted by the block of another span."""
        return self.add("event", span_id=span, parent_span_id=above, event_type=name, **columns)

    def block(self, span: str, name: str, above: str, **columns: Any) -> Fact:
        """The start of a block."""
        return self.add("block_started", span_id=span, parent_span_id=above, block=name, **columns)

    def block_ends(self, span: str, name: str, above: str, status: str = "completed", **columns: Any) -> Fact:
        """Its end."""
        return self.add(
            "block_finished", span_id=span, parent_span_id=above, block=name, status=status, **columns
        )

    def gate(self, name: str, above: str, status: str | None = None, **columns: Any) -> Fact:
        """The start of a gate, or its end when there is a status."""
        kind = "gate_finished" if status else "gate_started"
        return self.add(
            kind,
            gate=name,
            phase="preflight",
            span_id=f"span-{name}",
            parent_span_id=above,
            status=status,
            **columns,
        )

    def validation(self, *gates: tuple[str, str]) -> WrittenRun:
        """A whole run of gates, each with what it says."""
        self.add("run_started", event_type="validation_requested", throttle="dry_run", revision="0123abcd")
        self.event("e1", "validation_requested")
        self.block("b1", "run_preflight", "e1", block_kind="observer")
        for name, _ in gates:
            self.gate(name, "b1")
        for name, status in gates:
            self.gate(name, "b1", status, duration_ms=12.0)
        self.block_ends("b1", "run_preflight", "e1", duration_ms=40.0, summary="gates were asked")
        self.event("e2", "preflight_completed", "b1")
        bad = any(status != "passed" for _, status in gates)
        self.add(
            "run_finished", status="completed_with_findings" if bad else "completed", summary="all was said"
        )
        return self

    def save(self, runs: Path) -> Path:
        """Lay it where Foundry would; returns the folder of the run."""
        with self.writer(runs) as writer:
            for fact in self.facts:
                writer.append(fact)
        return runs / self.run_id

    def writer(self, runs: Path) -> JournalWriter:
        """Begin the journal, and hold its lock."""
        return JournalWriter(runs / self.run_id / "journal" / f"{self.attempt:04d}.jsonl")


def long_run(events: int, *, run_id: str = RUN_ID) -> Iterator[Fact]:
    """Facts of a run with many events: each with one block, every tenth block with a gate."""
    run = WrittenRun(run_id)
    run.add("run_started", event_type="validation_requested", throttle="dry_run")
    run.event("e0", "validation_requested")
    for number in range(1, events):
        above = f"e{(number - 1) // 8}"
        span = f"b{number}"
        run.block(span, f"block_{number % 7}", above, block_kind="observer")
        if number % 10 == 0:
            run.gate(f"gate-{number}", span)
            run.gate(f"gate-{number}", span, "failed" if number % 370 == 0 else "passed", duration_ms=3.0)
        status = "failed" if number % 990 == 0 else "completed"
        run.block_ends(span, f"block_{number % 7}", above, status, duration_ms=8.0, summary=f"did {number}")
        run.event(f"e{number}", f"thing_{number % 5}_completed", span)
    run.add("run_finished", status="completed", summary="all done")
    yield from run.facts

"""The progress tree grows with the journal, and a display of it does not flood."""

from __future__ import annotations

from itertools import count
from typing import Any

from foundry_kernel.kernel.live import LiveTree
from foundry_kernel.kernel.progress import ProgressTree, line_of
from runtime_artifacts.journal import Fact

_SEQ = count(1)


def fact(kind: str, **columns: Any) -> Fact:
    seq = next(_SEQ)
    return Fact(fact_id=str(seq), kind=kind, seq=seq, recorded_at="2026-11-22T12:00:00Z", **columns)


def chain() -> list[Fact]:
    return [
        fact("run_started"),
        fact("event", event_id="evt_a", event_type="validation_requested", span_id="e1"),
        fact("block_started", block="run_preflight", span_id="b1", parent_span_id="e1"),
        fact("gate_started", gate="tests", phase="preflight", span_id="g1", parent_span_id="b1"),
        fact(
            "gate_finished",
            gate="tests",
            phase="preflight",
            span_id="g1",
            parent_span_id="b1",
            status="failed",
            duration_ms=1500.0,
        ),
        fact(
            "block_finished",
            block="run_preflight",
            span_id="b1",
            parent_span_id="e1",
            status="completed",
            duration_ms=20.0,
            summary="0 of 1",
        ),
        fact(
            "event",
            event_id="evt_b",
            event_type="preflight_completed",
            span_id="e2",
            parent_span_id="b1",
            simulated=True,
        ),
        fact("run_finished", status="failed", summary="tests failed"),
    ]


def test_gates_stand_below_their_block_and_blocks_below_their_event() -> None:
    assert ProgressTree("run_x").add_all(chain()).text().splitlines() == [
        "✗ run_x: tests failed",
        "  · validation_requested",
        "    ✓ run_preflight (20 ms): 0 of 1",
        "      ✗ gate tests (1.5 s): not required",
        "      ≈ preflight_completed",
    ]


def test_what_runs_is_marked_as_running() -> None:
    text = ProgressTree().add_all(chain()[:4]).text()
    assert "… run_preflight" in text
    assert "… gate tests" in text


def test_the_same_facts_again_change_nothing() -> None:
    facts = chain()
    tree = ProgressTree().add_all(facts)
    before = tree.text()
    assert tree.add_all(facts).text() == before


def test_a_part_begins_at_an_event() -> None:
    part = ProgressTree().add_all(chain()).below_event("evt_b")
    assert part is not None
    assert part.text() == "≈ preflight_completed"
    assert ProgressTree().below_event("evt_z") is None


def test_names_from_a_repository_cannot_become_markup() -> None:
    tree = ProgressTree().add_all([fact("gate_started", gate="<script>alert(1)</script>")])
    assert "<script>" not in tree.html()


def test_a_line_of_a_log_stands_by_itself() -> None:
    tree = ProgressTree()
    lines = [line_of(step) for each in chain() if (step := tree.add(each)) is not None]
    assert "      … gate tests" in lines
    assert "      ✗ gate tests (1.5 s): not required" in lines


class Screen:
    """Counts what is shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def __call__(self, view: object) -> Screen:
        self.shown.append(repr(view))
        return self

    def update(self, obj: object) -> None:
        self.shown.append(repr(obj))


def test_a_storm_of_facts_is_shown_a_few_times_and_the_end_is_never_lost() -> None:
    screen = Screen()
    at = iter(number / 1000 for number in count())
    live = LiveTree(ProgressTree(), screen, now=lambda: next(at))
    for number in range(1000):
        live(fact("event", event_type=f"event_{number}", span_id=f"s{number}"))
    live.finish()
    assert len(screen.shown) < 10
    assert "event_999" in screen.shown[-1]
    live.finish()
    assert len(screen.shown) < 10, "nothing new is not shown again"

"""The progress tree grows with the journal, and a display of it does not flood."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from foundry_kernel.kernel.live import LiveTree
from foundry_kernel.kernel.progress import ProgressTree
from foundry_kernel.kernel.progress_step import duration_text, line_of
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
        "✗ run_x (failed, 0 ms): tests failed",
        "  · validation_requested",
        "    ✓ run_preflight (20 ms): 0 of 1",
        "      ✗ gate tests (failed, 1.5 s): not required",
        "  ≈ preflight_completed (simulated)",
    ]


def test_a_chain_without_forks_does_not_drift_to_the_right_and_a_fork_is_told() -> None:
    tree = ProgressTree("run_x")
    for number in range(30):
        tree.add(
            fact("event", event_type=f"event_{number}", span_id=f"e{number}", parent_span_id=f"b{number - 1}")
        )
        tree.add(
            fact("block_finished", block=f"block_{number}", span_id=f"b{number}", parent_span_id=f"e{number}")
        )
    tree.add(fact("event", event_type="left", span_id="left", parent_span_id="b29"))
    tree.add(fact("event", event_type="right", span_id="right", parent_span_id="b29"))
    lines = tree.text().splitlines()
    assert lines[-4:] == ["  · event_29", "    ✓ block_29", "      · left", "      · right"]
    assert len(lines) == 1 + 60 + 2
    drawn = tree.html()
    assert [drawn.count(f">{name}<") for name in ("event_0", "event_29", "block_7", "left")] == [1, 1, 1, 1]


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
    assert part.text() == "≈ preflight_completed (simulated)"
    assert ProgressTree().below_event("evt_z") is None


def test_an_event_id_may_be_cut_and_two_that_fit_are_both_told() -> None:
    tree = ProgressTree().add_all(chain())
    assert tree.events_like("evt_b") == ("evt_b",)
    assert tree.events_like("evt_") == ("evt_a", "evt_b")


def test_what_nobody_works_on_any_more_was_broken_off_not_running() -> None:
    tree = ProgressTree("run_x").add_all(chain()[:4]).break_off()
    assert [line.strip() for line in tree.text().splitlines()] == [
        "■ run_x (broken off)",
        "· validation_requested",
        "■ run_preflight (broken off)",
        "■ gate tests (broken off)",
    ]


def test_a_resume_goes_on_in_the_same_tree() -> None:
    tree = ProgressTree("run_x").add_all(chain()[:4])
    tree.add(fact("run_resumed", attempt=2, throttle="dry_run"))
    assert "… run_x (running, attempt 2, throttle dry run)" in tree.text()
    assert "■ gate tests (broken off)" in tree.text()


def test_what_runs_says_for_how_long() -> None:
    tree = ProgressTree().add_all(chain()[:4])
    later = datetime(2026, 11, 22, 12, 1, 5, tzinfo=UTC)
    assert "… gate tests (running, 1 min 05 s)" in tree.text(later)


def test_a_mutator_and_a_second_try_are_told_by_words() -> None:
    tree = ProgressTree()
    tree.add(fact("block_started", block="push", block_kind="mutator", span_id="b", payload={"try": 2}))
    assert "… push (running, mutator, try 2)" in tree.text()


def test_a_failure_is_told_with_its_next_step() -> None:
    tree = ProgressTree()
    error = {"message": "no charter", "next_step": "write one"}
    tree.add(fact("block_finished", block="b", span_id="b", status="failed", payload={"error": error}))
    assert "✗ b (failed): no charter; write one" in tree.text()


def test_every_outcome_is_told_in_words_to_who_sees_no_colour() -> None:
    drawn = ProgressTree("run_x").add_all(chain()).html()
    for word in ("failed", "simulated", "completed", "event"):
        assert f'aria-label="{word}"' in drawn
    assert "<style" not in drawn
    assert "<script" not in drawn
    assert "http" not in drawn


def test_a_great_fan_out_shows_its_ends_and_counts_the_rest() -> None:
    tree = ProgressTree()
    tree.add_all(fact("event", event_type=f"event_{number}", span_id=f"s{number}") for number in range(900))
    drawn = tree.html()
    assert ">event_0<" in drawn
    assert ">event_899<" in drawn
    assert "… 600 more …" in drawn
    assert len(tree.text().splitlines()) == 901, "text is never cut"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0.2, "0 ms"),
        (999.4, "999 ms"),
        (999.6, "1.0 s"),
        (59_940, "59.9 s"),
        (59_990, "1 min 00 s"),
        (4_830_000, "1 h 20 min"),
    ],
)
def test_durations_read_as_people_say_them(milliseconds: float, text: str) -> None:
    assert duration_text(milliseconds) == text


def test_names_from_a_repository_cannot_become_markup() -> None:
    tree = ProgressTree().add_all([fact("gate_started", gate="<script>alert(1)</script>")])
    assert "<script>" not in tree.html()


def test_a_line_of_a_log_stands_by_itself() -> None:
    tree = ProgressTree()
    lines = [line_of(step) for each in chain() if (step := tree.add(each)) is not None]
    assert "      … gate tests (running)" in lines
    assert "      ✗ gate tests (failed, 1.5 s): not required" in lines


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

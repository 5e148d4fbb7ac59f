"""What a run did is told from its journal alone: as a tree, while it runs and afterwards."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from shutil import rmtree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alloynb.application.follow_run import NoSuchRun, RunFollower, read_trace, running_runs
from alloynb.application.run_trace import RunTrace
from tests.fakes.alloy_workspace import Governed, governed_shop
from tests.fakes.journals import BEGAN, RUN_ID, WrittenRun, long_run


def told(trace: RunTrace) -> list[str]:
    return [
        f"{'  ' * depth}{step.kind} {step.name} {step.status}".rstrip() for depth, step in trace.laid_out()
    ]


@pytest.fixture
def governed(tmp_path: Path) -> Governed:
    return governed_shop(tmp_path / "shop")


def runs_of(governed: Governed) -> Path:
    return governed.workspace.alloy_dir / "runs"


def test_a_chain_reads_from_top_to_bottom_with_gates_below_their_block() -> None:
    trace = RunTrace(RUN_ID).add_all(WrittenRun().validation(("tests", "passed"), ("lint", "failed")).facts)

    assert told(trace) == [
        f"run {RUN_ID} completed_with_findings",
        "  event validation_requested",
        "    block run_preflight completed",
        "      gate tests passed",
        "      gate lint failed",
        "  event preflight_completed",
    ]
    assert (trace.throttle, trace.entry_event, trace.steps) == ("dry_run", "validation_requested", 5)


def test_a_fork_stays_below_the_block_that_made_it() -> None:
    run = WrittenRun()
    run.add("run_started")
    run.event("e1", "asked")
    run.block("b1", "fan_out", "e1")
    run.event("e2", "left", "b1")
    run.event("e3", "right", "b1")
    assert told(RunTrace(RUN_ID).add_all(run.facts))[2:] == [
        "    block fan_out running",
        "      event left",
        "      event right",
    ]


def test_durations_are_what_the_journal_says_or_what_lies_between() -> None:
    run = WrittenRun().validation(("tests", "passed"))
    trace = RunTrace(RUN_ID).add_all(run.facts)
    (gate,) = trace.gates()
    block = trace.find("b1")
    assert block is not None
    assert (gate.began_ms, gate.took_ms) == (30.0, 12.0)
    assert (block.began_ms, block.took_ms) == (20.0, 40.0)
    assert trace.root.took_ms == 70.0
    assert trace.moment_ms(BEGAN + timedelta(seconds=2)) == 2000.0


def test_what_throttle_held_back_or_only_played_is_said() -> None:
    run = WrittenRun()
    run.add("run_started")
    run.event("e1", "asked")
    run.block("b1", "commit_changes", "e1", block_kind="mutator")
    run.block_ends("b1", "commit_changes", "e1", "simulated", duration_ms=99.0)
    run.event("e2", "committed", "b1", simulated=True, delivered=False)
    trace = RunTrace(RUN_ID).add_all(run.facts)
    block, event = trace.find("b1"), trace.find("e2")
    assert block is not None
    assert event is not None
    assert (block.status, block.took_ms, block.tags) == ("simulated", 0.0, ("mutator",))
    assert (event.status, event.tags) == ("simulated", ("held back",))


def test_a_run_that_was_taken_up_again_is_one_trace_without_the_pause(tmp_path: Path) -> None:
    first = WrittenRun()
    first.add("run_started")
    first.event("e1", "asked")
    first.block("b1", "run_preflight", "e1")
    first.save(tmp_path)
    second = WrittenRun(attempt=2, at_ms=3_600_000)
    second.add("run_resumed")
    second.block("b2", "run_preflight", "e1")
    second.block_ends("b2", "run_preflight", "e1")
    second.add("run_finished", status="completed")
    follower = RunFollower(second.save(tmp_path))
    assert follower.look()
    trace = follower.trace
    assert told(trace)[2:] == ["    block run_preflight broken off", "    block run_preflight completed"]
    assert trace.root.tags == ("attempt 2",)
    assert trace.root.took_ms is not None
    assert trace.root.took_ms < 100, "an hour of waiting is no part of it"


def test_a_follower_sees_the_tree_grow_and_tells_life_from_death(tmp_path: Path) -> None:
    run = WrittenRun()
    follower = RunFollower(tmp_path / RUN_ID)
    assert (follower.look(), follower.is_alive) == (False, False)
    run.validation(("tests", "passed"))
    with run.writer(tmp_path) as writer:
        for fact in run.facts[:4]:
            writer.append(fact)
        assert follower.look()
        assert told(follower.trace)[-1] == "      gate tests running"
        assert (follower.look(), follower.is_alive) == (False, True)
        writer.append(run.facts[4])
        assert follower.look()
        assert told(follower.trace)[-1] == "      gate tests passed"
    assert follower.look(), "its writer is gone, and the run has no end"
    assert told(follower.trace)[:3] == [
        f"run {RUN_ID} broken off",
        "  event validation_requested",
        "    block run_preflight broken off",
    ]
    assert not follower.look()


def test_half_a_line_is_waited_for_and_a_line_that_is_no_fact_is_passed_over(tmp_path: Path) -> None:
    run = WrittenRun().validation(("tests", "passed"))
    folder = run.save(tmp_path)
    file = folder / "journal" / "0001.jsonl"
    whole = file.read_bytes()
    file.write_bytes(b"{no fact}\n" + whole[:-40])
    follower = RunFollower(folder)
    follower.look()
    assert follower.trace.root.status == "broken off"
    file.write_bytes(b"{no fact}\n" + whole)
    assert follower.look()
    assert (
        follower.trace.root.status == "completed_with_findings" or follower.trace.root.status == "completed"
    )


def test_a_trace_is_found_by_the_beginning_of_its_id_and_the_newest_without(governed: Governed) -> None:
    other = "run_01M81ZZZZZZZZZZZZZZZZZZZZZ"
    for run_id in (RUN_ID, other):
        WrittenRun(run_id).validation().save(runs_of(governed))
    assert read_trace(governed.workspace).run_id == other
    assert read_trace(governed.workspace, RUN_ID[:12]).run_id == RUN_ID
    with pytest.raises(NoSuchRun, match="any of 2"):
        read_trace(governed.workspace, "run_")
    with pytest.raises(NoSuchRun, match="no run run_9"):
        read_trace(governed.workspace, "run_9")


def test_a_trace_without_a_journal_here_is_read_from_the_store(governed: Governed) -> None:
    run = WrittenRun().validation(("tests", "failed"))
    folder = run.save(runs_of(governed))
    before = told(read_trace(governed.workspace))
    governed.workspace.warehouse.fold()
    rmtree(folder)
    assert told(read_trace(governed.workspace, RUN_ID)) == before


def test_runs_that_are_worked_on_are_named(governed: Governed) -> None:
    run = WrittenRun().validation()
    with run.writer(runs_of(governed)):
        assert running_runs(governed.workspace) == (RUN_ID,)
    assert running_runs(governed.workspace) == ()


@given(st.integers(2, 60))
def test_every_event_block_and_gate_is_laid_out_once(events: int) -> None:
    trace = RunTrace(RUN_ID).add_all(long_run(events))
    laid_out = [step.key for _, step in trace.laid_out()]
    assert len(laid_out) == len(set(laid_out)) == trace.steps + 1

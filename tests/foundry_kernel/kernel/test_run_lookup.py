"""Runs at a glance, and the tree that somebody means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from foundry_kernel.events.journal import RunIdentity, RunJournal
from foundry_kernel.kernel.glance import glance_at, runs_near, runs_of
from foundry_kernel.kernel.run_lookup import NoSuchEvent, NoSuchRun, find_tree, part_of, tree_of
from foundry_kernel.kernel.session_lists import history_tables

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@contextmanager
def attempt(folder: Path, number: int = 1, at: datetime = NOON) -> Iterator[RunJournal]:
    """A journal whose clock goes on by a second with every fact."""
    seconds = count()
    identity = RunIdentity(run_id=folder.name, project_id="demo", attempt=number)
    with RunJournal(folder / "journal", identity, lambda: at + timedelta(seconds=next(seconds))) as journal:
        kind = "run_started" if number == 1 else "run_resumed"
        journal.add(kind, event_type="greet_requested", throttle="dry_run")
        journal.add("event", event_type="greet_requested", event_id=f"evt_{folder.name[-1]}1", span_id="e1")
        journal.add("event", event_type="greeting_composed", event_id=f"evt_{folder.name[-1]}2", span_id="e2")
        yield journal


def finished(folder: Path, at: datetime = NOON, status: str = "completed") -> Path:
    with attempt(folder, at=at) as journal:
        journal.add("run_finished", status=status, summary="so it was")
    return folder


def test_a_finished_run_says_how_it_ended_and_how_long_it_took(tmp_path: Path) -> None:
    seen = glance_at(finished(tmp_path / "run_a", status="failed"))
    assert seen is not None
    assert (seen.status, seen.duration_ms, seen.reason) == ("failed", 3000.0, "so it was")
    assert (seen.project, seen.event, seen.throttle) == ("demo", "greet_requested", "dry_run")


def test_a_run_whose_journal_is_being_written_is_running_and_else_it_died(tmp_path: Path) -> None:
    with attempt(tmp_path / "run_a"):
        seen = glance_at(tmp_path / "run_a")
        assert seen is not None
        assert (seen.status, seen.duration_ms) == ("running", None)
    died = glance_at(tmp_path / "run_a")
    assert died is not None
    assert died.status == "died"


def test_a_resumed_run_counts_the_time_that_it_worked(tmp_path: Path) -> None:
    with attempt(tmp_path / "run_a"):
        pass
    with attempt(tmp_path / "run_a", number=2, at=NOON + timedelta(hours=5)) as journal:
        journal.add("run_finished", status="completed")
    seen = glance_at(tmp_path / "run_a")
    assert seen is not None
    assert (seen.attempts, seen.duration_ms) == (2, 5000.0)


def test_a_folder_without_a_journal_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "run_a").mkdir()
    assert glance_at(tmp_path / "run_a") is None
    assert runs_of(tmp_path) == []
    with pytest.raises(NoSuchRun, match="holds no journal"):
        tree_of(tmp_path / "run_a")


def test_the_tree_of_a_dead_run_does_not_claim_that_it_runs(tmp_path: Path) -> None:
    with attempt(tmp_path / "run_a"):
        assert "(running" in tree_of(tmp_path / "run_a").text()
    assert "■ run_a (broken off" in tree_of(tmp_path / "run_a").text()


def test_a_run_is_found_by_nothing_by_its_end_by_its_folder_and_by_an_event(tmp_path: Path) -> None:
    runs = [finished(tmp_path / "s" / "run_xa"), finished(tmp_path / "s" / "run_xb")]
    assert find_tree("", runs, tmp_path).root.name == "run_xb"
    assert find_tree("xa", runs, tmp_path).root.name == "run_xa"
    assert find_tree(str(runs[0]), [], tmp_path).root.name == "run_xa"
    assert find_tree("evt_a2", runs, tmp_path).text() == "· greeting_composed"
    with pytest.raises(NoSuchRun, match="x could be run_xb, run_xa"):
        find_tree("x", runs, tmp_path)
    with pytest.raises(NoSuchRun, match="nothing ran in this session"):
        find_tree("", [], tmp_path)
    with pytest.raises(NoSuchRun, match="no run 'zzz'"):
        find_tree("zzz", runs, tmp_path)
    with pytest.raises(NoSuchEvent, match="no run holds"):
        find_tree("evt_zz", runs, tmp_path)


def test_an_ambiguous_beginning_of_an_event_is_refused_with_what_it_could_be(tmp_path: Path) -> None:
    tree = tree_of(finished(tmp_path / "run_a"))
    with pytest.raises(NoSuchEvent, match=r"evt_a could be evt_a1…, evt_a2…; say more"):
        part_of(tree, "evt_a")
    assert part_of(tree, "evt_a1").text() == "· greet_requested"


def test_history_goes_by_day_newest_first_and_takes_in_the_workspace(tmp_path: Path) -> None:
    of_session = finished(tmp_path / "elsewhere" / "run_a", at=NOON)
    finished(tmp_path / "ws" / ".alloy" / "runs" / "run_b", at=NOON - timedelta(days=1))
    deep = tmp_path / "ws" / "notebooks"
    deep.mkdir()
    assert runs_near(deep) == tmp_path / "ws" / ".alloy" / "runs"
    tables = history_tables([of_session], deep, days=7)
    assert [each.caption for each in tables] == ["2026-11-22", "2026-11-21"]
    assert tables[0].rows[0][1:] == ("run_a", "demo", "greet_requested", "dry run", "✓ completed", "3.0 s")
    assert [each.caption for each in history_tables([of_session], deep, days=1)] == ["2026-11-22"]

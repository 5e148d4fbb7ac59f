"""`status`, `history`, `trace` and `watch` tell of every kind of run what one wants to know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from foundry_kernel.cli import main
from foundry_kernel.events.journal import RunIdentity, RunJournal
from foundry_kernel.gateways.clock import SystemClock
from foundry_kernel.runner.overview import request_lines
from runtime_artifacts.life_files import RequestLives
from runtime_artifacts.request_life import LifeStep
from tests.foundry_kernel.runner.tiny_workspace import make_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / ".alloy" / "runs").mkdir(parents=True)
    return tmp_path


def call(workspace: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--workspace", str(workspace)])


def data(result: Result) -> Any:
    return json.loads(result.stdout)["data"]


@contextmanager
def run(workspace: Path, name: str) -> Iterator[RunJournal]:
    """A run that was emitted by hand and goes on while the context lasts."""
    identity = RunIdentity(run_id=name, project_id="demo")
    folder = workspace / ".alloy" / "runs" / name / "journal"
    with RunJournal(folder, identity, SystemClock().now) as journal:
        journal.add("run_started", event_type="greet_requested", throttle="audit_only")
        journal.add("event", event_type="greet_requested", event_id="evt_aa1", span_id="e1")
        journal.add(
            "block_started", block="compose", block_kind="observer", span_id="b1", parent_span_id="e1"
        )
        yield journal


def finished(workspace: Path, name: str, status: str = "completed", summary: str = "") -> None:
    with run(workspace, name) as journal:
        journal.add("block_finished", block="compose", span_id="b1", parent_span_id="e1", status="completed")
        journal.add(
            "event", event_type="greeting_composed", event_id="evt_ab2", span_id="e2", parent_span_id="b1"
        )
        journal.add("run_finished", status=status, summary=summary)


def test_status_shows_a_run_by_hand_while_it_goes_on(workspace: Path) -> None:
    with run(workspace, "run_a"):
        shown = call(workspace, "status")
        (row,) = data(call(workspace, "status", "--json"))
    assert "running" in shown.stdout
    assert "Follow it with: foundry-kernel watch run_a" in shown.stdout
    assert (row["state"], row["run_id"], row["request_id"]) == ("running", "run_a", None)
    assert row["since_s"] >= 0
    assert call(workspace, "status").stdout.startswith("Nothing waits and nothing runs")


def test_history_says_throttle_duration_and_why_a_run_did_not_complete(workspace: Path) -> None:
    finished(workspace, "run_a")
    finished(workspace, "run_b", "stopped", "no approval\nof scope commit")
    said = call(workspace, "history").stdout
    assert "run_a  ✓ completed  demo" in said
    assert "run_b  ■ stopped" in said
    assert "audit only" in said
    assert "no approval of scope commit" in said
    rows = data(call(workspace, "history", "--json"))
    assert [row["run_id"] for row in rows] == ["run_b", "run_a"]
    assert all(row["duration_ms"] is not None and row["throttle"] == "audit_only" for row in rows)


def test_history_of_a_dead_run_says_how_to_go_on(workspace: Path) -> None:
    with run(workspace, "run_a"):
        pass
    said = call(workspace, "history").stdout
    assert "■ died" in said
    assert "Go on with: foundry-kernel resume run_a" not in said, "without a request nothing can be resumed"


def test_trace_without_a_name_is_of_the_last_run(workspace: Path) -> None:
    finished(workspace, "run_a")
    finished(workspace, "run_b")
    assert call(workspace, "trace").stdout.startswith("✓ run_b (completed, throttle audit only")


def test_trace_of_a_dead_run_says_that_it_broke_off(workspace: Path) -> None:
    with run(workspace, "run_a"):
        assert "… run_a (running" in call(workspace, "trace").stdout
    assert "■ run_a (broken off" in call(workspace, "trace").stdout


def test_trace_of_an_event_is_that_event_and_what_it_caused_in_json_too(workspace: Path) -> None:
    finished(workspace, "run_a")
    assert call(workspace, "trace", "evt_ab").stdout == "· greeting_composed\n"
    (fact,) = data(call(workspace, "trace", "evt_ab", "--json"))
    assert fact["event_type"] == "greeting_composed"
    assert len(data(call(workspace, "trace", "evt_aa", "--json"))) == 4
    ambiguous = call(workspace, "trace", "evt_a")
    assert ambiguous.exit_code == 2
    assert "could be evt_aa1…, evt_ab2…" in ambiguous.stderr


@pytest.mark.parametrize(
    ("status", "code"), [("completed", 0), ("completed_with_findings", 1), ("stopped", 3), ("cancelled", 4)]
)
def test_watch_of_a_run_by_hand_ends_with_its_outcome(workspace: Path, status: str, code: int) -> None:
    finished(workspace, "run_a", status, "so it was")
    watched = call(workspace, "watch")
    assert watched.exit_code == code
    assert watched.stdout.startswith(f"{status.replace('_', ' ')}: so it was")


def test_without_any_run_trace_and_watch_say_how_to_get_one(workspace: Path) -> None:
    for command in ("trace", "watch"):
        result = call(workspace, command)
        assert result.exit_code == 2
        assert "`foundry-kernel run REQUEST` makes one" in result.stderr


def test_a_request_that_was_cancelled_or_runs_elsewhere_does_not_wait(tmp_path: Path) -> None:
    tiny = make_workspace(tmp_path / "tiny")
    tiny.workspace.mailbox.post(tiny.request)
    lives = RequestLives(tiny.workspace.mailbox.folder)
    accepted = LifeStep(
        kind="accepted",
        at="2026-03-02T12:00:00Z",
        by="runner_1",
        lease=1,
        lease_id="lease_1",
        lease_s=30,
        run_id="run_1",
    )
    lives.add(tiny.request.id, lambda life: accepted)
    assert [each.state for each in request_lines(tiny.workspace)] == ["running elsewhere"]
    ended = LifeStep(kind="ended", at="2026-03-02T12:00:01Z", by="runner_1", lease=1, status="cancelled")
    lives.add(tiny.request.id, lambda life: ended)

    assert [each.state for each in request_lines(tiny.workspace)] == ["cancelled"]

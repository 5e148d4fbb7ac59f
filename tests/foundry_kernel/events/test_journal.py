"""A run's journal: context, order, durability, listeners, secrets (spec 4.4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundry_kernel.events.event import trace_id_of
from foundry_kernel.events.journal import RunIdentity, RunJournal, attempts_in, read_run
from foundry_kernel.gateways.secrets import Redactor
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.journal import Fact
from tests.fakes.foundry_clock import FakeClock

IDENTITY = RunIdentity("run_1", "demo", request_id="runreq_1", brief_id="brief_1", runner_id="laptop")


def a_journal(folder: Path, attempt: int = 1, redact: Redactor | None = None) -> RunJournal:
    identity = RunIdentity("run_1", "demo", attempt=attempt, request_id="runreq_1")
    return RunJournal(folder, identity, FakeClock().now, redact=redact or Redactor())


def test_every_fact_carries_the_context_of_the_run(tmp_path: Path) -> None:
    with RunJournal(tmp_path, IDENTITY, FakeClock().now) as journal:
        fact = journal.add("run_started", summary="begin")
    assert fact.fact_id == "run_1/0001/000001"
    assert (fact.run_id, fact.request_id, fact.brief_id, fact.runner_id) == (
        "run_1",
        "runreq_1",
        "brief_1",
        "laptop",
    )
    assert (fact.attempt, fact.trace_id, fact.recorded_at) == (
        1,
        trace_id_of("run_1"),
        "2026-01-31T12:00:00.001000Z",
    )


def test_all_attempts_are_read_in_order_and_a_torn_end_is_left_out(tmp_path: Path) -> None:
    for attempt in (1, 2, 10):
        with a_journal(tmp_path, attempt) as journal:
            journal.add("run_started")
            journal.add("run_finished")
    first = tmp_path / "0001.jsonl"
    first.write_bytes(first.read_bytes()[:-5])
    assert attempts_in(tmp_path) == (1, 2, 10)
    assert [fact.fact_id for fact in read_run(tmp_path)] == [
        "run_1/0001/000001",
        "run_1/0002/000001",
        "run_1/0002/000002",
        "run_1/0010/000001",
        "run_1/0010/000002",
    ]


def test_a_run_that_never_began_has_no_facts(tmp_path: Path) -> None:
    assert list(read_run(tmp_path / "nowhere")) == []


def test_an_attempt_is_never_written_twice(tmp_path: Path) -> None:
    a_journal(tmp_path).close()
    with pytest.raises(ArtifactError, match="exists"):
        a_journal(tmp_path)


def test_listeners_hear_every_fact_until_they_end(tmp_path: Path) -> None:
    heard: list[str] = []
    with a_journal(tmp_path) as journal:
        end = journal.subscribe(lambda fact: heard.append(fact.kind))
        journal.add("run_started")
        end()
        end()
        journal.add("run_finished")
    assert heard == ["run_started"]


def test_a_listener_that_breaks_does_not_break_the_run(tmp_path: Path) -> None:
    def broken(fact: Fact) -> None:
        raise ValueError("no terminal")

    with a_journal(tmp_path) as journal:
        journal.subscribe(broken)
        journal.add("run_started")
        journal.add("run_finished")
        assert journal.listener_errors == ["ValueError: no terminal"]
    assert len(list(read_run(tmp_path))) == 2


def test_a_secret_is_replaced_in_summary_and_payload(tmp_path: Path) -> None:
    redactor = Redactor()
    redactor.learn({"TOKEN": "hunter2hunter2"})
    with a_journal(tmp_path, redact=redactor) as journal:
        fact = journal.add(
            "gate_finished", summary="hunter2hunter2", payload={"a": [{"b": "is hunter2hunter2"}]}
        )
    assert (fact.summary, fact.payload) == ("***TOKEN***", {"a": [{"b": "is ***TOKEN***"}]})
    assert "hunter2" not in (tmp_path / "0001.jsonl").read_text()

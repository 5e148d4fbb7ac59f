"""Evidence that the tree cannot show: the last run, its trace, the store, and people are asked, and nothing is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alloynb.errors import AlloyError
from alloynb.intent.record import IntentRecord
from alloynb.intent.review_answer import ReviewAnswer
from alloynb.interpretation.drift import DriftReport, assess_drift
from alloynb.interpretation.finding import settle
from alloynb.interpretation.witnesses import NOBODY, SeenRun, Witnesses
from runtime_artifacts.run_result import RunResult

MakeRecord = Callable[..., IntentRecord]
Plant = Callable[[dict[str, str]], Path]
Check = Callable[..., DriftReport]

GATE = {"kind": "gate", "gate": {"name": "prices", "command": ["make", "prices"]}}
TESTS = {"kind": "test", "test": {"tests": ["tests"]}}
METRIC = {"kind": "metric", "condition": {"sql": "SELECT ok, gate FROM seen"}}
DRY = {"kind": "trace", "condition": "revision_unchanged"}
QUESTION = {"kind": "human_review", "question": "Does it?", "role": "owner", "expires_days": 30}
EVIDENCE = "shop.intent.offline#e"


@pytest.fixture
def check(make_record: MakeRecord, plant: Plant, at: datetime) -> Check:
    def run(
        definition: Mapping[str, Any], witnesses: Witnesses = NOBODY, revision: str = "r1"
    ) -> DriftReport:
        evidence = [{"id": "e", "description": "It holds.", **definition}]
        record = make_record(evidence=evidence)
        files = {
            "tests/test_a.py": "def test_a():\n    assert f()\n",
            ".alloy/intent/offline.yaml": "title: x\nevidence:\n  - id: e\n    kind: gate\n",
        }
        return assess_drift([record], plant(files), revision, at, witnesses=witnesses)

    return run


def ran(status: str = "passed", **fields: Any) -> Witnesses:
    said: dict[str, Any] = {
        "foundry_run_id": "run_1",
        "run_request_id": "runreq_1",
        "request_digest": "sha256:" + "0" * 64,
        "idempotency_key": "sha256:" + "1" * 64,
        "correlation_id": "c",
        "brief": {"id": "brief_1", "digest": "sha256:" + "0" * 64},
        "project_id": "shop",
        "revision_before": "r1",
        "revision_after": "r1",
        "throttle": "dry_run",
        "entry_event": "validation_requested",
        "status": "completed",
        "attempt": 1,
        "started_at": "2026-03-01T11:00:00.000000Z",
        "finished_at": "2026-03-01T11:00:01.000000Z",
        "trace_id": "0" * 32,
        "foundry_version": "0",
        "runner_id": "r",
        "gates": [
            {
                "name": "offline.e",
                "phase": "preflight",
                "status": status,
                "required": True,
                "mode": "required_for_dry_run",
                "source": "overlay",
                "duration_ms": 1.0,
                "exit_code": 0 if status == "passed" else 1,
                "evidence_id": EVIDENCE,
            }
        ],
    }
    return Witnesses(run=SeenRun(RunResult.model_validate(said | fields), "sha256:" + "0" * 64))


@pytest.mark.parametrize("definition", [GATE, TESTS])
def test_what_a_run_executed_is_taken_from_the_run(check: Check, definition: dict[str, Any]) -> None:
    assert check(definition, ran("passed")).checked == (EVIDENCE,)
    (found,) = check(definition, ran("failed")).findings
    assert found.message == "gate offline.e failed with exit code 1 in run_1; It holds."
    assert (found.path, found.lines) == (".alloy/intent/offline.yaml", (3,))


def test_a_gate_that_no_run_executed_says_so_and_leaves_its_finding_as_it_was(
    check: Check, at: datetime
) -> None:
    broken = check(GATE, ran("failed"))
    known = settle((), broken.findings, broken.settled, "r1", at)
    unseen = check(GATE, revision="r2")
    assert "none did at this revision" in unseen.seen_elsewhere[0].text
    assert unseen.checked == unseen.settled == ()
    (still,) = settle(known, unseen.findings, unseen.settled, "r2", at)
    assert still.status == "new"
    passed = check(GATE, ran("passed"))
    (gone,) = settle(known, passed.findings, passed.settled, "r1", at)
    assert gone.status == "resolved"


def test_a_gate_without_an_answer_is_unknown(check: Check) -> None:
    assert "cannot start" in check(GATE, ran("cannot_start")).could_not_check[0].reasons[0]


@pytest.mark.parametrize(
    ("rows", "findings", "doubt"),
    [
        ([(True, "a"), (True, "b")], 0, ""),
        ([(True, "a"), (False, "b"), (False, "c")], 1, ""),
        ([], 0, "no row"),
        ([(None,)], 0, "NULL"),
        ([("yes",)], 0, "neither true nor false"),
    ],
)
def test_a_condition_over_the_store_holds_when_every_row_is_true(
    check: Check, rows: list[Any], findings: int, doubt: str
) -> None:
    report = check(METRIC, Witnesses(ask=lambda sql, given: rows))
    assert len(report.findings) == findings
    assert doubt in "; ".join(reason for each in report.could_not_check for reason in each.reasons)
    if findings:
        assert report.findings[0].message == "It holds.: the condition is false (b) and 1 more rows"
    assert bool(report.checked) == (not doubt)


def test_a_condition_that_fails_or_that_nobody_can_ask_proves_nothing(check: Check) -> None:
    def fails(sql: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        raise AlloyError("interrupted after 10 s")

    assert "interrupted after 10 s" in check(METRIC, Witnesses(ask=fails)).could_not_check[0].reasons[0]
    assert check(METRIC).seen_elsewhere[0].text == "the evidence store is asked"


def test_only_the_parameters_that_a_statement_names_are_given(check: Check) -> None:
    given: list[Mapping[str, Any]] = []

    def ask(sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        given.append(parameters)
        return [(True,)]

    check({"kind": "metric", "condition": {"sql": "SELECT $record_id = 'x'"}}, Witnesses(ask=ask))
    of_a_run = {"kind": "trace", "condition": {"sql": "SELECT true FROM events WHERE run_id = $run_id"}}
    check(of_a_run, replace(ran(), ask=ask))
    assert given == [{"record_id": "shop.intent.offline"}, {"run_id": "run_1"}]


def test_a_trace_is_read_by_its_condition(check: Check) -> None:
    assert check(DRY, ran()).checked == (EVIDENCE,)
    (found,) = check(DRY, ran(revision_after="r2")).findings
    assert "revision unchanged does not hold in run_1" in found.message
    assert "none ran" in check(DRY).seen_elsewhere[0].text
    cannot = check({"kind": "trace", "condition": "retry_touched_only_failed_gates"}, ran())
    assert "nothing was tried again" in cannot.seen_elsewhere[0].text
    assert (
        "no trace condition 'moon_is_full'"
        in (check({"kind": "trace", "condition": "moon_is_full"}, ran()).could_not_check[0].reasons[0])
    )


def answered(at: datetime, answer: Any = "holds", **fields: Any) -> ReviewAnswer:
    said: dict[str, Any] = {
        "id": "review_" + "0" * 26,
        "evidence_id": EVIDENCE,
        "question": "Does it?",
        "role": "owner",
        "answer": answer,
        "who": "ada",
        "why": "I looked",
        "answered_at": at,
        "until": at + timedelta(days=300),
    }
    return ReviewAnswer.model_validate(said | fields)


def test_a_question_is_open_until_somebody_answers_and_again_when_the_answer_expired(
    check: Check, at: datetime
) -> None:
    assert check(QUESTION).questions[0].why_open == "nobody answered yet"
    assert check(QUESTION, Witnesses(answers=(answered(at - timedelta(days=1)),))).checked == (EVIDENCE,)
    old = check(QUESTION, Witnesses(answers=(answered(at - timedelta(days=31)),)))
    assert old.questions[0].why_open == "the answer of ada expired on 2026-02-28", "the record's days count"
    assert old.checked == old.findings == ()


def test_the_latest_answer_counts_and_a_reworded_question_is_asked_anew(check: Check, at: datetime) -> None:
    early, late = at - timedelta(days=3), at - timedelta(days=1)
    (found,) = check(QUESTION, Witnesses(answers=(answered(early), answered(late, "broken")))).findings
    assert "ada on 2026-02-28: I looked" in found.message
    reworded = check(QUESTION, Witnesses(answers=(answered(late, question="Did it?"),)))
    assert "reworded" in reworded.questions[0].why_open
    future = check(QUESTION, Witnesses(answers=(answered(at + timedelta(days=1)),)))
    assert future.questions[0].why_open == "nobody answered yet"

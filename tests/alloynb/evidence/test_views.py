"""Views and macros: documented, runnable on any store, and true."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alloynb.evidence.errors import CannotPublish
from alloynb.evidence.sql_files import SqlFile, SqlSources, read_sql_file
from alloynb.evidence.warehouse import Warehouse
from runtime_artifacts.journal import JournalWriter
from tests.fakes.evidence_store import (
    EVIDENCE,
    FIRST_RUN,
    RECORD,
    REVISION,
    SECOND_RUN,
    TickingClock,
    fill,
    journal_of,
    plain_fact,
    run_fact,
)

SOURCES = SqlSources()
KINDS = """
    run_started run_resumed event block_started block_finished gate_started gate_finished cancel_requested run_finished
    artifact transition evidence_definition observation satisfaction finding finding_verdict finding_decision
    contradiction contradiction_answer confirmation waiver exception approval run_result request commit history_read
    record hypothesis code_observation threat_observation strategy_effect tradeoff_observation follow_up_question
    proposal proposal_answer unfit
"""
PAYLOAD_NAMES = """
    gate_attempt emitted_event_ids report_files retries changed_files uncommitted scopes until expires_at required
    satisfied missing record_ids evidence supporting_artifacts first_seen last_seen started_at created_at
    override content changes authored_at commits paths conflicts links because confidence
    weight strength scores clues lost_names weighing version share_of_gate_time details scope definition
"""
FILES = {each.name: each for each in (*SOURCES.views(), *SOURCES.macros())}


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return Warehouse(tmp_path_factory.mktemp("empty") / ".alloy")


@pytest.fixture(scope="module", params=["hot", "folded"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp(request.param) / ".alloy", clock=TickingClock())
    if request.param == "hot":
        warehouse.fold()
    fill(warehouse)
    if request.param == "folded":
        warehouse.fold()
    return warehouse


def rows(store: Warehouse, sql: str) -> list[dict[str, Any]]:
    return store.query(sql).as_dicts()


def one(store: Warehouse, sql: str) -> dict[str, Any]:
    [row] = rows(store, sql)
    return row


@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
def test_every_example_runs_on_an_empty_store(empty: Warehouse, file: SqlFile) -> None:
    empty.query(file.example)


@pytest.mark.parametrize("file", FILES.values(), ids=FILES.keys())
def test_every_example_runs_on_a_filled_store(filled: Warehouse, file: SqlFile) -> None:
    filled.query(file.example)
    assert file.name in file.example


def test_every_view_and_every_column_has_a_comment(empty: Warehouse) -> None:
    ours = "schema_name = 'main' AND database_name = 'evidence' AND NOT internal"
    views = rows(empty, f"SELECT view_name, comment FROM duckdb_views() WHERE {ours}")
    assert {row["view_name"] for row in views} == {each.name for each in SOURCES.views()}
    assert [row for row in views if not row["comment"]] == []
    columns = rows(
        empty, f"SELECT table_name, column_name FROM duckdb_columns() WHERE {ours} AND comment IS NULL"
    )
    assert columns == []
    macros = rows(
        empty,
        "SELECT function_name, comment FROM duckdb_functions() WHERE database_name = 'evidence' AND NOT internal",
    )
    assert {row["function_name"] for row in macros} == {each.name for each in SOURCES.macros()}
    assert [row for row in macros if not row["comment"]] == []


def test_a_file_without_purpose_or_example_is_refused(tmp_path: Path) -> None:
    for text in (
        "CREATE VIEW a AS SELECT 1",
        "-- Purpose.\nCREATE VIEW a AS SELECT 1",
        "-- Example: FROM a\nCREATE",
    ):
        file = tmp_path / "a.sql"
        file.write_text(text)
        with pytest.raises(CannotPublish, match="purpose"):
            read_sql_file(file)


def test_runs_are_shown_as_their_latest_attempt_left_them(filled: Warehouse) -> None:
    first, second = (one(filled, f"FROM runs WHERE run_id = '{run}'") for run in (FIRST_RUN, SECOND_RUN))
    assert (first["status"], first["failure_class"]) == ("failed", "execution")
    assert (second["status"], second["failure_class"], second["attempts"]) == ("completed", None, 1)
    assert second["duration_ms"] == 11_000
    assert second["entry_event"] == "validation_requested"
    assert (second["revision"], second["throttle"], second["runner_id"]) == (REVISION, "dry_run", "laptop")


def test_a_resumed_run_is_running_again(tmp_path: Path) -> None:
    store = Warehouse(tmp_path / ".alloy")
    with JournalWriter(journal_of(store.layout.root)) as journal:
        journal.append(run_fact(FIRST_RUN, 1, "run_started"))
        journal.append(run_fact(FIRST_RUN, 2, "run_finished", status="failed", failure_class="execution"))
    with JournalWriter(journal_of(store.layout.root, attempt=2)) as journal:
        journal.append(run_fact(FIRST_RUN, 1, "run_resumed", attempt=2))
        now = one(store, "FROM runs")
        assert (now["status"], now["failure_class"], now["finished_at"], now["attempts"]) == (
            "running",
            None,
            None,
            2,
        )
        journal.append(run_fact(FIRST_RUN, 2, "cancel_requested", attempt=2))
        assert one(store, "FROM runs")["cancel_requested"]
        journal.append(run_fact(FIRST_RUN, 3, "run_finished", attempt=2, status="completed"))
    now = one(store, "FROM runs")
    assert (now["status"], now["failure_class"], now["runner_retries"]) == ("completed", None, 1)


def test_the_result_of_a_run_completes_its_row(filled: Warehouse) -> None:
    row = one(filled, "SELECT * FROM runs WHERE foundry_version IS NOT NULL")
    assert row["revision_after"] is not None
    assert isinstance(row["changed_files"], list)


def test_blocks_are_paired_and_an_open_one_is_unfinished(filled: Warehouse) -> None:
    found = {row["block"]: row for row in rows(filled, f"FROM block_executions WHERE run_id = '{FIRST_RUN}'")}
    assert found["run_preflight"]["status"] == "completed"
    assert found["run_preflight"]["duration_ms"] == 1600
    assert found["run_preflight"]["emitted_event_ids"] == ["evt_2"]
    assert found["run_preflight"]["finished_at"] - found["run_preflight"]["started_at"] == timedelta(
        seconds=5
    )
    assert found["commit"]["status"] == "simulated"
    assert found["summarize"]["status"] == "unfinished"
    assert found["summarize"]["finished_at"] is None
    mutators = rows(filled, f"FROM run_blocks('{FIRST_RUN}') WHERE block_kind = 'mutator'")
    assert [row["simulated"] for row in mutators] == [True]


def test_gates_are_paired_counted_and_compared(filled: Warehouse) -> None:
    found = {row["gate"]: row for row in rows(filled, f"FROM run_gates('{FIRST_RUN}')")}
    assert (found["tests"]["status"], found["tests"]["required"], found["tests"]["source"]) == (
        "failed",
        True,
        "repository",
    )
    assert (found["lint"]["status"], found["lint"]["evidence_id"], found["lint"]["source"]) == (
        "passed",
        EVIDENCE,
        "overlay",
    )
    summary = one(filled, f"FROM run_gates_summary WHERE run_id = '{FIRST_RUN}'")
    assert (summary["gates"], summary["passed"], summary["failed_required"]) == (2, 1, 1)
    assert summary["not_passed_gates"] == ["tests"]
    flaky = one(filled, "FROM flaky_gates")
    assert (flaky["gate"], flaky["passed"], flaky["failed"]) == ("tests", 1, 1)
    assert flaky["run_ids"] == [FIRST_RUN, SECOND_RUN]
    rate = one(filled, "FROM gate_pass_rate WHERE gate = 'tests'")
    assert (str(rate["week"]), rate["results"], rate["pass_rate"]) == ("2026-03-02", 2, 0.5)
    changed = rows(filled, f"FROM changed_between_runs('{FIRST_RUN}', '{SECOND_RUN}')")
    assert [(row["name"], row["before"], row["after"]) for row in changed] == [
        ("failure_class", "execution", None),
        ("status", "failed", "completed"),
        (RECORD, "satisfied", "unsatisfied"),
        ("preflight/tests", "failed", "passed"),
    ]


def test_a_gate_that_is_tried_again_shows_each_try_and_counts_by_the_last(tmp_path: Path) -> None:
    store = Warehouse(tmp_path / ".alloy")
    with JournalWriter(journal_of(store.layout.root)) as journal:
        for seq, status in enumerate(("failed", "failed", "passed"), start=1):
            journal.append(
                run_fact(
                    FIRST_RUN,
                    seq,
                    "gate_finished",
                    gate="tests",
                    phase="verify",
                    status=status,
                    required=True,
                    duration_ms=1.0,
                    payload={"gate_attempt": seq},
                )
            )
        journal.append(run_fact(FIRST_RUN, 4, "gate_started", gate="lint", phase="verify"))
    assert [row["status"] for row in rows(store, f"FROM run_gates('{FIRST_RUN}') WHERE gate = 'tests'")] == [
        "failed",
        "failed",
        "passed",
    ]
    summary = one(store, "FROM run_gates_summary")
    assert (summary["passed"], summary["retries"], summary["failed_required"]) == (1, 2, 0)
    assert summary["not_passed_gates"] == ["lint"]
    assert rows(store, "FROM flaky_gates") == []


def test_requests_tell_who_asked_and_how_often(filled: Warehouse) -> None:
    row = one(filled, "FROM requests")
    assert row["times_deduplicated"] == 1
    assert row["status"] == "posted"
    assert row["idempotency_key"].startswith("sha256:")


def test_the_verdict_on_a_record_is_the_latest_and_tells_what_is_missing(filled: Warehouse) -> None:
    row = one(filled, "FROM intent_satisfaction")
    assert (row["record_id"], row["status"], row["run_id"]) == (RECORD, "unsatisfied", SECOND_RUN)
    assert (row["required_count"], row["satisfied_count"], row["missing"]) == (2, 1, [EVIDENCE])
    assert row["evidence"] == [{"evidence_id": EVIDENCE, "status": "unsatisfied"}]
    trend = one(filled, "FROM capability_trend")
    assert (trend["previous_status"], trend["status"], trend["eroding"]) == ("satisfied", "unsatisfied", True)
    assert one(filled, f"FROM run_satisfaction('{FIRST_RUN}')")["status"] == "satisfied"


def test_a_finding_is_shown_as_it_stands(filled: Warehouse) -> None:
    row = one(filled, "FROM findings")
    assert (row["status"], row["path"], row["line"], row["detector"]) == (
        "resolved",
        "shop/core.py",
        7,
        "import_boundary",
    )
    assert (row["decision"], row["decided_by"]) == ("drift", "mel")
    assert row["time_to_resolve"] > timedelta(0)
    assert [row["status"] for row in rows(filled, "FROM finding_history ORDER BY observed_at")] == [
        "new",
        "known",
        "resolved",
    ]


def test_decisions_are_shown_with_who_and_why(filled: Warehouse) -> None:
    answered = one(filled, "FROM contradictions")
    assert (answered["answer"], answered["answered_by"], len(answered["record_ids"])) == (
        "preserve",
        "mel",
        2,
    )
    step = one(filled, "FROM lifecycle")
    assert (step["from_status"], step["to_status"], step["authority"]) == (
        "proposed",
        "accepted",
        "accept_intent",
    )
    assert one(filled, "FROM waivers")["active"]
    assert one(filled, "FROM exceptions")["finding_id"] == "finding_1"
    assert one(filled, "FROM approvals")["scopes"]


def test_an_expired_or_withdrawn_waiver_is_no_waiver(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from alloynb.evidence.decision_facts import waiver_fact

    store = Warehouse(tmp_path / ".alloy")
    said: dict[str, Any] = {
        "project_id": "shop",
        "record_id": RECORD,
        "evidence_id": EVIDENCE,
        "principal": "mel",
        "why": "",
    }
    at = datetime(2020, 1, 1, tzinfo=UTC)
    store.record(
        [
            waiver_fact(waiver_id="expired", until=at + timedelta(days=1), at=at, **said),
            waiver_fact(waiver_id="withdrawn", until=at + timedelta(days=99_999), at=at, **said),
            waiver_fact(waiver_id="holds", until=at + timedelta(days=99_999), at=at, **said),
        ]
    )
    store.record(
        [
            waiver_fact(
                waiver_id="withdrawn", until=at + timedelta(days=99_999), at=at, status="withdrawn", **said
            )
        ]
    )
    assert [row["waiver_id"] for row in rows(store, "FROM waivers WHERE active")] == ["holds"]


def test_required_evidence_that_nobody_saw_is_missing(filled: Warehouse) -> None:
    missing = {row["evidence_id"]: row for row in rows(filled, "FROM missing_evidence")}
    assert missing[f"{RECORD}#review"]["observed_by"] == "human"


def test_audit_questions_of_a_run_have_answers(filled: Warehouse) -> None:
    run = one(filled, "SELECT run_id FROM runs WHERE foundry_version IS NOT NULL")["run_id"]
    audit = one(filled, f"FROM run_origin('{run}')")
    for column in (
        "brief_digest",
        "prompt_pack_digest",
        "evidence_plan_id",
        "foundry_version",
        "runner_id",
        "requested_by",
    ):
        assert audit[column], column
    intent = rows(filled, f"FROM run_intent('{run}')")
    assert intent
    assert all(row["capability"] for row in intent)
    assert rows(filled, f"FROM run_evidence('{run}')")


def test_the_life_of_a_record_is_told_in_order(filled: Warehouse) -> None:
    kinds = [row["kind"] for row in rows(filled, f"FROM record_history('{RECORD}')")]
    assert kinds[:3] == ["satisfaction", "satisfaction", "finding"]
    assert set(kinds) >= {"transition", "waiver", "exception", "finding_decision"}


def test_payloads_of_any_shape_break_no_view(tmp_path: Path) -> None:
    store = Warehouse(tmp_path / ".alloy")
    shapes: list[Any] = [None, 7, "text", [1, {"a": 2}], {"b": [3]}, True]
    columns: dict[str, Any] = {
        "run_id": "run_x", "block": "b", "gate": "g", "request_id": "r", "record_id": RECORD,
        "evidence_id": EVIDENCE, "finding_id": "f",
    }  # fmt: skip
    facts = [
        plain_fact(
            1 + at,
            kind,
            payload=dict.fromkeys(PAYLOAD_NAMES.split(), shape),
            fact_id=f"{kind}/{number}",
            **columns,
        )
        for at, (kind, number, shape) in enumerate(
            (kind, number, shape) for kind in KINDS.split() for number, shape in enumerate(shapes)
        )
    ]
    store.record([*facts, *(plain_fact(1, kind, fact_id=f"{kind}/bare") for kind in KINDS.split())])
    for view in SOURCES.views():
        store.query(f"FROM {view.name}")
    for macro in SOURCES.macros():
        store.query(macro.example)


def test_a_repair_is_told_with_what_became_of_it(tmp_path: Path) -> None:
    store = Warehouse(tmp_path / ".alloy", clock=TickingClock())
    made = {"commits": [{"commit": "c" * 40, "branch": "alloy/shop/x"}]}
    said: dict[str, Any] = {"project_id": "shop", "record_id": RECORD}
    facts = []
    for number, (throttle, payload, resolved) in enumerate(
        [
            ("full", made, True),
            ("full", made, False),
            ("full", {}, False),
            ("dry_run", {}, False),
            (None, {}, False),
        ]
    ):
        step = {"recorded_at": f"2026-03-02T12:00:0{number}.000000Z"}
        subject = {"finding_id": f"finding_{number}", **said}
        decided = {"status": "drift", "principal": "mel", "brief_id": f"brief_{number}", **subject, **step}
        facts.append(plain_fact(10 * number + 1, "finding_decision", fact_id=f"d{number}", **decided))
        if throttle is not None:
            run = {"run_id": f"run_{number}", "brief_id": f"brief_{number}", "throttle": throttle, **step}
            ended = {"status": "completed", "payload": payload, **run}
            facts.append(plain_fact(10 * number + 2, "run_result", fact_id=f"r{number}", **ended))
        if resolved:
            gone = {"status": "resolved", "run_id": f"run_{number}", **subject, **step}
            facts.append(plain_fact(10 * number + 3, "finding", fact_id=f"f{number}", **gone))
    store.record(facts)
    found = rows(store, "SELECT outcome, commit FROM repairs ORDER BY finding_id")
    assert [row["outcome"] for row in found] == ["mended", "missed", "undelivered", "looked", "not_run"]
    assert [row["commit"] for row in found] == ["c" * 40, "c" * 40, None, None, None]

"""Asking: only reading, only the store, and answers in plain Python."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alloynb.errors import AlloyError
from alloynb.evidence.errors import BadQuery, QueryTooLong, WriteRefused
from alloynb.evidence.warehouse import Warehouse
from tests.fakes.evidence_store import plain_fact, write_run


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("query") / ".alloy")
    write_run(warehouse.layout.root, 3)
    warehouse.fold()
    return warehouse


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM store.facts",
        "CREATE TABLE t (n INTEGER)",
        "CREATE TEMP TABLE t AS SELECT 1",
        "COPY facts TO '/tmp/never.csv'",
        "ATTACH '/tmp/never.duckdb'",
        "SET threads = 1",
        "INSTALL httpfs",
        "PRAGMA disable_optimizer",
        "DROP VIEW facts",
    ],
)
def test_what_does_not_only_read_is_refused(store: Warehouse, sql: str) -> None:
    with pytest.raises(WriteRefused) as refused:
        store.query(sql)
    assert refused.value.exit_code == 3


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELEC 1", "syntax"),
        ("FROM nowhere", "nowhere"),
        ("SELECT 1; SELECT 2", "one statement"),
        ("", "one statement"),
        ("SELECT 'a'::INTEGER", "convert"),
        ("SELECT ?", "parameter"),
        ("FROM read_csv('/etc/passwd')", "disabled"),
        ("FROM glob('/etc/*')", "disabled"),
        ("FROM 'https://example.org/x.parquet'", ""),
        ("FROM store", ""),
    ],
)
def test_a_query_that_cannot_be_run_is_an_error_of_the_query(store: Warehouse, sql: str, says: str) -> None:
    with pytest.raises(BadQuery, match=f"(?i){says}") as bad:
        store.query(sql)
    assert bad.value.exit_code == 2
    assert "\n" not in str(bad.value)


def test_variables_of_python_are_not_seen(store: Warehouse) -> None:
    rows = [(1,)]
    with pytest.raises(BadQuery):
        store.query("FROM rows")
    assert rows


@pytest.mark.parametrize(
    "sql",
    [
        "DESCRIBE facts",
        "SHOW TABLES",
        "SUMMARIZE events",
        "EXPLAIN SELECT 1",
        "VALUES (1)",
        "WITH a AS (SELECT 1) FROM a;",
        "FROM facts -- all\n;",
        "  /* first */ SELECT 1",
    ],
)
def test_every_way_of_reading_works(store: Warehouse, sql: str) -> None:
    assert len(store.query(sql)) > 0


def test_parameters_are_given_by_position_or_by_name(store: Warehouse) -> None:
    assert store.query("SELECT ?, ?", [1, "a"]).rows == ((1, "a"),)
    assert store.query("SELECT $word AS word", {"word": "it's"}).as_dicts() == [{"word": "it's"}]
    assert store.query("SELECT now() > $1 AS past", [datetime(2020, 1, 1, tzinfo=UTC)]).rows == ((True,),)
    assert store.query("SELECT $1 IN (SELECT unnest($2::VARCHAR[]))", ["a", ["a", "b"]]).rows == ((True,),)


def test_times_are_aware_and_json_is_plain(store: Warehouse) -> None:
    answer = store.query(
        "SELECT TIMESTAMPTZ '2026-03-02 01:02:03.5+02' AS at, '{\"a\": [1, null]}'::JSON AS said, "
        "NULL::TIMESTAMPTZ AS never, NULL::JSON AS nothing, [TIMESTAMPTZ '2026-01-01 00:00:00Z'] AS several, "
        "INTERVAL 90 SECONDS AS lasted, 1 AS at"
    )
    at, said, never, nothing, several, lasted, again = answer.rows[0]
    assert at == datetime(2026, 3, 1, 23, 2, 3, 500_000, tzinfo=UTC)
    assert said == {"a": [1, None]}
    assert (never, nothing, again) == (None, None, 1)
    assert "2026-01-01 00:00:00+00" in several
    assert lasted == timedelta(seconds=90)
    assert answer.columns[0] == "at"


def test_order_is_kept_when_times_are_converted(store: Warehouse) -> None:
    rows = store.query("SELECT seq, recorded_at FROM facts ORDER BY seq DESC").rows
    assert [row[0] for row in rows] == [3, 2, 1]


def test_a_query_that_takes_too_long_is_interrupted(store: Warehouse) -> None:
    with pytest.raises(QueryTooLong, match=r"0\.2 s"):
        store.query(
            "SELECT sum(a.range * b.range) FROM range(10000000) a, range(1000000) b", time_limit_s=0.2
        )


def test_a_view_that_does_not_exist_is_not_exported(store: Warehouse, tmp_path: Path) -> None:
    for view, name in (("nowhere", "a.csv"), ('facts"; DROP VIEW facts; --', "a.csv"), ("facts", "a.xlsx")):
        with pytest.raises(BadQuery):
            store.export(view, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_an_open_connection_in_this_process_does_not_make_answers_old(store: Warehouse) -> None:
    import duckdb

    with duckdb.connect(str(store.path), read_only=True):
        before = len(store.query("FROM store.facts"))
        store.record([plain_fact(before + 1000)])
        store.fold()
        assert len(store.query("FROM store.facts")) == before + 1


def test_errors_of_the_store_are_errors_of_alloy() -> None:
    from alloynb.evidence import errors

    assert all(issubclass(getattr(errors, name), AlloyError) for name in dir(errors) if name[0].isupper())

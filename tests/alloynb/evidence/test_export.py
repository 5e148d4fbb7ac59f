"""Evidence goes elsewhere whole or not at all, and a name that was mistyped is answered with the one that was meant."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from alloynb.evidence.errors import BadQuery
from alloynb.evidence.sql_files import SqlSources
from alloynb.evidence.warehouse import Warehouse
from tests.fakes.evidence_store import TickingClock
from tests.fakes.evidence_story import tell_story


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("export") / ".alloy", clock=TickingClock())
    tell_story(warehouse)
    warehouse.fold()
    return warehouse


def test_a_view_can_be_partitioned_by_its_columns(store: Warehouse, tmp_path: Path) -> None:
    rows = store.export("runs", tmp_path / "runs", partition_by=["project_id", "status"])
    assert (tmp_path / "runs" / "project_id=shop" / "status=failed").is_dir()
    read = duckdb.sql(f"SELECT count(*) FROM read_parquet('{tmp_path}/runs/**/*.parquet')").fetchall()
    assert read == [(rows,)]
    with pytest.raises(BadQuery, match="exists"):
        store.export("runs", tmp_path / "runs", partition_by=["status"])


def test_everything_is_every_view_from_one_state(store: Warehouse, tmp_path: Path) -> None:
    written = store.export_everything(tmp_path / "all")
    assert {each.view for each in written} == {each.name for each in SqlSources().views()}
    for each in written:
        assert duckdb.sql(f"SELECT count(*) FROM '{each.file}'").fetchall() == [(each.rows,)]
    with pytest.raises(BadQuery, match="not empty"):
        store.export_everything(tmp_path / "all")


def test_a_refused_export_leaves_nothing_behind(store: Warehouse, tmp_path: Path) -> None:
    for view, columns, told in (
        ("gate_result", [], "did you mean gate_results"),
        ("runs", ["projekt_id"], "did you mean project_id"),
    ):
        with pytest.raises(BadQuery, match=told):
            store.export(view, tmp_path / "out.parquet", partition_by=columns)
    with pytest.raises(BadQuery, match="exported as"):
        store.export("runs", tmp_path / "out.xlsx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("sql", "meant"),
    [
        ("FROM gate_result", "gate_results"),
        ("SELECT projekt_id FROM runs", "project_id"),
        ("FROM run_gate('run_1')", "run_gates"),
    ],
)
def test_a_mistyped_name_is_answered_with_the_one_that_was_meant(
    store: Warehouse, sql: str, meant: str
) -> None:
    with pytest.raises(BadQuery, match=f"did you mean .*{meant}"):
        store.query(sql)
    with pytest.raises(BadQuery, match="did you mean runs"):
        store.view("run")

"""A store that the first schema wrote opens for ever, and a migration that is killed leaves the store as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from alloynb.evidence.sql_files import SQL_FOLDER, SqlSources
from alloynb.evidence.warehouse import Warehouse
from tests.fakes.evidence_store import write_run

ROOT = Path(__file__).parents[3]
WRITTEN_BY_VERSION_1 = Path(__file__).parent / "store_v1" / "alloy"
KINDS = (
    ("block_finished", 4), ("block_started", 6), ("confirmation", 1), ("contradiction", 1),
    ("contradiction_answer", 1), ("event", 4), ("exception", 1), ("finding", 1), ("finding_decision", 1),
    ("gate_finished", 4), ("gate_started", 4), ("run_finished", 2), ("run_started", 2), ("satisfaction", 2),
    ("transition", 1), ("waiver", 1),
)  # fmt: skip


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Journals and Parquet as the first schema wrote them: folded, sealed, still open, refused and torn lines."""
    return Path(shutil.copytree(WRITTEN_BY_VERSION_1, tmp_path / ".alloy"))


def test_a_store_of_the_first_schema_opens_with_everything_that_it_held(old: Path) -> None:
    store = Warehouse(old)
    for _ in range(2):
        assert store.query("SELECT kind, count(*) FROM facts GROUP BY kind ORDER BY kind").rows == KINDS
        assert store.query("SELECT reason <> '', raw FROM quarantine").rows == ((True, '{"no": "fact"}'),)
        for view in SqlSources().views():
            store.query(f"FROM {view.name}")
        store.fold()
    assert store.verify().problems == ()


def test_it_opens_after_migrations_to_come(old: Path, tmp_path: Path) -> None:
    Warehouse(old).fold()
    later = tmp_path / "sql"
    shutil.copytree(SQL_FOLDER, later)
    number = SqlSources().schema_version + 1
    migration = later / "migrations" / f"{number:04d}_moods.sql"
    migration.write_text("ALTER TABLE store.facts ADD COLUMN mood VARCHAR DEFAULT 'calm';")
    store = Warehouse(old, sql_folder=later)
    assert store.query("SELECT count(*), any_value(mood) FROM facts").rows == (
        (sum(n for _, n in KINDS), "calm"),
    )


def test_a_migration_that_is_killed_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    store = Warehouse(tmp_path / ".alloy")
    write_run(store.layout.root, 3)
    store.fold()
    before = store.path.read_bytes()
    later = tmp_path / "sql"
    shutil.copytree(SQL_FOLDER, later)
    number = SqlSources().schema_version + 1
    many = "range(1000000)"
    endless = f"CREATE TABLE store.endless AS SELECT sum(a.range * b.range) FROM {many} AS a, {many} AS b;"
    (later / "migrations" / f"{number:04d}_endless.sql").write_text(endless)
    program = (
        "import sys; from pathlib import Path; from alloynb.evidence.warehouse import Warehouse; "
        "Warehouse(Path(sys.argv[1]), sql_folder=Path(sys.argv[2])).fold()"
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'artifacts'}"}
    command = [sys.executable, "-c", program, str(store.layout.root), str(later)]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        deadline = time.monotonic() + 60
        while not list(store.layout.evidence.glob(".*.part")) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)
        process.kill()
    assert list(store.layout.evidence.glob(".*.part")) != []
    assert store.path.read_bytes() == before
    assert store.query("SELECT count(*) FROM facts").rows == ((3,),)
    write_run(store.layout.root, 2, "run_2")
    store.fold()
    assert list(store.layout.evidence.glob(".*.part*")) == []
    assert store.query("SELECT count(*) FROM facts").rows == ((5,),)

"""Sealing and folding: what may go wrong, and what is true all the same."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ulid import ULID

from alloynb.evidence.errors import BadQuery, CannotPublish, CannotSeal, StoreBusy, StoreTooNew
from alloynb.evidence.hot_view import MOST_NAMED, names_of_folded
from alloynb.evidence.locks import held
from alloynb.evidence.sql_files import SQL_FOLDER
from alloynb.evidence.tidy import REMOVE_AFTER
from alloynb.evidence.warehouse import Warehouse
from runtime_artifacts.journal import JournalWriter
from tests.fakes.evidence_store import FIRST_RUN, TickingClock, journal_of, plain_fact, run_fact, write_run

ROOT = Path(__file__).parents[3]


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture
def store(tmp_path: Path, clock: TickingClock) -> Warehouse:
    return Warehouse(tmp_path / ".alloy", clock=clock)


def ids(store: Warehouse) -> list[str]:
    return [str(row[0]) for row in store.query("SELECT fact_id FROM facts ORDER BY fact_id").rows]


def append(file: Path, *lines: bytes) -> None:
    with file.open("ab") as journal:
        journal.writelines(lines)


def test_a_torn_tail_is_left_out_before_and_after_sealing(store: Warehouse) -> None:
    file = write_run(store.layout.root, 3)
    append(file, b'{"fact_id": "torn", "kind": "eve')
    store.fold()
    write_run(store.layout.root, 1, "run_2")
    append(journal_of(store.layout.root, "run_2"), b'{"fact_id": "torn", "kind": "eve')
    assert len(ids(store)) == 4
    store.fold()
    assert len(ids(store)) == 4
    assert store.query("SELECT sum(torn_bytes) > 0, sum(refused) FROM journals").rows == ((True, 0),)
    assert store.verify().holds


def test_refused_lines_are_in_quarantine_and_their_journal_is_kept(
    store: Warehouse, clock: TickingClock
) -> None:
    with store.session() as session:
        session.record([plain_fact(1)])
    [file] = [file for file in store.layout.open.glob("*.jsonl") if file.stat().st_size]
    append(
        file,
        b"nonsense \xff\n",
        b'{"fact_id": "x"}\n',
        b"x" * 5000 + b"\n",
        plain_fact(2).model_dump_json().encode(),
        b"\n",
    )
    store.fold()
    rows = store.query("SELECT journal, line_number, reason, raw FROM quarantine ORDER BY line_number").rows
    assert [row[1] for row in rows] == [2, 3, 4]
    assert {row[0] for row in rows} == {f"evidence/open/{file.name}"}
    assert rows[0][3] == "nonsense \\xff"
    assert len(rows[2][3]) == 1024
    assert ids(store) == ["plain/000001", "plain/000002"]
    clock.advance(REMOVE_AFTER)
    store.fold()
    store.fold()
    assert file.exists()
    store.rebuild()
    assert len(store.query("FROM quarantine")) == 3
    assert store.verify().holds


def test_a_journal_of_which_every_line_is_refused_is_sealed_all_the_same(store: Warehouse) -> None:
    file = journal_of(store.layout.root)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\n{}\nzzz\n{}\n")
    store.fold()
    assert ids(store) == []
    assert len(store.query("FROM quarantine")) == 4
    assert not store.fold().published


def test_an_orphan_is_sealed_and_a_living_journal_is_not(store: Warehouse) -> None:
    program = (
        "import os, sys, signal\n"
        "from pathlib import Path\n"
        "from runtime_artifacts.journal import JournalWriter\n"
        "from tests.fakes.evidence_store import plain_fact\n"
        "writer = JournalWriter(Path(sys.argv[1]))\n"
        "writer.append(plain_fact(1))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    orphan = store.layout.open / "orphan.jsonl"
    subprocess.run([sys.executable, "-c", program, str(orphan)], cwd=ROOT, env=_environment(), check=False)
    with store.session() as session:
        session.record([plain_fact(2)])
        store.fold()
        assert store.query("SELECT journal FROM journals").rows == (("evidence/open/orphan.jsonl",),)
        session.record([plain_fact(3)])
    assert len(ids(store)) == 3
    assert len(store.fold().sealed) == 1


def test_journals_of_runs_are_never_touched(store: Warehouse, clock: TickingClock) -> None:
    file = write_run(store.layout.root, 3)
    before = (file.read_bytes(), file.stat().st_mtime_ns)
    for _ in range(3):
        store.fold()
        clock.advance(REMOVE_AFTER)
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


def test_own_journals_go_only_when_they_were_folded_long_ago(store: Warehouse, clock: TickingClock) -> None:
    store.record([plain_fact(1)])
    store.fold()
    [journal] = [file for file in store.layout.open.glob("*.jsonl") if file.stat().st_size]
    clock.advance(REMOVE_AFTER / 2)
    store.fold()
    assert journal.exists()
    clock.advance(REMOVE_AFTER / 2)
    store.fold()
    assert not journal.exists()
    assert ids(store) == ["plain/000001"]
    store.rebuild()
    assert ids(store) == ["plain/000001"]
    assert store.verify().holds


def test_an_own_journal_is_kept_while_its_parquet_is_gone(store: Warehouse, clock: TickingClock) -> None:
    store.record([plain_fact(1)])
    store.fold()
    [parquet] = store.layout.sealed_files().values()
    parquet.unlink()
    clock.advance(REMOVE_AFTER)
    store.fold()
    store.rebuild()
    assert ids(store) == ["plain/000001"]
    assert store.verify().holds


def test_facts_of_a_run_outlive_its_folder(store: Warehouse) -> None:
    write_run(store.layout.root, 3)
    store.fold()
    shutil.rmtree(store.layout.runs / FIRST_RUN)
    store.rebuild()
    assert len(ids(store)) == 3
    assert store.verify().holds


def test_lost_parquet_is_made_again_from_the_journal(store: Warehouse) -> None:
    write_run(store.layout.root, 3)
    store.fold()
    shutil.rmtree(store.layout.sealed)
    assert len(ids(store)) == 3
    store.rebuild()
    assert len(ids(store)) == 3
    assert store.verify().holds


def test_nothing_is_published_when_nothing_is_new(store: Warehouse) -> None:
    write_run(store.layout.root, 3)
    assert store.fold().published
    inode = store.path.stat().st_ino
    assert not store.fold().published
    assert store.path.stat().st_ino == inode


def test_a_reader_keeps_the_file_that_it_opened(store: Warehouse) -> None:
    import duckdb

    write_run(store.layout.root, 3)
    store.fold()
    with duckdb.connect(str(store.path), read_only=True) as reader:
        write_run(store.layout.root, 2, "run_2")
        store.fold()
        assert reader.execute("SELECT count(*) FROM store.facts").fetchall() == [(3,)]
        assert reader.execute("SELECT count(*) FROM facts").fetchall() == [(5,)]
    assert len(ids(store)) == 5


def test_a_stale_log_is_never_replayed(store: Warehouse, tmp_path: Path) -> None:
    import duckdb

    write_run(store.layout.root, 3)
    store.fold()
    other = tmp_path / "other.duckdb"
    other.write_bytes(store.path.read_bytes())
    program = (
        "import duckdb, os, sys\n"
        "other = duckdb.connect(sys.argv[1])\n"
        "other.execute('SET wal_autocheckpoint = \"1TB\"')\n"
        "other.execute('DELETE FROM store.facts')\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(other)], check=True)
    log = tmp_path / "other.duckdb.wal"
    assert log.stat().st_size > 0
    store.layout.write_ahead_log.write_bytes(log.read_bytes())
    assert "beside" in store.verify().problems[0]
    assert len(ids(store)) == 3
    assert not store.layout.write_ahead_log.exists()
    store.layout.write_ahead_log.write_bytes(log.read_bytes())
    store.fold()
    assert not store.layout.write_ahead_log.exists()
    with duckdb.connect(str(store.path), read_only=True) as reader:
        assert reader.execute("SELECT count(*) FROM store.facts").fetchall() == [(3,)]


def test_somebody_who_opened_it_for_writing_stops_nobody(store: Warehouse) -> None:
    import duckdb

    write_run(store.layout.root, 3)
    store.fold()
    store.path.chmod(0o644)
    with duckdb.connect(str(store.path)) as writer:
        writer.execute("DELETE FROM store.facts")
        write_run(store.layout.root, 2, "run_2")
        other = subprocess.run(
            [sys.executable, "-c", _FOLD, str(store.layout.root)], cwd=ROOT, env=_environment(), check=False
        )
        assert other.returncode == 0
    assert len(ids(store)) == 5


def test_a_damaged_file_is_made_anew(store: Warehouse) -> None:
    write_run(store.layout.root, 3)
    store.fold()
    store.path.chmod(0o644)
    store.path.write_bytes(b"this is no database")
    assert len(ids(store)) == 3
    store.path.unlink()
    assert len(ids(store)) == 3
    assert store.verify().holds


def test_a_moved_folder_is_repaired_by_the_next_question(store: Warehouse, tmp_path: Path) -> None:
    write_run(store.layout.root, 3)
    store.record([plain_fact(1)])
    store.fold()
    write_run(store.layout.root, 2, "run_2")
    moved = Warehouse((tmp_path / ".alloy").rename(tmp_path / "elsewhere"))
    assert "moved" in moved.verify().problems[0]
    assert len(ids(moved)) == 6
    assert moved.verify().holds


def test_of_two_folds_one_does_the_work(store: Warehouse) -> None:
    write_run(store.layout.root, 50)
    results = []
    threads = [threading.Thread(target=lambda: results.append(store.fold())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.journals for each in results) == [0, 0, 0, 1]
    assert len(ids(store)) == 50


def test_a_fold_that_may_not_wait_leaves_it_to_the_other(store: Warehouse) -> None:
    write_run(store.layout.root, 1)
    with held(store.layout.lock_file("fold"), wait_s=0):
        assert store.fold(wait_s=0).left_to_another
        with pytest.raises(StoreBusy):
            store.fold(wait_s=0.1)
    assert store.fold(wait_s=0).published


@pytest.mark.parametrize("limit_kb", [1, 40, 700])
def test_a_full_disk_leaves_the_old_file(store: Warehouse, limit_kb: int) -> None:
    write_run(store.layout.root, 3)
    store.fold()
    before = store.path.read_bytes()
    write_run(store.layout.root, 4000, "run_2")
    program = (
        "import resource, signal\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit_kb * 1024}, {limit_kb * 1024}))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    ) + _FOLD
    failed = subprocess.run(
        [sys.executable, "-c", program, str(store.layout.root)],
        cwd=ROOT,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert failed.returncode == 1
    assert "CannotPublish" in failed.stderr or "CannotSeal" in failed.stderr
    assert store.path.read_bytes() == before
    assert len(ids(store)) == 4003
    assert store.fold().published
    assert len(ids(store)) == 4003
    assert not list(store.layout.evidence.rglob(".*.part*"))


def test_a_fold_that_is_killed_at_any_moment_harms_nothing(store: Warehouse) -> None:
    write_run(store.layout.root, 20)
    store.fold()
    for number in range(2, 8):
        write_run(store.layout.root, 20, f"run_{number}")
        killed = subprocess.Popen(
            [sys.executable, "-c", _FOLD, str(store.layout.root)],
            cwd=ROOT,
            env=_environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert killed.stdout is not None
        killed.stdout.readline()
        threading.Event().wait(0.02 * number)
        killed.kill()
        killed.wait()
        killed.stdout.close()
        assert len(ids(store)) == 20 * number
    store.fold()
    assert len(ids(store)) == 140
    assert store.verify().holds
    assert not list(store.layout.evidence.rglob(".*.part*"))


def test_facts_with_one_id_in_two_journals_are_folded_once(store: Warehouse) -> None:
    for name in ("a", "b"):
        with JournalWriter(store.layout.open / f"{name}.jsonl") as journal:
            journal.append(plain_fact(1))
    assert store.fold().doubled == 1
    with JournalWriter(store.layout.open / "c.jsonl") as journal:
        journal.append(plain_fact(1))
        journal.append(plain_fact(2))
    folded = store.fold()
    assert (folded.facts, folded.doubled) == (1, 1)
    assert ids(store) == ["plain/000001", "plain/000002"]
    assert store.verify().holds


def test_an_old_store_is_migrated_and_a_newer_one_is_refused_until_it_is_rebuilt(
    store: Warehouse, tmp_path: Path
) -> None:
    write_run(store.layout.root, 3)
    store.fold()
    newer = tmp_path / "sql"
    shutil.copytree(SQL_FOLDER, newer)
    (newer / "migrations" / "0002_remember.sql").write_text(
        "ALTER TABLE store.facts ADD COLUMN mood VARCHAR DEFAULT 'calm';"
    )
    later = Warehouse(store.layout.root, sql_folder=newer)
    assert later.query("SELECT DISTINCT mood FROM facts").rows == (("calm",),)
    assert later.query("SELECT schema_version FROM store.about").rows == ((2,),)
    write_run(store.layout.root, 2, "run_2")
    assert len(ids(later)) == 5
    before = store.path.read_bytes()
    for use in (store.fold, lambda: ids(store)):
        with pytest.raises(StoreTooNew, match=r"schema version 2 by alloynb .*this is 1 of"):
            use()
    assert store.path.read_bytes() == before
    store.rebuild()
    assert len(ids(store)) == 5
    assert store.query("SELECT schema_version FROM store.about").rows == ((1,),)


def test_a_migration_that_fails_is_made_good_by_a_rebuild(store: Warehouse, tmp_path: Path) -> None:
    write_run(store.layout.root, 3)
    store.fold()
    newer = tmp_path / "sql"
    shutil.copytree(SQL_FOLDER, newer)
    number_one = newer / "migrations" / "0001_native_tables.sql"
    number_one.write_text(number_one.read_text() + "CREATE TABLE store.extra (n INTEGER);")
    (newer / "migrations" / "0002_needs_extra.sql").write_text("INSERT INTO store.extra VALUES (1);")
    assert len(ids(Warehouse(store.layout.root, sql_folder=newer))) == 3


def test_changed_views_take_effect_with_the_next_fold(store: Warehouse, tmp_path: Path) -> None:
    write_run(store.layout.root, 3)
    store.fold()
    changed = tmp_path / "sql"
    shutil.copytree(SQL_FOLDER, changed)
    (changed / "views" / "greetings.sql").write_text(
        "-- Greetings.\n-- Reads: events\n-- Example: FROM greetings\n"
        "CREATE VIEW greetings AS SELECT * FROM events WHERE event_type = 'greeted';\n"
    )
    (changed / "views" / "journals.sql").unlink()
    later = Warehouse(store.layout.root, sql_folder=changed)
    assert later.fold().published
    assert len(later.query("FROM greetings")) == 3
    assert later.query("SELECT count(*) FROM duckdb_views() WHERE view_name = 'journals'").rows == ((0,),)


def test_a_view_that_an_older_version_did_not_publish_is_there_when_it_is_asked_for(
    store: Warehouse, tmp_path: Path
) -> None:
    older = tmp_path / "sql"
    shutil.copytree(SQL_FOLDER, older)
    (older / "views" / "confirmations.sql").unlink()
    (older / "views" / "flaky_gates.sql").write_text(
        "-- Once.\n-- Example: FROM flaky_gates\nCREATE VIEW flaky_gates AS SELECT 1 AS n;\n"
    )
    Warehouse(store.layout.root, sql_folder=older).fold()
    assert store.query("SELECT confirmed_id FROM confirmations").rows == ()
    Warehouse(store.layout.root, sql_folder=older).fold()
    assert store.query("SELECT passed FROM flaky_gates").rows == ()
    with pytest.raises(BadQuery, match="no_such_view"):
        store.query("FROM no_such_view")


def test_the_file_can_be_opened_by_every_duckdb_since_1_0(store: Warehouse) -> None:
    store.fold()
    # Bytes 12 to 20 of a database file hold its storage version; 64 is that of DuckDB 0.9 to 1.1.
    assert int.from_bytes(store.path.read_bytes()[12:20], "little") == 64


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_folder_that_may_not_be_written_is_named(store: Warehouse) -> None:
    store.layout.root.mkdir(parents=True)
    store.layout.root.chmod(0o500)
    with pytest.raises((CannotPublish, CannotSeal)):
        store.fold()


def opened(store: Warehouse) -> int:
    """How many journals a query opens, the two empty ones and the two Parquet files without rows aside."""
    rows = store.query("EXPLAIN ANALYZE SELECT count(*) FROM facts WHERE kind = 'event'").rows
    plan = "".join(str(text) for _, text in rows)
    return sum(int(each) for each in re.findall(r"Total Files Read: (\d+)", plan)) - 4


def run_of(hour: int) -> str:
    return f"run_{ULID.from_datetime(datetime(2026, 3, 2, hour, tzinfo=UTC))}"


def test_journals_that_are_folded_are_not_opened(store: Warehouse) -> None:
    for hour in range(5):
        write_run(store.layout.root, 3, run_of(hour))
    write_run(store.layout.root, 3, run_of(0), attempt=2)
    write_run(store.layout.root, 1000, run_of(5))
    store.fold()
    assert opened(store) == 0
    write_run(store.layout.root, 3, run_of(6))
    write_run(store.layout.root, 3, run_of(0), attempt=3)
    assert opened(store) == 2
    assert len(ids(store)) == 1024


def test_of_very_many_folded_journals_the_largest_are_named() -> None:
    folded = {f"runs/run_{size}/journal/0002.jsonl": size for size in range(MOST_NAMED + 2)}
    named = names_of_folded(folded, "", "").split("//")
    assert set(folded) - set(named) == {f"runs/run_{size}/journal/0002.jsonl" for size in (0, 1)}


def test_a_journal_whose_name_is_a_part_of_folded_names_is_read(store: Warehouse) -> None:
    for run in ("run_o'brien", "run_xrun_y", "run_é"):
        write_run(store.layout.root, 2, run)
    store.fold()
    assert opened(store) == 0
    for run in ("run_x", "run_y", "y", "brien"):
        write_run(store.layout.root, 2, run)
    assert opened(store) == 4
    assert len(ids(store)) == 14


_FOLD = (
    "import sys\n"
    "from pathlib import Path\n"
    "from alloynb.evidence.warehouse import Warehouse\n"
    "print('ready', flush=True)\n"
    "Warehouse(Path(sys.argv[1])).fold()\n"
)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'artifacts'}"}


def test_a_fact_that_is_written_while_a_fold_is_under_way_is_seen(store: Warehouse) -> None:
    write_run(store.layout.root, 2)
    with JournalWriter(journal_of(store.layout.root, "run_live")) as journal:
        for seq in range(1, 6):
            journal.append(run_fact("run_live", seq, "event"))
            store.fold()
            assert len(ids(store)) == 2 + seq
    store._clock.advance(timedelta(days=1))  # type: ignore[attr-defined]
    assert len(ids(store)) == 7

"""What a writer and a reader of the store may rely on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from alloynb.evidence.errors import CannotPublish, WriteRefused
from alloynb.evidence.run_facts import new_fact
from alloynb.evidence.warehouse import Warehouse
from runtime_artifacts.journal import Fact, JournalWriter
from tests.fakes.evidence_store import TickingClock, plain_fact, run_fact, write_run


@pytest.fixture
def store(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / ".alloy", clock=TickingClock())


def count(store: Warehouse, where: str = "true") -> int:
    return int(store.query(f"SELECT count(*) FROM facts WHERE {where}").rows[0][0])


def test_an_empty_store_can_be_asked(store: Warehouse) -> None:
    assert store.query("FROM facts").rows == ()
    assert store.path.exists()


def test_what_was_recorded_is_seen_at_once_and_after_every_step(store: Warehouse) -> None:
    with store.session() as session:
        session.record([plain_fact(1)])
        assert count(store) == 1
    assert count(store) == 1
    assert store.fold().published
    assert count(store) == 1
    assert store.rebuild().published
    assert count(store) == 1


def test_recording_the_same_fact_again_changes_nothing(store: Warehouse) -> None:
    first = store.record([plain_fact(1), plain_fact(1)])
    assert len(first) == 1
    assert store.record([plain_fact(1)]) == []
    store.fold()
    assert store.record([plain_fact(1), plain_fact(2)])[0].fact_id == "plain/000002"
    assert count(store) == 2


def test_a_fact_with_an_id_of_its_own_is_written_without_asking_the_store(store: Warehouse) -> None:
    store.record([new_fact("transition", at="2026-01-01T00:00:00Z")])
    assert not store.path.exists()
    assert count(store, "kind = 'transition'") == 1


def test_facts_are_numbered_and_dated_by_their_session(store: Warehouse) -> None:
    with store.session() as session:
        written = session.record([plain_fact(7), plain_fact(3)]) + session.record([plain_fact(9)])
    assert [fact.seq for fact in written] == [1, 2, 3]
    assert written[0].recorded_at < written[1].recorded_at < written[2].recorded_at


def test_a_session_that_says_nothing_leaves_no_file(store: Warehouse) -> None:
    with store.session() as session:
        session.record([])
    assert not store.layout.evidence.exists()


def test_a_closed_session_writes_no_more(store: Warehouse) -> None:
    session = store.session()
    session.record([plain_fact(1)])
    session.close()
    session.close()
    with pytest.raises(WriteRefused):
        session.record([plain_fact(2)])


def test_two_runs_with_journals_of_the_same_name_are_told_apart(store: Warehouse) -> None:
    write_run(store.layout.root, 3, "run_01K00000000000000000000001")
    write_run(store.layout.root, 4, "run_01K00000000000000000000002")
    assert count(store) == 7
    assert store.fold().journals in {0, 2}  # folded when the store was first asked
    assert count(store) == 7
    assert len(store.query("FROM journals")) == 2


def test_a_resumed_run_is_seen_although_its_first_attempt_is_folded(store: Warehouse) -> None:
    write_run(store.layout.root, 3)
    store.fold()
    write_run(store.layout.root, 2, attempt=2)
    assert count(store) == 5
    store.fold()
    assert count(store) == 5


def test_a_run_that_begins_after_the_fold_is_seen(store: Warehouse) -> None:
    write_run(store.layout.root, 1, "run_01KJQ2Z0000000000000000001")
    store.fold()
    for name in ("run_01KJQ2Z0000000000000000000", "run_01KJQ2Z0000000000000000002", "imported", "run_7"):
        write_run(store.layout.root, 1, name)
    assert count(store) == 5


def test_columns_and_payload_keep_their_types(store: Warehouse) -> None:
    fact = run_fact(
        "run_x", 1, "block_finished", simulated=False, exit_code=-9, duration_ms=1.25, payload={"a": [1, {}]}
    )
    with JournalWriter(store.layout.runs / "run_x" / "journal" / "0001.jsonl") as journal:
        journal.append(fact)
    for _ in range(2):
        [row] = store.query("FROM facts").as_dicts()
        assert (row["simulated"], row["exit_code"], row["duration_ms"]) == (False, -9, 1.25)
        assert row["payload"] == {"a": [1, {}]}
        assert row["recorded_at"].isoformat() == "2026-03-02T09:01:41+00:00"
        assert row["journal"] == "runs/run_x/journal/0001.jsonl"
        store.fold()


def test_text_of_any_language_survives(store: Warehouse) -> None:
    text = "é 漢字 \U0001f98a \\ \" \t ' \u2028"
    store.record([plain_fact(1, summary=text, payload={text: text})])
    for _ in range(2):
        assert store.query("SELECT summary, payload FROM facts").rows == ((text, {text: text}),)
        store.fold()


def test_any_duckdb_tool_reads_while_a_run_is_writing(store: Warehouse) -> None:
    program = (
        "import duckdb, sys\n"
        "store = duckdb.connect(sys.argv[1], read_only=True)\n"
        "print(store.execute('SELECT count(*) FROM events').fetchall()[0][0])\n"
    )
    store.fold()
    with JournalWriter(store.layout.runs / "run_x" / "journal" / "0001.jsonl") as journal:
        for seq in (1, 2, 3):
            journal.append(run_fact("run_x", seq, "event"))
            seen = subprocess.run(
                [sys.executable, "-c", program, str(store.path)], capture_output=True, text=True, check=True
            )
            assert int(seen.stdout) == seq


def test_a_connection_that_stays_open_sees_new_facts(store: Warehouse) -> None:
    import duckdb

    store.fold()
    with duckdb.connect(str(store.path), read_only=True) as reader, store.session() as session:
        for number in range(1, 30):
            session.record([plain_fact(number)], durable=False)
            assert reader.execute("SELECT count(*) FROM facts").fetchall() == [(number,)]


def test_a_connection_from_before_a_fold_misses_nothing(store: Warehouse) -> None:
    import duckdb

    store.fold()
    with duckdb.connect(str(store.path), read_only=True) as reader:
        for number in range(1, 5):
            store.record([plain_fact(number)])
            write_run(store.layout.root, 2, f"run_{number}")
            store.fold()
            assert reader.execute("SELECT count(*), count(DISTINCT fact_id) FROM facts").fetchall() == [
                (3 * number, 3 * number)
            ]


def test_paths_with_odd_characters_are_no_wildcards(tmp_path: Path) -> None:
    store = Warehouse(tmp_path / "it's [a] *{b} %20+é" / ".alloy", clock=TickingClock())
    (tmp_path / "it's a *{b} %20+é" / ".alloy").mkdir(parents=True)
    write_run(store.layout.root, 2, "run+1%2B")
    write_run(store.layout.root, 2, "run 2")
    with store.session() as session:
        session.record([plain_fact(1)])
        for _ in range(2):
            assert count(store) == 5
            store.fold()
    assert store.verify().holds


def test_a_path_that_duckdb_cannot_use_is_refused_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(CannotPublish, match="question mark"):
        Warehouse(tmp_path / "why?" / ".alloy").fold()


def test_the_store_verifies(store: Warehouse) -> None:
    assert not store.verify().holds
    write_run(store.layout.root, 5)
    store.record([plain_fact(1)])
    store.fold()
    write_run(store.layout.root, 2, "run_2")
    with store.session() as session:
        session.record([plain_fact(2)])
        found = store.verify()
    assert found.problems == ()
    assert (found.facts, found.native) == (9, 6)
    assert found.orphans == ("runs/run_2/journal/0001.jsonl",)
    assert len(found.live) == 1


def test_verifying_names_a_journal_that_changed_after_it_was_sealed(store: Warehouse) -> None:
    file = write_run(store.layout.root, 2)
    store.fold()
    with file.open("ab") as journal:
        journal.write(plain_fact(3).model_dump_json(exclude_none=True).encode() + b"\n")
    assert any("when it was sealed" in problem for problem in store.verify().problems)


def test_a_view_is_exported(store: Warehouse, tmp_path: Path) -> None:
    import duckdb

    store.record([plain_fact(1), plain_fact(2)])
    for name in ("facts.parquet", "facts.csv", "facts.jsonl"):
        assert store.export("facts", tmp_path / name) == 2
        assert duckdb.sql(f"SELECT count(*) FROM '{tmp_path / name}'").fetchall() == [(2,)]
    assert not list(tmp_path.glob("*.part"))


def test_columns_of_the_store_are_the_fields_of_a_fact(store: Warehouse) -> None:
    from alloynb.evidence.columns import FACT_COLUMNS

    assert list(FACT_COLUMNS) == list(Fact.model_fields)
    described = store.query(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'facts'"
    ).rows
    by_name = {name: kind.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ") for name, kind in described}
    assert {name: by_name[name] for name in FACT_COLUMNS} == FACT_COLUMNS

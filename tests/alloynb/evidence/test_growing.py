"""Queries over journals that are still growing: the same answers, without reading everything again (spec 6.2)."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alloynb.evidence.growing import Growth
from alloynb.evidence.growing_parts import Memo
from alloynb.evidence.query import held_open
from alloynb.evidence.warehouse import Warehouse
from runtime_artifacts.journal import JournalWriter
from tests.fakes.evidence_store import journal_of, run_fact

ROOT = Path(__file__).parents[3]
RUN = "run_01M8ENCE25BYQ7F8H6X1FFYFQR"
OTHER = "run_01M8ENCFR0JSXMG5BTWHPNR1YG"
SMALL = {"worth_bytes": 400, "tail_bytes": 800}
EVERYTHING = "SELECT * FROM facts ORDER BY ALL"


def line_of(run: str, seq: int, kind: str = "event", **columns: Any) -> bytes:
    return run_fact(run, seq, kind, **columns).model_dump_json(exclude_none=True).encode() + b"\n"


def growing_store(folder: Path, told: list[str]) -> Warehouse:
    return Warehouse(folder / ".alloy", growth=Growth(**SMALL, tell=told.append))


def read_anew(store: Warehouse) -> list[tuple[Any, ...]]:
    """All facts as any DuckDB tool reads them: the published file, and every open journal whole."""
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH '{store.path}' AS evidence (READ_ONLY)")
        connection.execute("USE evidence")
        return connection.execute(COUNTED).fetchall()


COUNTED = (
    "SELECT journal, fact_id, kind, seq, event_type, duration_ms, payload::VARCHAR FROM facts ORDER BY ALL"
)


def parts_of(store: Warehouse, key: str) -> tuple[Any, ...]:
    memo = Memo.load(store.layout.growing_folder(key))
    return memo.parts if memo else ()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, told: list[str]) -> Warehouse:
    store = growing_store(tmp_path, told)
    store.fold()
    return store


def key_of(run: str) -> str:
    return f"runs/{run}/journal/0001.jsonl"


def start(store: Warehouse, count: int, run: str = RUN) -> Path:
    file = journal_of(store.layout.root, run)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as journal:
        journal.writelines(line_of(run, seq) for seq in range(1, count + 1))
    return file


def append(file: Path, *lines: bytes) -> None:
    with file.open("ab") as journal:
        journal.writelines(lines)


def numbers(store: Warehouse) -> list[int]:
    return [row[0] for row in store.query("SELECT seq FROM facts ORDER BY seq").rows]


def change_between_samples(file: Path, size: int) -> None:
    """Rewrite one kind in the beginning of a journal, where no sample of a part of `size` bytes lies."""
    hidden = 4096 + (size // 15 - 4096) // 2
    with file.open("r+b") as journal:
        journal.seek(hidden)
        journal.seek(hidden + journal.read(1000).index(b'"kind":"event"'))
        journal.write(b'"kind":"EVENT"')


def test_what_was_read_once_is_not_read_again(store: Warehouse) -> None:
    file = start(store, 2000)
    assert len(numbers(store)) == 2000
    [part] = parts_of(store, key_of(RUN))
    assert part.end == file.stat().st_size

    change_between_samples(file, part.end)
    append(file, line_of(RUN, 2001))

    assert len(numbers(store)) == 2001
    assert store.query("SELECT count(*) FROM facts WHERE kind = 'EVENT'").rows == ((0,),)
    assert read_anew(store) != [tuple(row) for row in store.query(COUNTED).rows]


def test_parts_stay_few_however_often_is_asked(store: Warehouse) -> None:
    file = start(store, 2)
    for seq in range(3, 150, 3):
        append(file, *(line_of(RUN, each) for each in range(seq, seq + 3)))
        assert len(numbers(store)) == seq + 2

    parts = parts_of(store, key_of(RUN))
    assert 1 <= len(parts) <= 6
    assert all(one.bytes > 2 * other.bytes for one, other in itertools.pairwise(parts))


def test_small_journals_are_read_whole(tmp_path: Path) -> None:
    store = Warehouse(tmp_path / ".alloy")
    store.fold()
    start(store, 20)

    assert len(numbers(store)) == 20
    assert not store.layout.growing.exists() or not any(store.layout.growing.glob("*/*"))


def test_a_line_that_is_being_written_is_seen_when_it_is_whole(store: Warehouse) -> None:
    file = start(store, 5)
    whole = line_of(RUN, 6)
    append(file, whole[:40])
    assert numbers(store) == [1, 2, 3, 4, 5]
    append(file, whole[40:], line_of(RUN, 7))

    assert numbers(store) == [1, 2, 3, 4, 5, 6, 7]


def test_a_rewritten_beginning_is_read_anew_and_told(store: Warehouse, told: list[str]) -> None:
    file = start(store, 10)
    numbers(store)
    content = file.read_bytes()
    with file.open("r+b") as journal:  # the same file, the same size
        journal.write(content.replace(b'"event"', b'"EVENT"', 1))

    assert [row[0] for row in store.query("SELECT kind FROM facts WHERE seq = 1").rows] == ["EVENT"]
    assert told == [
        f"{key_of(RUN)} was rewritten, where a journal only grows; it is read anew from its beginning"
    ]


def test_a_cut_journal_is_read_anew_and_told(store: Warehouse, told: list[str]) -> None:
    file = start(store, 10)
    numbers(store)
    os.truncate(file, len(line_of(RUN, 1)) * 4)

    assert numbers(store) == [1, 2, 3, 4]
    assert f"{key_of(RUN)} was cut to" in told[0]


def test_another_file_of_this_name_is_read_anew_and_told(store: Warehouse, told: list[str]) -> None:
    file = start(store, 10)
    numbers(store)
    beside = file.with_suffix(".new")
    shutil.copyfile(file, beside)
    append(beside, line_of(RUN, 11))
    beside.replace(file)

    assert numbers(store) == list(range(1, 12))
    assert "was replaced by another file" in told[0]


def test_a_change_between_samples_is_found_by_verify(store: Warehouse) -> None:
    file = start(store, 2000)
    store.query("SELECT count(*) FROM facts")
    [part] = parts_of(store, key_of(RUN))
    with file.open("rb") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)  # as its writer would
        change_between_samples(file, part.end)
        problems = store.verify().problems

    assert any("was rewritten, where a journal only grows" in each for each in problems)


@pytest.mark.parametrize("harm", ["cut", "other bytes", "gone", "memo", "no memo"])
def test_harm_to_what_is_kept_harms_no_answer(store: Warehouse, harm: str) -> None:
    file = start(store, 10)
    numbers(store)
    folder = store.layout.growing_folder(key_of(RUN))
    [part] = folder.glob("*.parquet")
    if harm == "cut":
        os.truncate(part, 100)
    elif harm == "other bytes":
        part.write_bytes(b"\0" * part.stat().st_size)
    elif harm == "gone":
        part.unlink()
    elif harm == "memo":
        (folder / "memo.json").write_text("{")
    else:
        (folder / "memo.json").unlink()
    append(file, line_of(RUN, 11))

    assert numbers(store) == list(range(1, 12))
    assert numbers(store) == list(range(1, 12))


def test_where_nothing_may_be_written_everything_is_read_whole(store: Warehouse) -> None:
    start(store, 10)
    store.layout.growing.parent.mkdir(exist_ok=True)
    store.layout.growing.write_text("in the way")

    assert numbers(store) == list(range(1, 11))


def test_a_sealed_journal_is_forgotten(store: Warehouse) -> None:
    start(store, 10)
    numbers(store)
    assert parts_of(store, key_of(RUN))
    store.fold()  # nobody holds the lock of the journal: it is sealed
    store.fold()

    assert numbers(store) == list(range(1, 11))
    assert not store.layout.growing_folder(key_of(RUN)).exists()
    assert store.verify().holds


def test_questions_through_one_connection_see_what_came_since(store: Warehouse) -> None:
    file = start(store, 10)
    with held_open():
        for seq in range(11, 20):
            append(file, line_of(RUN, seq))
            assert numbers(store) == list(range(1, seq + 1))
        shutil.rmtree(store.layout.growing)
        file.unlink()
        assert numbers(store) == []


def test_lines_that_are_no_facts_are_left_out_as_ever(store: Warehouse) -> None:
    file = start(store, 3)
    append(
        file,
        b"not json\n",
        b'{"fact_id": "x", "kind": "event"}\n',
        b"\n",
        b'{"fact_id": "y", "kind": "event", "seq": "many", "recorded_at": "2026-03-02T12:00:00Z"}\n',
        b'{"fact_id": "\xff", "kind": "event", "seq": 5, "recorded_at": "2026-03-02T12:00:00Z"}\n',
        b'{"fact_id": "z", "kind": "event", "seq": 6, "recorded_at": "2026-03-02T12:00:00Z", "exit_code": "odd"}\n',
        line_of(RUN, 7, payload={"a": [1, {"b": "\u00e9"}]}),
    )

    for _ in range(2):
        with_parts = [tuple(row) for row in store.query(COUNTED).rows]
        assert with_parts == read_anew(store)


def test_readers_at_once_see_the_same(store: Warehouse) -> None:
    file = start(store, 30)
    counts: list[int] = []

    def ask() -> None:
        for _ in range(6):
            counts.append(len(numbers(store)))

    readers = [threading.Thread(target=ask) for _ in range(3)]
    for reader in readers:
        reader.start()
    for seq in range(31, 61):
        append(file, line_of(RUN, seq))
    for reader in readers:
        reader.join()

    assert all(30 <= count <= 60 for count in counts)
    assert len(counts) == 18
    assert numbers(store) == list(range(1, 61))


_KILLED = """
import sys; from pathlib import Path
from alloynb.evidence.growing import Growth; from alloynb.evidence.warehouse import Warehouse
store = Warehouse(Path(sys.argv[1]), growth=Growth(worth_bytes=400, tail_bytes=800))
print("ready", flush=True)
while True:
    store.query("SELECT count(*) FROM facts")
"""


@pytest.mark.slow
def test_readers_that_are_killed_leave_nothing_wrong_behind(store: Warehouse) -> None:
    file = start(store, 10)
    seq = 10
    for _ in range(4):
        reader = subprocess.Popen(
            [sys.executable, "-c", _KILLED, str(store.layout.root)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'artifacts'}"},
        )
        assert reader.stdout is not None
        reader.stdout.readline()
        for _ in range(40):
            seq += 1
            append(file, line_of(RUN, seq))
            threading.Event().wait(0.005)
        reader.kill()
        reader.wait()
        reader.stdout.close()
        assert numbers(store) == list(range(1, seq + 1))


def test_a_journal_that_is_sealed_while_it_is_asked_is_seen_once(store: Warehouse) -> None:
    counts: list[int] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            counts.append(store.query("SELECT count(*) FROM facts").rows[0][0])

    reader = threading.Thread(target=ask)
    reader.start()
    try:
        for number in range(6):
            with JournalWriter(journal_of(store.layout.root, f"run_{number}")) as journal:
                for seq in range(1, 11):
                    journal.append(run_fact(f"run_{number}", seq, "event"))
            store.fold()
    finally:
        done.set()
        reader.join()

    assert counts == sorted(counts)
    assert store.query("SELECT count(*) FROM facts").rows == ((60,),)


class GrowingJournals(RuleBasedStateMachine):
    """Whatever happens to journals and to what is kept of them: a query says what reading everything anew says."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.told: list[str] = []
        self.store = growing_store(self.folder, self.told)
        self.store.fold()
        self.locks: dict[str, int] = {}
        self.seq = {RUN: 0, OTHER: 0}
        self.rest: dict[str, bytes] = {}
        for run in (RUN, OTHER):
            file = journal_of(self.store.layout.root, run)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
            self.locks[run] = os.open(file, os.O_RDONLY)
            fcntl.flock(self.locks[run], fcntl.LOCK_EX)

    def teardown(self) -> None:
        for lock in getattr(self, "locks", {}).values():
            os.close(lock)
        shutil.rmtree(getattr(self, "folder", "/nonexistent"), ignore_errors=True)

    def file(self, run: str) -> Path:
        return journal_of(self.store.layout.root, run)

    @rule(run=st.sampled_from([RUN, OTHER]), count=st.integers(1, 8), gate=st.booleans())
    def grow(self, run: str, count: int, gate: bool) -> None:
        lines = [self.rest.pop(run, b"")]
        for _ in range(count):
            self.seq[run] += 1
            lines.append(line_of(run, self.seq[run], "gate_finished" if gate else "event", duration_ms=1.5))
        append(self.file(run), *lines)

    @rule(run=st.sampled_from([RUN, OTHER]), at=st.integers(1, 100))
    def grow_by_a_part_of_a_line(self, run: str, at: int) -> None:
        if run not in self.rest:
            self.seq[run] += 1
            line = line_of(run, self.seq[run])
            append(self.file(run), line[:at])
            self.rest[run] = line[at:]

    @rule(
        run=st.sampled_from([RUN, OTHER]),
        line=st.sampled_from([b"no fact\n", b"\n", b"{}\n", b'{"seq": 1\n']),
    )
    def grow_by_what_is_no_fact(self, run: str, line: bytes) -> None:
        append(self.file(run), self.rest.pop(run, b""), line)

    @rule(run=st.sampled_from([RUN, OTHER]), share=st.floats(0, 1))
    def cut(self, run: str, share: float) -> None:
        os.truncate(self.file(run), int(self.file(run).stat().st_size * share))
        self.rest.pop(run, None)

    @rule(run=st.sampled_from([RUN, OTHER]), grown=st.booleans())
    def rewrite(self, run: str, grown: bool) -> None:
        content = self.file(run).read_bytes().replace(b'"event"', b'"EVENT"', 1)
        with self.file(run).open("r+b") as journal:
            journal.write(content + (b"\n" if grown else b""))

    @rule(run=st.sampled_from([RUN, OTHER]))
    def replace(self, run: str) -> None:
        beside = self.file(run).with_suffix(".new")
        shutil.copyfile(self.file(run), beside)
        os.close(self.locks[run])
        beside.replace(self.file(run))
        self.locks[run] = os.open(self.file(run), os.O_RDONLY)
        fcntl.flock(self.locks[run], fcntl.LOCK_EX)

    @rule(share=st.floats(0, 1))
    def harm_what_is_kept(self, share: float) -> None:
        kept = sorted(each for each in self.store.layout.growing.rglob("*") if each.is_file())
        if kept:
            harmed = kept[int(share * (len(kept) - 1))]
            harmed.write_bytes(harmed.read_bytes()[:-3])

    @rule()
    def fold(self) -> None:
        self.store.fold()

    @rule()
    def leave_behind_what_a_killed_reader_would(self) -> None:
        tail = self.store.layout.tails / "killed"
        tail.mkdir(parents=True, exist_ok=True)
        (tail / "lines").write_bytes(b'{"fact_id"')

    @invariant()
    def the_same_is_seen(self) -> None:
        if hasattr(self, "store"):
            asked = [
                (*row[:-1], None if row[-1] is None else json.loads(row[-1]))
                for row in self.store.query(COUNTED).rows
            ]
            anew = [
                (*row[:-1], None if row[-1] is None else json.loads(row[-1])) for row in read_anew(self.store)
            ]
            assert asked == anew


TestGrowingJournals = GrowingJournals.TestCase
TestGrowingJournals.settings = settings(max_examples=8, stateful_step_count=12, deadline=None)

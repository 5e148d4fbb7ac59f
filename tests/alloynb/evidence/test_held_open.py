"""Holding the store open: many questions through one connection, and each still sees the present."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from alloynb.evidence.errors import BadQuery, QueryTooLong
from alloynb.evidence.query import held_open
from alloynb.evidence.warehouse import Warehouse
from tests.fakes.evidence_store import TickingClock, plain_fact, write_run


@pytest.fixture
def store(tmp_path: Path) -> Warehouse:
    made = Warehouse(tmp_path / ".alloy", clock=TickingClock())
    made.record([plain_fact(1)])
    made.fold()
    return made


def count(store: Warehouse) -> int:
    [(found,)] = store.query("SELECT count(*) FROM facts").rows
    return int(found)


def locked(store: Warehouse) -> bool:
    """Whether this process holds the published file open."""
    held = [each.resolve() for each in Path("/proc/self/fd").iterdir() if each.exists()]
    return store.path in held


def test_a_question_sees_facts_that_were_appended_after_it_was_opened(store: Warehouse) -> None:
    with held_open():
        assert count(store) == 1
        store.record([plain_fact(2)])
        assert count(store) == 2
        with store.session() as session:
            for number in range(3, 8):
                session.record([plain_fact(number)])
                assert count(store) == number


def test_a_question_sees_what_was_published_after_it_was_opened(store: Warehouse) -> None:
    with held_open():
        assert count(store) == 1
        write_run(store.layout.root, 3)
        store.fold()
        assert store.query("SELECT count(*) FROM store.facts").rows == ((4,),)
        store.path.unlink()
        assert count(store) == 4


def test_a_published_file_that_is_spoilt_meanwhile_is_published_anew(store: Warehouse) -> None:
    with held_open():
        assert count(store) == 1
        store.path.write_bytes(b"spoilt")
        assert count(store) == 1


def test_two_stores_are_not_mixed_up(store: Warehouse, tmp_path: Path) -> None:
    other = Warehouse(tmp_path / "other" / ".alloy", clock=TickingClock())
    other.record([plain_fact(number) for number in range(1, 6)])
    with held_open():
        assert [count(each) for each in (store, other, store)] == [1, 5, 1]


def test_a_question_that_fails_or_takes_too_long_harms_no_later_one(store: Warehouse) -> None:
    with held_open():
        with pytest.raises(BadQuery):
            store.query("FROM nothing_of_this_name")
        assert count(store) == 1
        with pytest.raises(QueryTooLong):
            store.query("SELECT count(*) FROM range(10000000) a, range(10000000) b", time_limit_s=0.05)
        assert count(store) == 1
        with pytest.raises(BadQuery):
            store.query("FROM read_csv('/etc/passwd')")


def test_the_file_is_held_only_while_it_lasts_and_by_this_thread_alone(store: Warehouse) -> None:
    count(store)
    assert not locked(store)
    with held_open():
        with held_open():
            count(store)
        assert locked(store), "the outer one holds it still"
        found: list[int] = []
        threads = [threading.Thread(target=lambda: found.append(count(store))) for _ in range(2)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert found == [1, 1]
    assert not locked(store)
    with pytest.raises(BadQuery), held_open():
        store.query("FROM nothing_of_this_name")
    assert not locked(store)

"""Whoever serves is woken; and knows when it would not be."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from foundry_kernel.runner.backends.database import Database
from foundry_kernel.runner.backends.durable import DurableQueue
from foundry_kernel.runner.backends.wake import ChannelListener, Listener, VersionListener, listener_for
from tests.fakes.queue_runner import piece_of_work

_PATIENCE_S = 20.0


@contextmanager
def listening(listener: Listener) -> Iterator[threading.Semaphore]:
    """Counts how often it was told that there may be work."""
    told, stop = threading.Semaphore(0), threading.Event()

    def tell() -> None:
        told.release()

    thread = threading.Thread(target=listener.listen, args=(tell, stop))
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join(_PATIENCE_S)
        assert not thread.is_alive()


def until(true: Callable[[], bool]) -> None:
    """Wait for something."""
    deadline = time.monotonic() + _PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def told_of(told: threading.Semaphore, act: Callable[[], object]) -> bool:
    """Whether an act is heard."""
    while told.acquire(blocking=False):
        pass
    act()
    return told.acquire(timeout=_PATIENCE_S)


def cut_everything(database: Database) -> None:
    """As if the network dropped every connection to the database."""
    others = "WHERE pid <> pg_backend_pid() AND datname = current_database()"
    with database.engine.connect() as connection:
        connection.execute(sa.text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity {others}"))


def test_what_is_put_in_is_heard_on_postgresql(queue: DurableQueue) -> None:
    listener = listener_for(queue.database)
    assert isinstance(listener, ChannelListener)
    assert not listener.hears, "nothing is proved yet"
    with listening(listener) as told:
        until(lambda: listener.hears)
        assert told_of(told, lambda: queue.enqueue(piece_of_work(1)))
        assert listener.hears


def test_a_connection_that_was_cut_is_replaced_by_one_that_hears(queue: DurableQueue) -> None:
    listener, other = ChannelListener(queue.database), Database(queue.database.url)
    with listening(listener) as told:
        until(lambda: listener.hears)
        cut_everything(other)
        until(lambda: not listener.hears)
        assert told.acquire(timeout=_PATIENCE_S), "whoever serves has to look by itself now"
        until(lambda: listener.hears)
        assert told_of(told, lambda: queue.enqueue(piece_of_work(2)))
    other.close()


class Pooled(Database):
    """A database behind a pooler that does not carry what is told on a channel."""

    def wake(self, connection: sa.Connection, word: str = "") -> None:
        """Nobody hears it."""


def test_a_pooler_that_does_not_carry_what_is_told_is_noticed(queue: DurableQueue) -> None:
    database = Pooled(queue.database.url)
    listener = ChannelListener(database)
    with listening(listener) as told:
        assert told.acquire(timeout=_PATIENCE_S), "it gave up to hear"
        assert not listener.hears
    database.close()


def test_a_database_that_is_gone_ends_no_listener() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    listener = listener_for(database)
    with listening(listener) as told:
        assert told.acquire(timeout=_PATIENCE_S)
        assert told.acquire(timeout=_PATIENCE_S), "it tried again"
        assert not listener.hears


def test_what_is_put_into_a_file_is_heard_and_nothing_else(tmp_path: Path) -> None:
    queue = DurableQueue(f"sqlite:///{tmp_path}/queue.db")
    queue.database.create()
    listener = listener_for(queue.database)
    assert isinstance(listener, VersionListener)
    with listening(listener) as told:
        until(lambda: listener.hears)
        while told.acquire(timeout=0.2):
            pass
        assert not told.acquire(timeout=0.2), "nobody wrote"
        assert told_of(told, lambda: queue.enqueue(piece_of_work(1)))
    queue.close()

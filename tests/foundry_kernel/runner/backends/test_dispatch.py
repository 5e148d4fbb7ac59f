"""Slots are given to what waits, oldest first; nobody looks all the time, and nothing that was taken is forgotten."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from foundry_kernel.runner.backends.backend import Holding, QueueUnreachable
from foundry_kernel.runner.backends.dispatch import AT_ONCE, Dispatcher
from foundry_kernel.runner.backends.holds import Taken
from tests.fakes.queue_runner import piece_of_work

_PATIENCE_S = 20.0


class Counter:
    """A desk that holds numbers, whose requests last until they are let go."""

    def __init__(self, waiting: int) -> None:
        self.waiting = list(range(waiting))
        self.asked: list[int] = []
        self.serving: list[str] = []
        self.most_at_a_time = 0
        self.served: list[str] = []
        self.known: list[frozenset[str]] = []
        self.go = threading.Semaphore(0)
        self.answers_lost = 0
        self._lock = threading.Lock()

    def take(self, most: int) -> list[Taken]:
        self.asked.append(most)
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        works = [piece_of_work(number) for number in taken]
        if self.answers_lost:
            self.answers_lost -= 1
            raise QueueUnreachable("it went away when it had committed")
        return [Taken(each, Holding(each.key, 1)) for each in works]

    def serve(self, taken: Taken) -> None:
        with self._lock:
            self.serving.append(taken.work.request_id)
            self.most_at_a_time = max(self.most_at_a_time, len(self.serving))
        self.go.acquire(timeout=_PATIENCE_S)
        with self._lock:
            self.serving.remove(taken.work.request_id)
            self.served.append(taken.work.request_id)

    def give_back_unknown(self, known: Collection[str]) -> None:
        self.known.append(frozenset(known))


class Told:
    """A listener that is told by the test."""

    def __init__(self, *, hears: bool) -> None:
        self.hears = hears
        self.changed: Callable[[], None] = lambda: None

    def listen(self, changed: Callable[[], None], stop: threading.Event) -> None:
        self.changed = changed
        stop.wait()


@contextmanager
def dispatching(desk: Counter, listener: Told, slots: int, poll_s: float = 600.0) -> Iterator[Dispatcher]:
    """A dispatcher at work, which ends with everything that it serves."""
    dispatcher = Dispatcher(desk, listener, slots, poll_s)
    dispatcher.start()
    try:
        yield dispatcher
    finally:
        desk.go.release(1000)
        assert dispatcher.stop(_PATIENCE_S) == 0


def until(true: Callable[[], bool]) -> None:
    """Wait for something."""
    deadline = time.monotonic() + _PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_no_more_runs_than_there_are_slots_and_a_free_slot_is_given_at_once() -> None:
    desk = Counter(waiting=7)
    with dispatching(desk, Told(hears=False), slots=3) as dispatcher:
        until(lambda: len(desk.serving) == 3)
        assert (dispatcher.running, desk.asked) == (3, [3])
        desk.go.release(2)
        until(lambda: len(desk.served) == 2 and len(desk.serving) == 3)
        desk.go.release(5)
        until(lambda: len(desk.served) == 7)

    assert desk.most_at_a_time == 3
    assert set(desk.served) == {piece_of_work(number).request_id for number in range(7)}


def test_a_batch_is_not_taken_by_one_runner_in_one_go() -> None:
    desk = Counter(waiting=10)
    with dispatching(desk, Told(hears=False), slots=20):
        until(lambda: len(desk.serving) == 10)

    assert set(desk.asked) == {AT_ONCE}
    assert len(desk.asked) == 3


def test_who_is_told_looks_at_once_and_who_is_not_looks_by_itself() -> None:
    told, deaf = Counter(waiting=0), Counter(waiting=0)
    listener = Told(hears=True)
    with dispatching(told, listener, slots=1), dispatching(deaf, Told(hears=False), slots=1, poll_s=0.02):
        until(lambda: len(told.asked) >= 1 and len(deaf.asked) >= 5)
        assert len(told.asked) == 1
        told.waiting, deaf.waiting = [1], [1]
        listener.changed()
        until(lambda: bool(told.serving) and bool(deaf.serving))


def test_what_was_taken_when_the_answer_was_lost_is_given_back_and_what_runs_is_kept() -> None:
    desk, listener = Counter(waiting=1), Told(hears=False)
    with dispatching(desk, listener, slots=3, poll_s=0.02):
        until(lambda: len(desk.serving) == 1)
        desk.answers_lost, desk.waiting = 1, [5, 6]
        until(lambda: bool(desk.known))

    assert desk.known == [frozenset({piece_of_work(0).key})]


def test_what_still_runs_at_the_end_of_the_patience_is_counted() -> None:
    desk = Counter(waiting=2)
    dispatcher = Dispatcher(desk, Told(hears=False), slots=2, poll_s=600)
    dispatcher.start()
    until(lambda: len(desk.serving) == 2)

    assert dispatcher.stop(0.05) == 2
    desk.go.release(2)
    until(lambda: dispatcher.running == 0)
    assert desk.asked == [2], "nothing more was taken"

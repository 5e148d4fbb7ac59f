"""Giving slots to requests: takes what waits when there is a slot, oldest first, and runs each in a thread of its own.

It takes few at a time, so that a runner that comes first does not take a batch for itself while another one idles, and
looks again at once as long as there was something to take. Otherwise it waits until it is told that there may be work
or a slot became free; and looks by itself now and then, often where nothing tells it.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from foundry_kernel.runner.backends.backend import QueueUnreachable
from foundry_kernel.runner.backends.holds import Taken
from foundry_kernel.runner.backends.wake import Listener

AT_ONCE = 4
"""So many are taken in one transaction at most."""

LOOK_EVERY_S = 2.0
"""Seconds between two looks of somebody who would be told."""


class Desk(Protocol):
    """Where requests are taken and served."""

    def take(self, most: int) -> list[Taken]:
        """Hold requests that wait, at most so many, > 0."""
        ...

    def serve(self, taken: Taken) -> None:
        """Bring a request that is held to its end, or give it back; called in a thread of its own."""
        ...

    def give_back_unknown(self, known: Collection[str]) -> None:
        """Give back what is held here under keys that are not known: nobody heard that it was taken."""
        ...


class Dispatcher:
    """Takes requests for one process, as many at a time as it has slots."""

    def __init__(self, desk: Desk, listener: Listener, slots: int, poll_s: float) -> None:
        """Prepare; `start` begins.

        Args:
            poll_s: seconds between two looks where nothing tells that there is work.
        """
        self._desk = desk
        self._listener = listener
        self._slots = slots
        self._poll_s = poll_s
        self._taken: list[str] = []
        self._changed = threading.Event()
        self._stop = threading.Event()
        self._lock = threading.Condition()
        self._threads = (
            threading.Thread(target=self._dispatch, name="foundry-dispatcher", daemon=True),
            threading.Thread(
                target=listener.listen,
                args=(self._changed.set, self._stop),
                name="foundry-listener",
                daemon=True,
            ),
        )

    @property
    def running(self) -> int:
        """Requests that have a slot now."""
        return len(self._taken)

    def start(self) -> None:
        """Begin to take requests."""
        for thread in self._threads:
            thread.start()

    def stop(self, wait_s: float) -> int:
        """Take nothing more, and wait at most so many seconds for what runs; how many still run."""
        self._stop.set()
        self._changed.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=10)
        with self._lock:
            self._lock.wait_for(lambda: not self._taken, timeout=wait_s)
        return self.running

    def _dispatch(self) -> None:
        unsure = False
        while not self._stop.is_set():
            self._changed.clear()
            try:
                if unsure:
                    self._desk.give_back_unknown(frozenset(self._taken))
                unsure = False
                again = self._take_some()
            except (QueueUnreachable, SQLAlchemyError):  # perhaps it was taken and the answer was lost
                unsure, again = True, False
                self._stop.wait(self._poll_s)
            if not again:
                self._changed.wait(LOOK_EVERY_S if self._listener.hears else self._poll_s)

    def _take_some(self) -> bool:
        """Take for free slots; whether there may be more."""
        most = min(self._slots - self.running, AT_ONCE)
        if most <= 0:
            return False
        taken = self._desk.take(most)
        for each in taken:
            with self._lock:
                self._taken.append(each.holding.key)
            threading.Thread(target=self._serve, args=(each,), name="foundry-request", daemon=True).start()
        return len(taken) == most

    def _serve(self, taken: Taken) -> None:
        try:
            self._desk.serve(taken)
        finally:
            with self._lock:
                self._taken.remove(taken.holding.key)
                self._lock.notify_all()
            self._changed.set()

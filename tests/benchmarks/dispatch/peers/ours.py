"""The durable queue of this project, as `foundry-kernel serve --queue` serves it: hold, one recorded step, end, log."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from tests.benchmarks.dispatch.database import Counted
from tests.benchmarks.dispatch.notes import began
from tests.benchmarks.dispatch.peer import SLOTS, Peer, Place

if TYPE_CHECKING:
    from foundry_kernel.runner.backends.backend import Finished, Holding, Wish, Work


class Noting:
    """Executes in no time, and notes the beginning."""

    def materialize(self, work: Work) -> None:
        """There is nothing to lay out."""

    def execute(self, work: Work, holding: Holding, wish: Callable[[], Wish | None]) -> Finished:
        """Note it."""
        from foundry_kernel.runner.backends.backend import Finished

        began(int(work.request_id.removeprefix("runreq_")))
        return Finished("completed")


class Ours:
    """Ends are counted in its log, which is written with the end itself."""

    def __init__(self, place: Place) -> None:
        from foundry_kernel.runner.backends.durable import DurableQueue

        self.url, self.queue, self.put_in = place.url, DurableQueue(place.url), 0
        self.ended = Counted(place.url, "SELECT count(*) FROM foundry_log WHERE event = 'ended'")

    def create(self) -> None:
        """Its tables and those of its library."""
        self.queue.create()

    def put(self, numbers: Iterable[int]) -> None:
        """A request for each, with a key of its own."""
        from tests.fakes.queue_runner import piece_of_work

        for number in numbers:
            self.queue.enqueue(piece_of_work(number))
            self.put_in += 1

    def left(self) -> int:
        """Those put in less those that ended."""
        return self.put_in - self.ended()

    def work(self) -> None:
        """With 20 slots."""
        from foundry_kernel.runner.backends.durable import QueueServer, ServeQueue

        how = ServeQueue(f"runner{os.getpid()}", ("shop",), slots=SLOTS, ttl_s=60)
        QueueServer(self.url, Noting(), how).start()
        threading.Event().wait()


PEER = Peer(
    name="ours",
    title="ours",
    databases=("sqlite", "postgresql"),
    survives="requests, holds, what ran, ends; others take over",
    driven=Ours,
)

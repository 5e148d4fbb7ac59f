"""One process of the dispatch benchmark: it fills a queue, works it off, or asks now and then; ours, a floor, a peer.

    python tests/benchmarks/dispatch_peers.py QUEUE URL FOLDER fill|work|ask COUNT

Each queue is driven by its own public calls and told the same: numbers. Whoever works notes number and moment in the
folder, once for each job that begins; `work` waits for the file `go`, so that loading is not measured. The moments are
those of one machine's monotonic clock. Peers run in an environment of their own: each is imported where it is driven.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

SLOTS = 20
LOOK_S = 0.1
PLAIN_LOOK_S = 0.01
Began = Callable[[int], None]


class Driven(Protocol):
    """A queue under measurement."""

    def create(self) -> None:
        """Make its tables."""

    def put(self, numbers: Iterable[int]) -> None:
        """Enqueue, in one go where the queue can."""

    def work(self, began: Began) -> None:
        """Serve until killed."""


class Plain:
    """The floor: one table, one transaction to take and one to end, a look every 10 ms when there is nothing."""

    def __init__(self, url: str) -> None:
        self.base: Any
        if url.startswith("sqlite"):
            self.base = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
            self.base.execute("PRAGMA journal_mode=WAL")
            self.mark, lock = "?", ""
        else:
            import psycopg

            self.base = psycopg.connect(url, autocommit=True)
            self.mark, lock = "%s", "FOR UPDATE SKIP LOCKED"
        self.take = (
            "UPDATE work SET state = 'running' WHERE id = "
            f"(SELECT id FROM work WHERE state = 'waiting' ORDER BY id LIMIT 1 {lock}) RETURNING id"
        )

    def create(self) -> None:
        self.base.execute("CREATE TABLE work (id INTEGER PRIMARY KEY, state TEXT)")

    def put(self, numbers: Iterable[int]) -> None:
        rows = [(number,) for number in numbers]
        self.base.cursor().executemany(f"INSERT INTO work VALUES ({self.mark}, 'waiting')", rows)

    def work(self, began: Began) -> None:
        while True:
            taken = self.base.execute(self.take).fetchall()
            for (number,) in taken:
                began(number)
                self.base.execute(f"UPDATE work SET state = 'ended' WHERE id = {self.mark}", (number,))
            if not taken:
                time.sleep(PLAIN_LOOK_S)


class Ours:
    """The durable queue of this project, as `foundry-kernel serve --queue` serves it."""

    def __init__(self, url: str) -> None:
        from foundry_kernel.runner.backends.durable import DurableQueue

        self.url, self.queue = url, DurableQueue(url)

    def create(self) -> None:
        self.queue.create()

    def put(self, numbers: Iterable[int]) -> None:
        from tests.fakes.queue_runner import piece_of_work

        for number in numbers:
            self.queue.enqueue(piece_of_work(number))

    def work(self, began: Began) -> None:
        from foundry_kernel.runner.backends.backend import Finished, Holding, Wish, Work
        from foundry_kernel.runner.backends.durable import QueueServer, ServeQueue

        class Noting:
            def materialize(self, work: Work) -> None:
                """There is nothing to lay out."""

            def execute(self, work: Work, holding: Holding, wish: Callable[[], Wish | None]) -> Finished:
                began(int(work.request_id.removeprefix("runreq_")))
                return Finished("completed")

        how = ServeQueue(f"runner{os.getpid()}", ("shop",), slots=SLOTS, ttl_s=60)
        QueueServer(self.url, Noting(), how).start()
        threading.Event().wait()


class Procrastinate:
    """PostgreSQL, woken by LISTEN and NOTIFY."""

    def __init__(self, url: str) -> None:
        from procrastinate import App, PsycopgConnector

        self.app = App(connector=PsycopgConnector(conninfo=url))
        self.began: Began = lambda number: None
        self.task = self.app.task(name="begin")(self._begin)

    async def _begin(self, number: int) -> None:
        self.began(number)

    def create(self) -> None:
        with self.app.open():
            self.app.schema_manager.apply_schema()

    def put(self, numbers: Iterable[int]) -> None:
        if not hasattr(self, "opened"):
            self.opened = self.app.open().__enter__()
        self.task.batch_defer(*({"number": number} for number in numbers))

    def work(self, began: Began) -> None:
        self.began = began
        self.app.run_worker(concurrency=SLOTS)


class PgQueuer:
    """PostgreSQL, woken by LISTEN and NOTIFY; on the event loop that its own command line takes."""

    def __init__(self, url: str) -> None:
        import psycopg
        import uvloop
        from pgqueuer.db import PsycopgDriver

        self.loop = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        connected = psycopg.AsyncConnection.connect(url, autocommit=True)
        connection = self.loop.run(connected)
        self.loop.run(self._driver(PsycopgDriver, connection))

    async def _driver(self, kind: Any, connection: Any) -> None:
        from pgqueuer.queries import Queries

        self.driver = kind(connection)
        self.queries = Queries(self.driver)

    def create(self) -> None:
        self.loop.run(self.queries.install())

    def put(self, numbers: Iterable[int]) -> None:
        payloads = [str(number).encode() for number in numbers]
        self.loop.run(self.queries.enqueue(["begin"] * len(payloads), payloads, [0] * len(payloads)))

    def work(self, began: Began) -> None:
        self.loop.run(self._work(began))

    async def _work(self, began: Began) -> None:
        from pgqueuer import PgQueuer as Served

        async def begin(job: Any) -> None:
            began(int(job.payload))

        served = Served(self.driver)
        served.entrypoint("begin")(begin)
        await served.run(batch_size=SLOTS)


class Huey:
    """SQLite, looked at as often as ours; a job leaves the table before it begins, so a killed worker loses it."""

    def __init__(self, url: str) -> None:
        from huey import SqliteHuey

        self.huey = SqliteHuey(filename=url.removeprefix("sqlite:///"), results=False)
        self.began: Began = lambda number: None
        self.task = self.huey.task(name="begin")(self._begin)

    def _begin(self, number: int) -> None:
        self.began(number)

    def create(self) -> None:
        """It makes its table when it opens the file."""

    def put(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.task(number)

    def work(self, began: Began) -> None:
        self.began = began
        self.huey.create_consumer(workers=1, periodic=False, initial_delay=LOOK_S, max_delay=LOOK_S).run()


QUEUES: dict[str, Callable[[str], Driven]] = {
    "plain": Plain,
    "ours": Ours,
    "procrastinate": Procrastinate,
    "pgqueuer": PgQueuer,
    "huey": Huey,
}


def main(arguments: list[str]) -> None:
    """See the top of this module."""
    name, url, given, role, count = arguments
    folder, queue = Path(given), QUEUES[name](url)
    if role == "fill":
        queue.create()
        queue.put(range(int(count)))
    elif role == "work":
        with (folder / f"began.{os.getpid()}").open("a", buffering=1) as notes:
            (folder / f"ready.{os.getpid()}").touch()
            while not (folder / "go").exists():
                time.sleep(0.005)
            queue.work(lambda number: print(f"{number} {time.monotonic()}\n", end="", file=notes))
    else:
        choice = random.Random(7)
        with (folder / "asked").open("a", buffering=1) as notes:
            for number in range(int(count)):
                time.sleep(choice.uniform(0.15, 0.25))
                asked = time.monotonic()
                queue.put([100_000 + number])
                print(100_000 + number, asked, file=notes)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])

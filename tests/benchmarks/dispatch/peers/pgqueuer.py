# the peer's own environment has what is imported here, ours has not
# mypy: disable-error-code="import-not-found"
"""PostgreSQL, woken by LISTEN and NOTIFY; on the event loop that its own command line takes.

Over asyncpg: over psycopg its wait for a notification holds the one connection for up to a second, and the job waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from tests.benchmarks.dispatch.database import Counted
from tests.benchmarks.dispatch.notes import began
from tests.benchmarks.dispatch.peer import SLOTS, Peer, Place


class PgQueuer:
    """A job that ended leaves its table for its log."""

    def __init__(self, place: Place) -> None:
        import asyncpg
        import uvloop
        from pgqueuer.db import AsyncpgDriver

        self.left = Counted(place.url, "SELECT count(*) FROM pgqueuer")
        self.loop = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self.loop.run(self._driver(AsyncpgDriver, asyncpg.connect(place.url)))

    async def _driver(self, kind: Any, connecting: Any) -> None:
        from pgqueuer.queries import Queries

        self.driver = kind(await connecting)
        self.queries = Queries(self.driver)

    def create(self) -> None:
        """Its tables and triggers."""
        self.loop.run(self.queries.install())

    def put(self, numbers: Iterable[int]) -> None:
        """In one statement."""
        payloads = [str(number).encode() for number in numbers]
        self.loop.run(self.queries.enqueue(["begin"] * len(payloads), payloads, [0] * len(payloads)))

    def work(self) -> None:
        """In batches of 20."""
        self.loop.run(self._work())

    async def _work(self) -> None:
        from pgqueuer import PgQueuer as Served

        async def begin(job: Any) -> None:
            began(int(job.payload))

        served = Served(self.driver)
        served.entrypoint("begin")(begin)
        await served.run(batch_size=SLOTS)


PEER = Peer(
    name="pgqueuer",
    title="pgqueuer",
    databases=("postgresql",),
    survives="requests and ends; others take over",
    driven=PgQueuer,
    requires=("pgqueuer==1.6.0", "asyncpg==0.32.0", "psycopg[binary]==3.3.9", "uvloop==0.23.0"),
)

"""The floor: one table, one transaction to take and one to end, a look every 10 ms when there is nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable

from tests.benchmarks.dispatch.database import Counted, connected
from tests.benchmarks.dispatch.notes import began
from tests.benchmarks.dispatch.peer import Peer, Place

PLAIN_LOOK_S = 0.01


class Plain:
    """On SQLite in WAL mode with `synchronous=FULL`; on PostgreSQL with `SKIP LOCKED`."""

    def __init__(self, place: Place) -> None:
        self.base = connected(place.url)
        if place.url.startswith("sqlite"):
            self.base.execute("PRAGMA journal_mode=WAL")
            self.mark, lock = "?", ""
        else:
            self.mark, lock = "%s", "FOR UPDATE SKIP LOCKED"
        self.take = (
            "UPDATE work SET state = 'running' WHERE id = "
            f"(SELECT id FROM work WHERE state = 'waiting' ORDER BY id LIMIT 1 {lock}) RETURNING id"
        )
        self.left = Counted(place.url, "SELECT count(*) FROM work WHERE state <> 'ended'")

    def create(self) -> None:
        """Make the table."""
        self.base.execute("CREATE TABLE work (id INTEGER PRIMARY KEY, state TEXT)")

    def put(self, numbers: Iterable[int]) -> None:
        """A row for each."""
        rows = [(number,) for number in numbers]
        self.base.cursor().executemany(f"INSERT INTO work VALUES ({self.mark}, 'waiting')", rows)

    def work(self) -> None:
        """One after the other."""
        while True:
            taken = self.base.execute(self.take).fetchall()
            for (number,) in taken:
                began(number)
                self.base.execute(f"UPDATE work SET state = 'ended' WHERE id = {self.mark}", (number,))
            if not taken:
                time.sleep(PLAIN_LOOK_S)


PEER = Peer(
    name="plain",
    title="plain queue",
    databases=("sqlite", "postgresql", "memory"),
    survives="requests and ends; nobody takes over from a killed worker",
    driven=Plain,
)

# the peer's own environment has what is imported here, ours has not
# mypy: disable-error-code="import-not-found"
"""PostgreSQL, woken by LISTEN and NOTIFY."""

from __future__ import annotations

from collections.abc import Iterable

from tests.benchmarks.dispatch.database import Counted
from tests.benchmarks.dispatch.notes import began
from tests.benchmarks.dispatch.peer import SLOTS, Peer, Place


class Procrastinate:
    """Ends are the state of its jobs."""

    def __init__(self, place: Place) -> None:
        from procrastinate import App, PsycopgConnector

        self.app = App(connector=PsycopgConnector(conninfo=place.url))
        self.task = self.app.task(name="begin")(_begin)
        self.left = Counted(place.url, "SELECT count(*) FROM procrastinate_jobs WHERE status <> 'succeeded'")

    def create(self) -> None:
        """Its schema."""
        with self.app.open():
            self.app.schema_manager.apply_schema()

    def put(self, numbers: Iterable[int]) -> None:
        """In one statement."""
        if not hasattr(self, "opened"):
            self.opened = self.app.open().__enter__()
        self.task.batch_defer(*({"number": number} for number in numbers))

    def work(self) -> None:
        """With 20 slots."""
        self.app.run_worker(concurrency=SLOTS)


async def _begin(number: int) -> None:
    began(number)


PEER = Peer(
    name="procrastinate",
    title="Procrastinate",
    databases=("postgresql",),
    survives="requests and ends; a killed worker's wait for a task of yours that retries them",
    driven=Procrastinate,
    requires=("procrastinate==3.10.0", "psycopg[binary]==3.3.9"),
)

# the peer's own environment has what is imported here, ours has not
# mypy: disable-error-code="import-not-found"
"""Dask: a scheduler that holds everything in memory, and two workers. Its dashboard is off; it reports to nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from tests.benchmarks.dispatch.notes import began
from tests.benchmarks.dispatch.peer import SLOTS, Peer, Place

START_S = "60s"


class Dask:
    """Ends are what the scheduler told the client that holds the futures."""

    def __init__(self, place: Place) -> None:
        import distributed

        self.place, self.library = place, distributed
        self.address = f"tcp://127.0.0.1:{place.ports[0]}"
        self.futures: list[Any] = []
        self.client: Any = None

    def create(self) -> None:
        """Wait for the scheduler."""
        self.client = self.library.Client(self.address, timeout=START_S)

    def put(self, numbers: Iterable[int]) -> None:
        """In one message."""
        names = [(number, f"begin-{number}") for number in numbers]
        self.futures += [self.client.submit(began, number, key=name, pure=False) for number, name in names]

    def left(self) -> int:
        """Futures that are not finished; one that failed ends the measurement."""
        for each in self.futures:
            if each.status == "error":
                each.result()
        self.futures = [each for each in self.futures if each.status != "finished"]
        return len(self.futures)

    def work(self) -> None:
        """With 20 threads."""
        asyncio.run(self._work())

    async def _work(self) -> None:
        async with self.library.Worker(
            self.address,
            nthreads=SLOTS,
            host="127.0.0.1",
            dashboard=False,
            dashboard_address="127.0.0.1:0",
            local_directory=str(self.place.folder / "home"),
            memory_limit=0,
        ) as worker:
            await worker.finished()


def serve(place: Place) -> None:
    """The scheduler."""
    asyncio.run(_serve(place))


async def _serve(place: Place) -> None:
    from distributed import Scheduler

    async with Scheduler(
        host="127.0.0.1", port=place.ports[0], dashboard=False, dashboard_address="127.0.0.1:0"
    ) as scheduler:
        await scheduler.finished()


PEER = Peer(
    name="dask",
    title="Dask",
    databases=("memory",),
    survives="nothing; a killed worker's run again while the scheduler and who asked live",
    driven=Dask,
    requires=("distributed==2026.8.0",),
    serve=serve,
)

# the peer's own environment has what is imported here, ours has not
# mypy: disable-error-code="import-not-found"
"""SQLite, looked at every 0.1 s; a job leaves the table before it begins."""

from __future__ import annotations

from collections.abc import Iterable

from tests.benchmarks.dispatch.database import Counted
from tests.benchmarks.dispatch.notes import began
from tests.benchmarks.dispatch.peer import LOOK_S, Peer, Place


class Huey:
    """It records no end, so what is counted is what has not been taken."""

    def __init__(self, place: Place) -> None:
        from huey import SqliteHuey

        self.huey = SqliteHuey(filename=place.url.removeprefix("sqlite:///"), results=False)
        self.task = self.huey.task(name="begin")(_begin)
        self.left = Counted(place.url, "SELECT count(*) FROM task")

    def create(self) -> None:
        """It makes its table when it opens the file."""

    def put(self, numbers: Iterable[int]) -> None:
        """One by one."""
        for number in numbers:
            self.task(number)

    def work(self) -> None:
        """One after the other."""
        self.huey.create_consumer(workers=1, periodic=False, initial_delay=LOOK_S, max_delay=LOOK_S).run()


def _begin(number: int) -> None:
    began(number)


PEER = Peer(
    name="huey",
    title="huey",
    databases=("sqlite",),
    survives="requests that wait; a killed worker's are lost, ends are not recorded",
    driven=Huey,
    requires=("huey==3.5.4",),
)

# the peer's own environment has what is imported here, ours has not
# mypy: disable-error-code="import-not-found"
"""Prefect at its leanest: a deferred task run for each job, inside one of two task workers, which the server wakes."""

from __future__ import annotations

from collections.abc import Iterable

from tests.benchmarks.dispatch.database import Counted
from tests.benchmarks.dispatch.peer import SLOTS, Peer, Place
from tests.benchmarks.dispatch.peers._prefect_server import REQUIRES, answering_client, serve, settings


class PrefectTasks:
    """Ends are the state of the task runs in the server's database."""

    def __init__(self, place: Place) -> None:
        from tests.benchmarks.dispatch.peers._prefect_work import begin_task

        self.task = begin_task
        self.left = Counted(place.url, "SELECT count(*) FROM task_run WHERE state_type <> 'COMPLETED'")

    def create(self) -> None:
        """Wait for the server."""
        answering_client()

    def put(self, numbers: Iterable[int]) -> None:
        """One by one."""
        for number in numbers:
            self.task.delay(number)

    def work(self) -> None:
        """With 20 slots."""
        from prefect.task_worker import serve as work

        work(self.task, limit=SLOTS)


PEER = Peer(
    name="prefect_tasks",
    title="Prefect, deferred tasks",
    databases=("sqlite", "postgresql"),
    survives="requests and ends; what waits when the server is killed is not begun again",
    driven=PrefectTasks,
    requires=REQUIRES,
    serve=serve,
    at_most=100,
    settings=settings,
)

"""The durable queue: one workflow for each request, of five acts, on SQLite or PostgreSQL (spec 3.7, 5.4).

    claim        this process holds the request: only this hold may write its end (`holds.py`)
    materialize  what the request names is laid out here, on each machine that takes the request up
    execute      the run, in a process group of its own; hears a cancellation; the one step that the library records
    deliver      the end is written, under the hold, once
    report       notifications, and whatever else must not change the outcome

What waits stands in our table and is taken from there (`dispatch.py`); the library keeps the workflow (`workflows.py`).
Whoever holds the request begins its workflow, or goes on with the one that somebody left.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from foundry_kernel.runner.backends.backend import (
    Enqueued,
    ExecutorLine,
    Finished,
    Wish,
    Work,
    WorkExecutor,
    WorkLine,
)
from foundry_kernel.runner.backends.database import Database
from foundry_kernel.runner.backends.dispatch import Dispatcher
from foundry_kernel.runner.backends.holds import Taken
from foundry_kernel.runner.backends.keeper import ExecutorFacts, Keeper
from foundry_kernel.runner.backends.records import Records
from foundry_kernel.runner.backends.wake import listener_for
from foundry_kernel.runner.backends.workflows import Workflows


class DurableQueue:
    """Feeds a queue and looks at it; see `ExecutionBackend`."""

    def __init__(self, url: str, *, slots: int = 1) -> None:
        """Use the database at `url`; its tables are made by the first `serve`, or by `create`.

        Args:
            slots: how many threads use it at a time, roughly.
        """
        self.database = Database(url, slots=slots)
        self.records = Records(self.database)

    def create(self) -> None:
        """Make everything that a queue needs; may be done again, and beside others.

        Raises:
            QueueUnreachable: the database does not answer.
        """
        from dbos import DBOS

        self.database.create()
        DBOS.migrate(self.database.url)

    def enqueue(self, work: Work) -> Enqueued:
        """Put work in, unless its key was put in before; see `ExecutionBackend`."""
        return self.records.put(work)

    def cancel(self, request_id: str, wish: Wish) -> bool:
        """Ask for the end of a request; see `ExecutionBackend`."""
        self.records.ask_for_end(request_id, wish)
        return self.records.finished(request_id) is not None

    def work(self) -> list[WorkLine]:
        """Where every request stands, oldest first."""
        return self.records.lines()

    def executors(self) -> list[ExecutorLine]:
        """Every process that serves or served the queue."""
        return self.records.executors()

    def log(self) -> list[dict[str, Any]]:
        """Everything that happened, oldest first."""
        return self.records.log()

    def result(self, request_id: str) -> Finished | None:
        """How a request ended; None while it has not."""
        return self.records.finished(request_id)

    def close(self) -> None:
        """Give all connections back."""
        self.database.close()


@dataclass(frozen=True)
class ServeQueue:
    """How a process serves a queue.

    Attributes:
        projects: whose requests it takes.
        trusted: also those that change a repository for good.
        slots: requests at a time.
        ttl_s: seconds of silence after which others take its work up.
        poll_s: seconds between two looks at the queue where nothing tells that there is work.
        report: called with every end here.
        report_left: called with an end otherwise than well of a process that was lost, which may have told nobody.
    """

    runner_id: str
    projects: tuple[str, ...]
    trusted: bool = False
    slots: int = 1
    ttl_s: float = 30.0
    poll_s: float = 0.1
    report: Callable[[Work, Finished], None] = field(default=lambda work, finished: None)
    report_left: Callable[[Work, Finished], None] = field(default=lambda work, finished: None)


class QueueServer:
    """One process that serves a queue. There can be one in a process, since the library has one instance."""

    def __init__(
        self,
        url: str,
        executor: WorkExecutor,
        how: ServeQueue,
        *,
        on_death: Callable[[str], None] | None = None,
    ) -> None:
        """Prepare; `start` begins.

        Args:
            on_death: called when others have given this process up; has to end it at once, with all that it runs.
        """
        self.queue = DurableQueue(url, slots=how.slots)
        self.executor_id = f"{how.runner_id}/{uuid.uuid4().hex[:12]}"
        self._how = how
        records = self.queue.records
        facts = ExecutorFacts(
            self.executor_id, how.runner_id, how.projects, how.trusted, how.slots, how.ttl_s
        )
        self._workflows = Workflows(records, executor, how.report)
        self._keeper = Keeper(
            self.queue.database, facts, resume_work_of=self._give_work_of, on_death=on_death or _die
        )
        desk = _Desk(records, self.executor_id, how, self._workflows)
        self._dispatcher = Dispatcher(desk, listener_for(self.queue.database), how.slots, how.poll_s)

    @property
    def running(self) -> int:
        """Requests that are executed here now."""
        return self._dispatcher.running

    def start(self) -> None:
        """Make the tables if need be, and begin to take requests.

        Raises:
            QueueUnreachable: the database does not answer.
        """
        self.queue.create()
        self._workflows.launch(self.queue.database.url, self.executor_id, self._how.slots)
        self._keeper.start()
        self._dispatcher.start()

    def stop(self, *, wait_s: float = 0.0) -> int:
        """Take nothing more, wait for what runs at most `wait_s` seconds, leave the rest to others.

        Returns:
            How many still run. Whoever calls this then ends this process without another word, because a thread that
            goes on could write an end for what somebody else takes up.
        """
        rest = self._dispatcher.stop(wait_s)
        self._keeper.leave()
        self._workflows.close()
        if rest == 0:
            self.queue.close()
        return rest

    def is_empty(self) -> bool:
        """Whether nothing waits that this process could take, and nothing runs here."""
        left = self.queue.records.unfinished(self._how.projects, changes=self._how.trusted)
        return left == 0 and self.running == 0

    def _give_work_of(self, executor_id: str) -> int:
        """Give the work of a dead executor to whoever takes it; how much it was."""
        self._workflows.forget(executor_id)
        given = self.queue.records.give_back_all(executor_id, "its process was lost")
        for work, finished in self.queue.records.untold(executor_id):
            self._workflows.tell(work, finished, executor_id, self._how.report_left)
        return given


@dataclass(frozen=True)
class _Desk:
    """Takes from the queue for one process."""

    records: Records
    executor_id: str
    how: ServeQueue
    workflows: Workflows

    def take(self, most: int) -> list[Taken]:
        how = self.how
        return self.records.take(self.executor_id, how.projects, changes=how.trusted, most=most)

    def serve(self, taken: Taken) -> None:
        self.workflows.run(taken)

    def give_back_unknown(self, known: Collection[str]) -> None:
        self.records.give_back_all(self.executor_id, "nobody heard that it was taken", known=known)


def _die(reason: str) -> None:
    os.write(2, f"foundry-kernel serve: {reason}; it ends here, others go on\n".encode())
    os._exit(75)


__all__: Sequence[str] = ("DurableQueue", "QueueServer", "ServeQueue")

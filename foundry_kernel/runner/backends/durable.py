"""The durable queue: one workflow for each request, of five steps, on SQLite or PostgreSQL (spec 3.7, 5.4).

    claim        this process holds the request: only this hold may write its end
    materialize  what the request names is laid out here
    execute      the run, in a process group of its own; hears a cancellation; begun work is taken up again
    deliver      the end is written, under the hold, once
    report       notifications, and whatever else must not change the outcome

A step that finished is not repeated by whoever takes the workflow up; the one that was interrupted is. Each process
that takes up the workflow takes a new hold first, so that an older one can write nothing any more.
"""

from __future__ import annotations

import json
import math
import os
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from foundry_kernel.runner.backends.backend import (
    Enqueued,
    ExecutorLine,
    Finished,
    Holding,
    Wish,
    Work,
    WorkExecutor,
    WorkLine,
)
from foundry_kernel.runner.backends.database import Database, make_engine
from foundry_kernel.runner.backends.keeper import ExecutorFacts, Keeper
from foundry_kernel.runner.backends.records import HoldLost, Records
from foundry_kernel.runner.refusals import refused_by

if TYPE_CHECKING:
    import sqlalchemy as sa
    from dbos import DBOSClient

APPLICATION = "foundry"
VERSION = "requests-1"
"""Of the workflow's steps, not of the package: raising it strands what older processes had begun."""

WORKFLOW = "run_request"
QUIET_S = 0.2


def queue_name(project_id: str, *, changes: bool) -> str:
    """Queue of a project's requests: those that change a repository for good have their own, for trusted runners."""
    return f"foundry.{project_id}.{'change' if changes else 'look'}"


class DurableQueue:
    """Feeds a queue and looks at it; see `ExecutionBackend`."""

    def __init__(self, url: str) -> None:
        """Use the database at `url`; its tables are made by the first `serve`, or by `create`."""
        self.database = Database(url)
        self.records = Records(self.database)
        self._client_made: DBOSClient | None = None

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
        client = self._client()

        def start(connection: Any) -> None:
            client.enqueue_in_transaction(
                connection,
                {
                    "workflow_name": WORKFLOW,
                    "queue_name": queue_name(work.project_id, changes=work.changes),
                    "workflow_id": _workflow_id(work.key),
                    "app_version": VERSION,
                },
                work.key,
            )

        return self.records.put(work, start)

    def cancel(self, request_id: str, wish: Wish) -> bool:
        """Ask for the end of a request; see `ExecutionBackend`."""
        key = self.records.ask_for_end(request_id, wish)
        finished = self.records.finished(request_id)
        if finished is not None:
            self._client().cancel_workflow(_workflow_id(key))
        return finished is not None

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
        if self._client_made is not None:
            self._client_made.destroy()
        self.database.close()

    def _client(self) -> DBOSClient:
        if self._client_made is None:
            from dbos import DBOSClient

            self._client_made = DBOSClient(
                system_database_engine=self.database.engine,
                serializer=_serializer(),
                application_name=APPLICATION,
            )
        return self._client_made


@dataclass(frozen=True)
class ServeQueue:
    """How a process serves a queue.

    Attributes:
        projects: whose requests it takes.
        trusted: also those that change a repository for good.
        slots: requests at a time.
        ttl_s: seconds of silence after which others take its work up.
        poll_s: seconds between two looks at the queue.
    """

    runner_id: str
    projects: tuple[str, ...]
    trusted: bool = False
    slots: int = 1
    ttl_s: float = 30.0
    poll_s: float = 0.1
    report: Callable[[Work, Finished], None] = field(default=lambda work, finished: None)


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
        self.queue = DurableQueue(url)
        self.executor_id = f"{how.runner_id}/{uuid.uuid4().hex[:12]}"
        self._executor = executor
        self._how = how
        self._on_death = on_death or _die
        self._running = _Counter()
        self._engine: sa.Engine | None = None
        facts = ExecutorFacts(
            self.executor_id, how.runner_id, how.projects, how.trusted, how.slots, how.ttl_s
        )
        self._keeper = Keeper(
            self.queue.database, facts, resume_work_of=self._resume_work_of, on_death=self._on_death
        )

    @property
    def running(self) -> int:
        """Requests that are executed here now."""
        return self._running.number

    def start(self) -> None:
        """Make the tables if need be, and begin to take requests.

        Raises:
            QueueUnreachable: the database does not answer.
        """
        from dbos import DBOS

        self.queue.create()
        how = self._how
        self._engine = make_engine(self.queue.database.url)
        names = [queue_name(each, changes=False) for each in how.projects]
        if how.trusted:
            names += [queue_name(each, changes=True) for each in how.projects]
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_engine": self._engine,
                "executor_id": self.executor_id,
                "application_version": VERSION,
                "serializer": _serializer(),
                "use_listen_notify": False,
                "run_migrations": False,
                "log_level": "ERROR",
                "max_executor_threads": how.slots + 8,
            }
        )
        self._declare()
        DBOS.listen_queues(names)
        self._keeper.start()
        DBOS.launch()
        for name in names:
            DBOS.register_queue(
                name,
                worker_concurrency=how.slots,
                polling_interval_sec=how.poll_s,
                on_conflict="always_update",
            )

    def stop(self, *, wait_s: float = 0.0) -> int:
        """Take nothing more, wait for what runs at most `wait_s` seconds, leave the rest to others.

        Returns:
            How many still run. Whoever calls this then ends this process without another word, because a thread that
            goes on could write an end for what somebody else takes up.
        """
        from dbos import DBOS

        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=math.ceil(wait_s))
        self._keeper.leave()
        if self.running == 0:
            self.queue.close()
            if self._engine is not None:
                self._engine.dispose()
        return self.running

    def is_empty(self) -> bool:
        """Whether nothing waits that this process could take, and nothing runs here."""
        left = self.queue.records.unfinished(self._how.projects, changes=self._how.trusted)
        return left == 0 and self.running == 0

    def _declare(self) -> None:
        """Tell the library the workflow and its steps."""
        from dbos import DBOS

        records = self.queue.records

        @DBOS.step(name="claim")
        def claim(key: str) -> str:
            return records.work(key).request_id

        @DBOS.step(name="materialize")
        def materialize(key: str) -> str:
            return self._materialized(records.work(key))

        @DBOS.step(name="execute")
        def execute(key: str, number: int, refused: str) -> str:
            return self._executed(key, number, refused)

        @DBOS.step(name="deliver")
        def deliver(key: str, number: int, finished: str) -> str:
            records.end(Holding(key, number), Finished(**json.loads(finished)))
            return "delivered"

        @DBOS.step(name="report")
        def report(key: str, finished: str) -> str:
            return self._reported(records.work(key), Finished(**json.loads(finished)))

        @DBOS.workflow(name=WORKFLOW)
        def run_request(key: str) -> str:
            """Run one request; the hold is taken by every process anew, so it is no step."""
            with self._running:
                try:
                    holding = records.hold(key, self.executor_id)
                except HoldLost:
                    ended = records.finished(records.work(key).request_id)
                    if ended is None:
                        raise
                    return ended.status  # whoever wrote the end died before the library knew
                claim(key)
                refused = materialize(key)
                finished = execute(key, holding.number, refused)
                deliver(key, holding.number, finished)
                report(key, finished)
                return str(json.loads(finished)["status"])

    def _materialized(self, work: Work) -> str:
        """Lay out what the work names; why it was refused, as JSON, or nothing."""
        try:
            self._executor.materialize(work)
        except Exception as error:  # noqa: BLE001 - a refusal is an end like any other
            return json.dumps(asdict(refused_by(error)))
        return ""

    def _executed(self, key: str, number: int, refused: str) -> str:
        records = self.queue.records
        if refused:
            return refused
        work = records.work(key)
        wish = records.wish(key)
        if wish is not None:
            return json.dumps(
                asdict(Finished("cancelled", message=f"cancelled by {wish.by} before it began"))
            )
        holding = Holding(key, number, records.times_begun(key))
        records.begin(holding)
        finished = self._executor.execute(work, holding, lambda: records.wish(key))
        return json.dumps(asdict(finished), ensure_ascii=False)

    def _reported(self, work: Work, finished: Finished) -> str:
        try:
            self._how.report(work, finished)
        except Exception as error:  # noqa: BLE001 - who is told of an end cannot change it
            return f"{type(error).__name__}: {error}"[:500]
        return ""

    def _resume_work_of(self, executor_id: str) -> int:
        from dbos import DBOS

        pending = DBOS.list_workflows(executor_id=executor_id, status="PENDING", load_input=True)
        for each in pending:
            key = str((each.input or {"args": [""]})["args"][0])
            work = self.queue.records.work(key)
            DBOS.resume_workflow(
                each.workflow_id, queue_name=queue_name(work.project_id, changes=work.changes)
            )
        return len(pending)


class _Counter:
    """How many are inside."""

    def __init__(self) -> None:
        self.number = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self.number += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self.number -= 1


def _serializer() -> Any:
    from dbos import DBOSPortableJSONSerializer

    return DBOSPortableJSONSerializer()


def _workflow_id(key: str) -> str:
    return f"request-{key.removeprefix('sha256:')}"


def _die(reason: str) -> None:
    os.write(2, f"foundry-kernel serve: {reason}; it ends here, others go on\n".encode())
    os._exit(75)


__all__: Sequence[str] = ("DurableQueue", "HoldLost", "QueueServer", "ServeQueue", "queue_name")

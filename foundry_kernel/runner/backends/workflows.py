"""The workflow of each request that this process holds, in the library that keeps it (spec 3.7, 5.4).

The library is told as little as makes a request durable: that its workflow began, what came of executing it, that it is
over. Our own row says who holds the request and how it ended, which every statement asks (`holds.py`); so there is no
step for taking it or for writing its end, and none for laying out its files, which each machine has to do for itself.

A workflow may outlive who began it. Whoever holds the request next gives it to a queue of its own in the library, and
so goes on where it was left: what was executed is not executed again. Should somebody who holds the request no more
interfere (a process that slept and woke), then the workflow is taken back, or the request is given back: never lost.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from foundry_kernel.runner.backends.backend import Finished, QueueUnreachable, Wish, Work, WorkExecutor
from foundry_kernel.runner.backends.database import make_engine
from foundry_kernel.runner.backends.holds import HoldLost, Taken
from foundry_kernel.runner.backends.records import Records
from foundry_kernel.runner.refusals import refused_by

Answer = TypeVar("Answer")
Report = Callable[[Work, Finished], None]

APPLICATION = "foundry"
VERSION = "requests-2"
"""Of the workflow's steps, not of the package; part of each workflow's id, so that no version meets another's steps."""

WORKFLOW = "run_request"
ARRIVES_S = 10.0
"""A workflow that was to go on here and did not come within this time is asked for again."""

AGAIN_S = 1.0
_OVER = frozenset({"SUCCESS", "ERROR"})


class _Unended(BaseException):
    """Leaves a workflow as it is, neither ended nor failed: the library records only what is an `Exception`."""


@dataclass(frozen=True)
class _Here:
    """A request that is brought to its end in this process."""

    taken: Taken
    arrived: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)


class Workflows:
    """Runs the workflows of one process. There can be one in a process, since the library has one instance."""

    def __init__(self, records: Records, executor: WorkExecutor, report: Report) -> None:
        """Prepare; `launch` begins."""
        self._records = records
        self._executor = executor
        self._report = report
        self._here: dict[str, _Here] = {}
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._queue = ""
        self._registered = False
        self._workflow: Callable[[str], str] = lambda key: ""
        self._engine: Any = None

    def launch(self, url: str, executor_id: str, slots: int) -> None:
        """Start the library; it looks for no work, until something is left that goes on here."""
        from dbos import DBOS, DBOSPortableJSONSerializer

        self._queue = _queue_of(executor_id)
        self._engine = make_engine(url, slots=slots)
        DBOS(
            config={
                "name": APPLICATION,
                "system_database_engine": self._engine,
                "executor_id": executor_id,
                "application_version": VERSION,
                "serializer": DBOSPortableJSONSerializer(),
                "use_listen_notify": False,
                "run_migrations": False,
                "log_level": "ERROR",
                "max_executor_threads": slots + 8,
                "notification_listener_polling_interval_sec": 0.5,
            }
        )
        self._declare()
        DBOS.listen_queues([self._queue])
        DBOS.launch()

    def close(self) -> None:
        """Let go of the library. What still runs ends with the process."""
        from dbos import DBOS

        self._closing.set()
        if self._registered:
            DBOS.delete_queue(self._queue)
        DBOS.destroy(destroy_registry=True)
        if self._engine is not None and not self._here:
            self._engine.dispose()

    def forget(self, executor_id: str) -> None:
        """Remove what a dead executor had in the library."""
        from dbos import DBOS

        DBOS.delete_queue(_queue_of(executor_id))

    def run(self, taken: Taken) -> None:
        """Bring a request that is held here to its end; give it back when that cannot be."""
        key = taken.holding.key
        here = self._here[key] = _Here(taken)
        try:
            while not self._ran(here) and self._records.is_held(taken.holding):
                continue
        except (Exception, _Unended) as error:  # noqa: BLE001 - whatever it was, the request is for others now
            self._give_back(taken, error)
        finally:
            if self._here.get(key) is here:
                del self._here[key]

    def _ran(self, here: _Here) -> bool:
        """Begin the workflow, or have the one that was left go on here; False when that has to be tried again."""
        from dbos import DBOS, SetWorkflowID, error

        key = here.taken.holding.key
        workflow_id = f"{VERSION}-{key.removeprefix('sha256:')}"
        try:
            with SetWorkflowID(workflow_id, workflow_id_reuse_policy="reject"):
                self._workflow(key)
            return True
        except error.DBOSWorkflowIDInUseError:
            self._register()
        DBOS.resume_workflow(workflow_id, queue_name=self._queue)
        status = DBOS.get_workflow_status(workflow_id)
        if status is not None and status.status in _OVER:  # and the request is not: it begins anew
            DBOS.delete_workflow(workflow_id)
            return False
        if not here.arrived.wait(ARRIVES_S):
            return False
        here.left.wait()
        return True

    def _register(self) -> None:
        """Make our queue in the library, once there is something to go on with: an idle one would be looked at."""
        from dbos import DBOS

        with self._lock:
            if not self._registered:
                DBOS.register_queue(self._queue, polling_interval_sec=0.2, on_conflict="always_update")
                self._registered = True

    def _declare(self) -> None:
        """Tell the library the workflow and its step."""
        from dbos import DBOS

        @DBOS.step(name="execute")
        def execute(key: str) -> str:
            return json.dumps(asdict(self._executed(self._here[key].taken)), ensure_ascii=False)

        @DBOS.workflow(name=WORKFLOW)
        def run_request(key: str) -> str:
            """Run one request that is held here."""
            here = self._here.get(key)
            if here is None:
                raise _Unended(f"{key} is not held here")
            here.arrived.set()
            try:
                return self._brought_to_its_end(here.taken, lambda: execute(key))
            finally:
                here.left.set()

        self._workflow = run_request

    def _brought_to_its_end(self, taken: Taken, execute: Callable[[], str]) -> str:
        try:
            finished = Finished(**json.loads(execute()))
            self._persistently(lambda: self._records.end(taken.holding, finished))
        except HoldLost as error:
            raise _Unended(str(error)) from error
        except BaseException as error:
            self._give_back(taken, error)
            raise
        self.tell(taken.work, finished, taken.holding.executor_id, self._report)
        return finished.status

    def tell(self, work: Work, finished: Finished, ended_by: str, report: Report) -> None:
        """Tell of an end, and note it where somebody else would otherwise tell it for a process that was lost."""
        with contextlib.suppress(Exception):  # who is told of an end cannot change it
            report(work, finished)
        if finished.status != "completed":
            with contextlib.suppress(QueueUnreachable):  # told twice is better than never
                self._records.note_told(work.request_id, ended_by)

    def _executed(self, taken: Taken) -> Finished:
        """What comes of a request here; a refusal is an end like any other."""
        try:
            self._executor.materialize(taken.work)
        except Exception as error:  # noqa: BLE001 - whatever kept it from being laid out is why it ends
            return refused_by(error)
        try:
            wish = self._persistently(lambda: self._records.begin(taken.holding))
        except HoldLost as error:
            raise _Unended(str(error)) from error
        if wish is not None:
            return Finished("cancelled", message=f"cancelled by {wish.by} before it began")
        try:
            return self._executor.execute(taken.work, taken.holding, lambda: self._wish(taken.holding.key))
        except Exception as error:  # noqa: BLE001 - it would be raised again wherever it is taken up
            return refused_by(error)

    def _wish(self, key: str) -> Wish | None:
        """Whether somebody wants the end; while the database does not answer, nobody does."""
        try:
            return self._records.wish(key)
        except QueueUnreachable:
            return None

    def _persistently(self, ask: Callable[[], Answer]) -> Answer:
        """Ask until the database answers: what was executed shall not be lost over its restart."""
        while True:
            try:
                return ask()
            except QueueUnreachable as error:
                if self._closing.wait(AGAIN_S):
                    raise _Unended(str(error)) from error

    def _give_back(self, taken: Taken, error: BaseException) -> None:
        """Let others take the request, after a pause: what went wrong here may go wrong there."""
        why = f"{type(error).__name__}: {error}"[:500]
        with contextlib.suppress(_Unended):  # we are leaving, and what we hold is for others then
            if self._persistently(lambda: self._records.give_back(taken.holding, why)):
                self._closing.wait(AGAIN_S)


def _queue_of(executor_id: str) -> str:
    """Queue in the library of what goes on in one process."""
    return f"foundry.left-to.{executor_id}"

"""The port of a durable queue: work goes in once for each key, and comes to exactly one end (spec 3.7, 5.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from foundry_kernel.errors import CannotDispatch, FoundryError, Unsafe
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.mailbox import what_is_asked

WorkState = Literal["waiting", "executing", "ended"]


class KeyTaken(Unsafe):
    """The key was queued for something else."""


class QueueUnreachable(CannotDispatch):
    """The database of the queue does not answer, or was not set up."""


class UnknownWork(FoundryError):
    """The queue holds no such request."""

    failure_class = "dispatch"


@dataclass(frozen=True)
class Work:
    """One request with everything that it names, so that a runner needs no other source.

    Attributes:
        changes: whether it may change a repository for good; only trusted runners are asked to do it.
        request: the request artifact as JSON.
        artifacts: what it names, as JSON.
    """

    key: str
    request_hash: str
    request_id: str
    project_id: str
    changes: bool
    requested_by: str
    request: Mapping[str, Any]
    artifacts: Sequence[Mapping[str, Any]] = ()


def work_of(
    request: Artifact[ExecutionRequest], artifacts: Sequence[Artifact[Any]], *, changes: bool
) -> Work:
    """Pack a request for a queue."""
    content = request.content
    return Work(
        key=content.idempotency_key,
        request_hash=digest_of(what_is_asked(content)),
        request_id=request.id,
        project_id=content.project_id,
        changes=changes,
        requested_by=content.requested_by,
        request=request.as_json(),
        artifacts=tuple(each.as_json() for each in artifacts),
    )


@dataclass(frozen=True)
class Enqueued:
    """Answer to an enqueuing: the request that holds the key, and whether it was there before."""

    request_id: str
    deduplicated: bool


@dataclass(frozen=True)
class Holding:
    """One executor's hold of one request, as it was when it began.

    Attributes:
        number: 1 for the first hold, one more each time another executor takes the request up.
        begun_before: holds under which the execution had begun.
        run_id: the run that was named when the request was accepted; empty when none was.
        transport_retries: messages about the request that had to be sent again.
        executor_id: who holds it; empty where the source knows it by itself.
    """

    key: str
    number: int
    begun_before: int = 0
    run_id: str = ""
    transport_retries: int = 0
    executor_id: str = ""


@dataclass(frozen=True)
class Finished:
    """What came of executing a request: a result, or why there is none.

    Attributes:
        result: the run result artifact as JSON.
    """

    status: str
    run_id: str = ""
    result: Mapping[str, Any] | None = None
    failure_class: str | None = None
    message: str = ""
    next_step: str = ""
    recovery_actions: Sequence[str] = ()


@dataclass(frozen=True)
class Wish:
    """Somebody wants the end of a request.

    Attributes:
        at_once: not the request shall end but this execution of it: the hold is lost, or the work is handed back.
    """

    by: str
    why: str = ""
    at_once: bool = False


class WorkExecutor(Protocol):
    """Executes work on this machine. Called from several threads at once."""

    def materialize(self, work: Work) -> None:
        """Lay out what the work names; may be done again.

        Raises:
            FoundryError, ArtifactError: it is refused.
        """
        ...

    def execute(self, work: Work, holding: Holding, wish: Callable[[], Wish | None]) -> Finished:
        """Execute work to its end, or take up what was begun here; never raises for what the run itself came to.

        Args:
            wish: tells whether somebody wants the end; asked several times a second.
        """
        ...


@dataclass(frozen=True)
class WorkLine:
    """Where one request of the queue stands.

    Attributes:
        executor: who holds it.
        holds: how often it was taken up.
        begun: how often its execution began.
    """

    request_id: str
    key: str
    project_id: str
    state: WorkState
    changes: bool
    status: str
    executor: str
    runner_id: str
    holds: int
    begun: int
    enqueued_at: float
    ended_at: float | None
    times_deduplicated: int
    cancel_by: str = ""
    message: str = ""
    why: str = ""


@dataclass(frozen=True)
class ExecutorLine:
    """One process that serves the queue, alive or not.

    Attributes:
        state: `alive`, `dead`, or `gone` when it left in good order.
        silent_s: seconds since it was heard.
    """

    executor_id: str
    runner_id: str
    host: str
    pid: int
    state: str
    silent_s: float
    projects: tuple[str, ...]
    trusted: bool
    slots: int
    holds: tuple[str, ...] = field(default=())


class ExecutionBackend(Protocol):
    """A durable queue."""

    def enqueue(self, work: Work) -> Enqueued:
        """Put work in, unless its key was put in before: then that is the answer.

        Raises:
            KeyTaken: the key was queued for something else; recorded.
            QueueUnreachable: nothing was put in.
        """
        ...

    def cancel(self, request_id: str, wish: Wish) -> bool:
        """Ask for the end of a request; True when it has ended by that, False when whoever executes it was asked.

        Raises:
            UnknownWork: there is none of this id.
        """
        ...

    def work(self) -> list[WorkLine]:
        """Where every request stands, oldest first."""
        ...

    def executors(self) -> list[ExecutorLine]:
        """Every process that serves or served the queue."""
        ...

    def log(self) -> list[dict[str, Any]]:
        """Everything that happened, oldest first: at, event, request_id, executor_id, details."""
        ...

    def result(self, request_id: str) -> Finished | None:
        """How a request ended; None while it has not."""
        ...

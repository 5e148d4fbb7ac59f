"""Where a runner's work comes from: the port, and the loop that serves it (spec 5.1, 5.3)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from foundry_kernel.errors import CannotDispatch
from foundry_kernel.runner.backends.backend import Finished, Holding, Wish, Work, WorkExecutor

LOOK_EVERY_S = 0.2


class Taken(Protocol):
    """One request that this runner holds."""

    @property
    def work(self) -> Work:
        """What is to be done."""
        ...

    @property
    def holding(self) -> Holding:
        """The hold, and what is known of earlier ones."""
        ...

    def begin(self) -> None:
        """Say that the execution begins.

        Raises:
            FoundryError: the hold is lost; nothing may begin.
        """
        ...

    def wish(self) -> Wish | None:
        """Whether somebody wants the end."""
        ...

    def end(self, finished: Finished) -> None:
        """Report how it ended."""
        ...

    def hand_back(self, why: str) -> None:
        """Let somebody else take it up."""
        ...


class WorkSource(Protocol):
    """Where requests come from."""

    def take(self, running: tuple[str, ...]) -> Taken | None:
        """Take the next request, waiting a little for one; None when there is none now.

        Args:
            running: requests that are executed here now, which are not taken again.
        """
        ...


@dataclass
class Served:
    """What a serving process did.

    Attributes:
        ended: status of each request that it brought to an end, by request.
        handed_back: requests that it gave back.
    """

    ended: dict[str, str] = field(default_factory=dict)
    handed_back: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ServeHow:
    """How long and how much.

    Attributes:
        slots: requests at a time.
        once: take one request, or none, and leave.
        until_empty: leave when there is nothing to do.
        drain_s: seconds that what runs may take to end after a stop was asked for; then it is handed back.
        idle_s: seconds between two looks when there is nothing to do.
        silence_s: seconds to the next look when the source did not answer.
    """

    slots: int = 1
    once: bool = False
    until_empty: bool = False
    drain_s: float = 60.0
    idle_s: float = 1.0
    silence_s: float = 10.0


def serve(
    source: WorkSource,
    executor: WorkExecutor,
    how: ServeHow,
    stop: threading.Event,
    *,
    told: Callable[[Work, Finished], None] = lambda work, finished: None,
    tell: Callable[[str], None] = lambda text: None,
) -> Served:
    """Take requests and execute them until a stop is asked for, or there is nothing to do.

    A source that does not answer is told of and asked again; only who takes one request, or what waits, gives up.

    Args:
        stop: set to stop in good order: nothing more is taken, what runs may end, the rest is handed back.
        told: is told of every end; what it does cannot change it.
        tell: is told what goes on, one line at a time.
    """
    served, serving = Served(), _Serving(executor, how, stop, told, tell)
    with ThreadPoolExecutor(how.slots, thread_name_prefix="foundry-serve") as pool:
        taken_once = False
        while not stop.is_set():
            if len(serving.running) >= how.slots:
                stop.wait(LOOK_EVERY_S)
                continue
            try:
                taken = None if how.once and taken_once else source.take(tuple(serving.running))
            except CannotDispatch as error:
                if how.once or how.until_empty:
                    raise
                tell(f"{error.message}; it is asked again")
                stop.wait(how.silence_s)
                continue
            if taken is not None:
                taken_once = True
                serving.running[taken.work.request_id] = None
                pool.submit(serving.one, taken, served)
                continue
            if (how.until_empty or how.once) and not serving.running:
                break
            stop.wait(how.idle_s if not serving.running else LOOK_EVERY_S)
        serving.stopped_at = time.monotonic()
    return served


class _Serving:
    """What the threads of one serving process share."""

    def __init__(
        self,
        executor: WorkExecutor,
        how: ServeHow,
        stop: threading.Event,
        told: Callable[[Work, Finished], None],
        tell: Callable[[str], None],
    ) -> None:
        self.running: dict[str, None] = {}
        self.stopped_at: float | None = None
        self._executor, self._how, self._stop, self._told, self._tell = executor, how, stop, told, tell

    def one(self, taken: Taken, served: Served) -> None:
        """Execute one request to its end, or to the hand-back."""
        work = taken.work
        try:
            self._tell(f"{work.request_id}: taken up")
            finished = self._finished(taken)
            if finished is None:
                served.handed_back.append(work.request_id)
                self._tell(f"{work.request_id}: handed back")
                return
            taken.end(finished)
            served.ended[work.request_id] = finished.status
            self._tell(f"{work.request_id}: {finished.status.replace('_', ' ')}")
            self._told(work, finished)
        except Exception as error:  # noqa: BLE001 - one request must not take the others with it
            self._tell(f"{work.request_id}: {type(error).__name__}: {error}")
        finally:
            self.running.pop(work.request_id, None)

    def _finished(self, taken: Taken) -> Finished | None:
        """What came of it; None when it was handed back."""
        from foundry_kernel.runner.refusals import refused_by

        work = taken.work
        try:
            self._executor.materialize(work)
        except Exception as error:  # noqa: BLE001 - a refusal is an end like any other
            return refused_by(error)
        if self._too_late():
            taken.hand_back("the runner stops")
            return None
        taken.begin()

        def wish() -> Wish | None:
            if self._too_late():
                return Wish("runner", "the runner stops", at_once=True)
            return taken.wish()

        finished = self._executor.execute(work, taken.holding, wish)
        if self._too_late() and finished.result is None:
            taken.hand_back("the runner stops")
            return None
        return finished

    def _too_late(self) -> bool:
        """Whether a stop was asked for, and the time to end is over."""
        if not self._stop.is_set():
            return False
        if self.stopped_at is None:
            self.stopped_at = time.monotonic()
        return time.monotonic() - self.stopped_at >= self._how.drain_s

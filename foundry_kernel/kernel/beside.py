"""Follows a run that works in another thread, since a notebook's own event loop is busy with the cell."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from foundry_kernel.engine.outcome import Outcome
from foundry_kernel.kernel.live import UPDATE_EVERY_S, LiveTree
from runtime_artifacts.journal import Fact

Run = Callable[[Callable[[Fact], None]], Coroutine[Any, Any, Outcome]]


def follow_beside(run: Run, live: LiveTree) -> Outcome:
    """Run to the end in a thread of its own and show the progress from this one.

    An interrupt of the cell (the stop button, Ctrl-C) cancels the run: its commands are ended, and its outcome is
    `cancelled`. A second interrupt no longer waits for that.

    Args:
        run: is given whom to tell of each fact.

    Raises:
        FoundryError: the run could not begin.
        KeyboardInterrupt: the second interrupt.
    """
    beside = _Beside(run)
    beside.start()
    try:
        beside.show(live)
    except KeyboardInterrupt:
        beside.cancel()
        beside.show(live)
    return beside.outcome()


class _Beside(threading.Thread):
    """The thread with its loop, and what it says."""

    def __init__(self, run: Run) -> None:
        super().__init__(name="foundry emit", daemon=True)
        self._run = run
        self._facts: queue.Queue[Fact | None] = queue.Queue()
        self._ended: Outcome | Exception | None = None
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[Outcome] | None = None

    def run(self) -> None:
        """Work until the run has ended."""
        try:
            asyncio.set_event_loop(self._loop)
            self._task = self._loop.create_task(self._run(self._facts.put))
            self._ended = self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            self._ended = Outcome("cancelled", reason="interrupted before it began")
        except Exception as error:  # noqa: BLE001 - raised again in the cell
            self._ended = error
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
            self._facts.put(None)

    def cancel(self) -> None:
        """Ask the run to end."""
        if self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)

    def show(self, live: LiveTree) -> None:
        """Show every fact until the last."""
        while True:
            try:
                fact = self._facts.get(timeout=UPDATE_EVERY_S)
            except queue.Empty:
                live.finish()
                continue
            if fact is None:
                break
            live(fact)
        live.finish()

    def outcome(self) -> Outcome:
        """How it ended.

        Raises:
            Exception: what ended it before it began.
        """
        if isinstance(self._ended, Exception):
            raise self._ended
        assert self._ended is not None
        return self._ended

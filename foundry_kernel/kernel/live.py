"""A live display that updates in place in a notebook and does not flood a log (spec 4.10)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from foundry_kernel.kernel.progress import ProgressTree
from runtime_artifacts.journal import Fact

UPDATE_EVERY_S = 0.25
TICK_EVERY_S = 1.0
"""How often the display tells for how long something runs, while nothing else is new."""


class Shown(Protocol):
    """Something on the screen that can be replaced in place."""

    def update(self, obj: object) -> None:
        """Show `obj` instead."""


class TreeView:
    """What Jupyter shows of a tree: HTML where it can, else text."""

    def __init__(self, tree: ProgressTree, now: datetime | None = None) -> None:
        """Show `tree` as it is at this moment.

        Args:
            now: then what runs says for how long; aware.
        """
        self._html, self._text = tree.html(now), tree.text(now)

    def _repr_html_(self) -> str:
        return self._html

    def __repr__(self) -> str:
        return self._text


class LiveTree:
    """A tree on the screen that follows a run: one display, replaced at most every `UPDATE_EVERY_S` seconds."""

    def __init__(
        self,
        tree: ProgressTree,
        show: Callable[[object], Shown] | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Show the tree for the first time.

        Args:
            show: puts an object on the screen; the notebook's own display when None.
            now: seconds that never go back.
            clock: time of day, for how long something runs.
        """
        self.tree = tree
        self._now, self._clock = now, clock
        self._shown = (show or in_notebook)(TreeView(tree, clock()))
        self._updated_at = now()
        self._waiting = False

    def __call__(self, fact: Fact) -> None:
        """Take a fact in, and show the tree anew if the last time is long enough ago."""
        if self.tree.add(fact) is None:
            return
        self._waiting = True
        if self._now() - self._updated_at >= UPDATE_EVERY_S:
            self.finish()

    def finish(self) -> None:
        """Show the tree as it is now, if it changed since it was last shown, or something runs for a second more."""
        if not self._waiting and not self._ticks():
            return
        self._shown.update(TreeView(self.tree, self._clock()))
        self._updated_at = self._now()
        self._waiting = False

    def _ticks(self) -> bool:
        return self.tree.is_running() and self._now() - self._updated_at >= TICK_EVERY_S


def in_notebook(view: object) -> Shown:
    """Show an object in the notebook that is running."""
    from IPython.display import display

    shown: Shown = display(view, display_id=True)
    return shown

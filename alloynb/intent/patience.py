"""How far a long reading has come, told now and then; of a short one nothing is said (spec 7.2)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Tell = Callable[[str], None]
_Item = TypeVar("_Item")
_TELL_AFTER_S = 2.0
"""A reading is long when it takes more than this, and is spoken of again after as long."""


def quietly(_text: str) -> None:
    """Tell nobody."""


class Patience:
    """Watches over readings, and tells of those that take more than two seconds.

    Args:
        tell: hears a line for a person.
        seconds: a clock that only goes forward.
    """

    def __init__(self, tell: Tell = quietly, seconds: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._seconds = seconds

    def over(self, items: Iterable[_Item], total: int, what: str) -> Iterator[_Item]:
        """Yield the items, and tell how many are done.

        Args:
            total: number of items.
            what: names them, such as `files of .alloy/intent`.
        """
        told_at = self._seconds()
        for done, item in enumerate(items):
            now = self._seconds()
            if now - told_at > _TELL_AFTER_S:
                self._tell(f"reading: {done:,} of {total:,} {what}")
                told_at = now
            yield item

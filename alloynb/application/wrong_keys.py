"""Who came with wrong keys, and how often: those who guess are not looked at for a while (spec 5.3, 5.6).

Kept in memory by the process that serves. Each source is limited by itself, so nobody can shut a runner out by guessing
in its name from elsewhere; and a runner whose key was right from there goes on, so that nobody behind the same address,
such as that of a proxy, can stop its work either.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alloynb.errors import Refused

MOST_WRONG = 10
WINDOW_S = 60.0
_MOST_SOURCES = 10_000
_MOST_KNOWN = 1_000


class TooManyWrongKeys(Refused):
    """Too many wrong keys came from there.

    Attributes:
        retry_after_s: seconds until the next one is looked at.
    """

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message, next_step=f"wait {retry_after_s:.0f} s")
        self.retry_after_s = retry_after_s


@dataclass
class _Source:
    times: int = 0
    recent: list[datetime] = field(default_factory=list)
    known: OrderedDict[str, None] = field(default_factory=OrderedDict)


class WrongKeys:
    """Remembers who guesses. May be shared by threads: at worst one guess is not counted."""

    def __init__(
        self, clock: Callable[[], datetime], *, most: int = MOST_WRONG, window_s: float = WINDOW_S
    ) -> None:
        """Look at no more than `most` wrong keys within `window_s` seconds from one source."""
        self._clock = clock
        self._most = most
        self._window = timedelta(seconds=window_s)
        self._sources: OrderedDict[str, _Source] = OrderedDict()

    def wait_s(self, source: str) -> float:
        """Seconds until a key from there is looked at; 0 for at once."""
        known, now = self._known(source), self._clock()
        # One from the future is from before the clock was set back; its source would wait for as long.
        known.recent = [moment for moment in known.recent if now - self._window < moment <= now]
        if len(known.recent) < self._most:
            return 0.0
        return max(1.0, (known.recent[0] + self._window - now).total_seconds())

    def note(self, source: str, *, looked_at: bool = True) -> int:
        """Count one wrong key; how many came from there so far.

        Args:
            looked_at: False for one that came while its source had to wait.
        """
        known = self._known(source)
        known.times += 1
        if looked_at:
            known.recent.append(self._clock())
        return known.times

    def welcome(self, source: str, mark: str) -> None:
        """Remember that a right key came from there.

        Args:
            mark: tells the key from others, and nobody what it is.
        """
        known = self._known(source).known
        known[mark] = None
        known.move_to_end(mark)
        while len(known) > _MOST_KNOWN:
            known.popitem(last=False)

    def knows(self, source: str, mark: str) -> bool:
        """Whether this key was right when it came from there before."""
        return mark in self._known(source).known

    def _known(self, source: str) -> _Source:
        known = self._sources.setdefault(source, _Source())
        self._sources.move_to_end(source)
        while len(self._sources) > _MOST_SOURCES:
            self._sources.popitem(last=False)
        return known


def worth_telling(times: int) -> bool:
    """Say whether this one is recorded: the first ten, then every tenfold; a guesser cannot fill our disk."""
    return times <= MOST_WRONG or str(times).rstrip("0") == "1"

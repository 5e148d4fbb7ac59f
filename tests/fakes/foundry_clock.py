"""A clock that only moves when it is asked, or slept on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Starts at a fixed moment; every look at it takes a millisecond; sleeping takes no real time."""

    def __init__(self, start: datetime = datetime(2026, 1, 31, 12, tzinfo=UTC)) -> None:
        self._start = start
        self._passed_s = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        self._passed_s += 0.001
        return self._start + timedelta(seconds=self._passed_s)

    def monotonic(self) -> float:
        return self._passed_s

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._passed_s += seconds

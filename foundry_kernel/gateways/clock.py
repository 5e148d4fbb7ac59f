"""The port for time."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is, how much has passed, and waiting."""

    def now(self) -> datetime:
        """Moment in UTC, aware."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed point; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """Moment in UTC, aware."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some fixed point; never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait without holding up other work."""
        await asyncio.sleep(seconds)

"""What recurs, asked for in a durable queue: once for each moment, whichever server comes first (spec 5.4, 7.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from foundry_kernel.runner.feed import packed_whole
from foundry_kernel.runner.schedule import Recurring, ask_again
from foundry_kernel.runner.workspace import RunnerWorkspace

if TYPE_CHECKING:
    from foundry_kernel.runner.backends.moments import Asked, Moments

_WORDS = {
    "queued": "queued",
    "deduplicated": "was asked before; nothing runs again",
    "elsewhere": "another server has this moment",
    "refused": "refused",
}


@dataclass(frozen=True)
class AskQueue:
    """Asks in a queue, with everything that a request names; see `schedule.Asking`."""

    workspace: RunnerWorkspace
    moments: Moments
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def ask(self, entry: Recurring, due: datetime) -> str:
        """Queue the request of a moment, if nobody has the moment."""
        return _told(
            self.moments.ask(
                entry.said,
                due,
                lambda: packed_whole(ask_again(entry, self.workspace, self.clock()), self.workspace),
            )
        )

    def finish(self) -> Iterable[str]:
        """Queue what another server claimed and died over."""
        return [f"left behind by another server: {_told(each)}" for each in self.moments.finish()]


def _told(asked: Asked) -> str:
    why = f": {asked.why}" if asked.why else ""
    return f"{asked.request_id} {_WORDS[asked.outcome]}{why}".strip()

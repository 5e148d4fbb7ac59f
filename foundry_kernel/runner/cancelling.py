"""Somebody asked for the end of a request: the run of it hears that, wherever it runs (spec 4.4, 5.3).

The wish is a step in the request's life, in the mailbox of the workspace that the run works for. Whoever hears it
elsewhere (a heartbeat, a queue) writes it there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from foundry_kernel.errors import CannotDispatch
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.life_files import RequestLives
from runtime_artifacts.request_life import LifeStep, RequestLife
from runtime_artifacts.timestamp import format_timestamp

LOOK_EVERY_S = 0.3


class RequestCancelled(CannotDispatch):
    """Somebody asked for the end of the request before it ran."""


def refuse_cancelled(mailbox: Path, request_id: str) -> None:
    """Refuse a request whose end was asked for, or that has ended without a result here.

    Raises:
        RequestCancelled: with who asked, and why.
    """
    life = RequestLives(mailbox).life(request_id)
    if life.cancelled is not None:
        why = f": {life.cancelled.why}" if life.cancelled.why else ""
        raise RequestCancelled(
            f"request {request_id} was cancelled by {life.cancelled.by}{why}",
            next_step="ask for it again with --again and a reason",
        )


def ask_for_end(mailbox: Path, request_id: str, *, by: str, why: str, at: datetime) -> None:
    """Write down that somebody wants the end of a request; once is enough."""

    def decide(life: RequestLife) -> LifeStep | None:
        if life.cancelled is not None or life.end is not None:
            return None
        return LifeStep(kind="cancel_asked", at=format_timestamp(at), by=by or "somebody", why=why)

    RequestLives(mailbox).add(request_id, decide)


async def watch_for_cancellation(mailbox: Path, request_id: str, cancel: Callable[[str], None]) -> None:
    """Call `cancel` with a reason as soon as somebody asks for the end; runs until it is cancelled itself."""
    lives = RequestLives(mailbox)
    while True:
        try:
            asked = lives.life(request_id).cancelled
        except (ArtifactError, OSError):  # a damaged life cancels nothing
            asked = None
        if asked is not None:
            cancel(f"by {asked.by}: {asked.why}" if asked.why else f"by {asked.by}")
            return
        await asyncio.sleep(LOOK_EVERY_S)

"""Messages that a runner had to send again, each counted once, whether or not it is about a step (spec 5.4).

A runner says with each message how many it has sent again under its lease so far. Heartbeats and events are no steps:
what they say is noted beside the lease, and told by the next step, at the latest by the one that ends the lease.
"""

from __future__ import annotations

from typing import Protocol

from runtime_artifacts.life_files import RequestLives
from runtime_artifacts.request_life import LeaseTaken, RequestLife


class Counted(Protocol):
    """A message of a lease."""

    @property
    def sends(self) -> int:
        """How often this message was sent."""
        ...

    @property
    def resent(self) -> int:
        """How many of the lease were sent again so far; 0 also from a runner that does not count them."""
        ...


def note_resent(lives: RequestLives, life: RequestLife, lease: LeaseTaken, said: Counted) -> None:
    """Note what a message that is no step says."""
    lives.note_resent(lease, _said(lives, life, lease, said))


def untold_retries(
    lives: RequestLives, life: RequestLife, lease: LeaseTaken, said: Counted | None = None
) -> int:
    """How many messages of a lease were sent again that none of its steps tells yet.

    Args:
        said: the message that the next step comes from, if it comes from one.
    """
    known = lives.resent(lease) if said is None else _said(lives, life, lease, said)
    return max(0, known - life.transport_retries_under(lease))


def _said(lives: RequestLives, life: RequestLife, lease: LeaseTaken, said: Counted) -> int:
    known = max(lives.resent(lease), life.transport_retries_under(lease))
    return max(known, said.resent) if said.resent else known + said.sends - 1

"""What a peer tells of itself, and what it offers to be measured.

A peer is one file in `peers/` that offers `PEER`. It is imported twice: where the measuring is done, to be told of, and
in the environment of the peer itself, to be driven; so its own libraries are imported where they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

SLOTS = 20
"""Jobs at a time in a worker process, for queues that work at several."""

LOOK_S = 0.1
"""Seconds between two looks at the queue, for queues that have to look."""

WORKERS = 2
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Place:
    """Where a peer is measured.

    Attributes:
        url: `sqlite:///FILE`, `postgresql://…`, or `memory:` for what holds nothing durable.
        folder: everything that the peer writes belongs here; it goes away. Its path is short, sockets may lie in it.
        ports: two free ones on the loopback.
    """

    url: str
    folder: Path
    ports: tuple[int, int]


class Driven(Protocol):
    """A queue under measurement, in one of its processes."""

    def create(self) -> None:
        """Make what the queue needs; wait for its server if it has one."""

    def put(self, numbers: Iterable[int]) -> None:
        """Enqueue, in one go where the queue can."""

    def left(self) -> int:
        """How many of those put in have not ended yet, as the queue itself has recorded."""

    def work(self) -> None:
        """Serve until killed; each job tells `notes.began` its number."""


@dataclass(frozen=True)
class Peer:
    """A queue that is measured.

    Attributes:
        databases: of `sqlite`, `postgresql`, `memory`: where it can be measured.
        survives: of what was asked and what ended, what is still there after a crash; shown beside the rates.
        requires: what its environment holds, the peer itself first; nothing: it is measured in the project's own.
        serve: a server of its own, until killed.
        processes: worker processes to start; none where the peer starts them itself.
        at_most: jobs to measure with, for those that take seconds for each.
        settings: environment of all its processes, where its homes and what it reports to anybody are set.
    """

    name: str
    title: str
    databases: tuple[str, ...]
    survives: str
    driven: Callable[[Place], Driven]
    requires: tuple[str, ...] = ()
    serve: Callable[[Place], None] | None = None
    processes: int = WORKERS
    at_most: int | None = None
    settings: Callable[[Place], Mapping[str, str]] = field(default=lambda place: {})


def is_peer(given: object) -> Peer:
    """Check what a file of `peers/` offers.

    Raises:
        TypeError: it is no peer.
        ValueError: it names a database that nobody measures on.
    """
    if not isinstance(given, Peer):
        raise TypeError("not a Peer")
    if not given.databases or set(given.databases) - {"sqlite", "postgresql", "memory"}:
        raise ValueError(f"databases: {given.databases}")
    return given

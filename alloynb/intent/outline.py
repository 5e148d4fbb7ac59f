"""What a record is chosen and linked by, apart from all that it says: enough to know whether it is in question.

Spec: 2.1, 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from alloynb.intent.record import GUIDING, IntentRecord, Status
from alloynb.intent.relationship import RelationshipType


class Link(Protocol):
    """One end of a relationship, as far as the graph asks."""

    @property
    def type(self) -> RelationshipType:
        """How the two stand to each other."""
        ...

    @property
    def target(self) -> str:
        """Id of the other record."""
        ...


class Linked(Protocol):
    """What the graph asks of a record, or of its outline."""

    @property
    def id(self) -> str:
        """Id of the record."""
        ...

    @property
    def supersedes(self) -> str | None:
        """Id of the record that this one replaces."""
        ...

    @property
    def relationships(self) -> Sequence[Link]:
        """Links to other records, in the order of the file."""
        ...

    @property
    def expectation_ref(self) -> str | None:
        """Id of a shared expectation."""
        ...

    @property
    def strategy_ref(self) -> str | None:
        """Id of a shared strategy."""
        ...


class OutlinedLink(NamedTuple):
    """A relationship without its notes."""

    type: RelationshipType
    target: str


class OutlinedScope(NamedTuple):
    """The part of a scope by which records are chosen."""

    paths: tuple[str, ...]
    modules: tuple[str, ...]


class Outline(NamedTuple):
    """A record without its texts; every value is the record's own.

    Attributes:
        paths, modules: of its scope.
        links: type and target of its relationships.
    """

    id: str
    status: Status
    paths: tuple[str, ...]
    modules: tuple[str, ...]
    supersedes: str | None
    links: tuple[tuple[RelationshipType, str], ...]
    expectation_ref: str | None
    strategy_ref: str | None

    @property
    def scope(self) -> OutlinedScope:
        """What the record speaks about."""
        return OutlinedScope(self.paths, self.modules)

    @property
    def relationships(self) -> tuple[OutlinedLink, ...]:
        """Links to other records, in the order of the file."""
        return tuple(OutlinedLink(*each) for each in self.links) if self.links else ()

    @property
    def guides_runs(self) -> bool:
        """Whether the record may constrain a run."""
        return self.status in GUIDING


class Outlined(NamedTuple):
    """An outline, and the file whose bytes it was taken from.

    Attributes:
        digest: names the bytes of the file.
    """

    model: Outline
    folder: Path
    name: str
    digest: str

    @property
    def file(self) -> Path:
        """Where the record stands."""
        return self.folder / self.name


def outline_of(record: IntentRecord) -> Outline:
    """Take the outline of a record."""
    return Outline(
        record.id,
        record.status,
        record.scope.paths,
        record.scope.modules,
        record.supersedes,
        tuple((each.type, each.target) for each in record.relationships),
        record.expectation_ref,
        record.strategy_ref,
    )

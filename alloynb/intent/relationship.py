"""How records stand to each other, and whether the whole graph makes sense (spec 2.1)."""

from __future__ import annotations

from typing import Literal

from alloynb.intent.strict_model import RecordId, StrictModel, Text, Timestamp

RelationshipType = Literal[
    "supports", "conflicts_with", "supersedes", "refines", "depends_on", "applies_to", "constrains"
]


class Resolution(StrictModel):
    """How a human settled a `conflicts_with`."""

    by: Text
    at: Timestamp
    why: Text


class Confirmation(StrictModel):
    """A human read something, and called it still true."""

    by: Text
    at: Timestamp
    why: Text


class Relationship(StrictModel):
    """One directed link to another record.

    Attributes:
        target: id of the other record.
        resolution: of a conflict that a human settled, or None while it is open.
    """

    type: RelationshipType
    target: RecordId
    notes: Text | None = None
    resolution: Resolution | None = None

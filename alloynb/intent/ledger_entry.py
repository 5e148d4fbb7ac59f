"""One line of a record's ledger: who moved it, when, from where to where, why, and by what right (spec 2.2)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from alloynb.intent.authority import PrincipalKind
from alloynb.intent.record import Status
from alloynb.intent.strict_model import RecordId, StrictModel, Text, Timestamp
from runtime_artifacts.canonical import DIGEST_PATTERN
from runtime_artifacts.identity import new_id


class LedgerEntry(StrictModel):
    """A step that was taken, or an edit when `from_status` and `to_status` are the same.

    Attributes:
        from_status: None for the first entry of a record. `from` in JSON.
        to_status: `to` in JSON.
        authority: the right by which it was done, such as `accept_intent (local owner)`.
        record_digest: what the record meant after the step.
        act: what was done when it was neither a step nor an edit; `confirmed`: read, and called still true.
        link: the brief that activated it, or the record that supersedes it.
        torn_bytes: length of an unfinished line that was cut off before this entry was written.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)

    entry_id: Text
    record_id: RecordId
    at: Timestamp
    who: Text
    who_kind: PrincipalKind
    from_status: Annotated[Status | None, Field(alias="from")] = None
    to_status: Annotated[Status, Field(alias="to")]
    why: Text
    authority: Text
    record_digest: Annotated[str, StringConstraints(pattern=DIGEST_PATTERN)]
    version: Annotated[int, Field(ge=1)]
    act: Literal["confirmed"] | None = None
    link: Text | None = None
    torn_bytes: Annotated[int, Field(ge=0)] = 0


def new_entry_id() -> str:
    """Make an id that sorts by time."""
    return new_id("ledger")

"""Hold drafts and records against the truism check: where does a text say less than it seems to? (spec 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alloynb.application.workspace import Workspace
from alloynb.intent.document_model import Fault, faults_of

if TYPE_CHECKING:
    from alloynb.elicitation.truisms import Truism as Truism  # noqa: PLC0414  faces name the type through us
    from alloynb.intent.record import IntentRecord

_MUST_BE_RIGHT = ("that what is wrong is put right",)
_NOT_WORTH_IT = frozenset({"rejected", "superseded", "deprecated"})


@dataclass(frozen=True)
class CheckDrafts:
    """Please look at records.

    Attributes:
        record_ids: whole ids or slugs; all records that may still guide when empty.
    """

    record_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckedDraft:
    """One record, and what it leaves unsaid."""

    record_id: str
    title: str
    status: str
    truisms: tuple[Truism, ...]


def check_drafts(workspace: Workspace, command: CheckDrafts) -> tuple[CheckedDraft, ...]:
    """Check records; all of them are answered, those without a truism too.

    Raises:
        UnknownRecord: no such record.
        BrokenFiles: a record cannot be read.
    """
    from alloynb.application.decide_intent import full_id

    if command.record_ids:
        records = [workspace.intent.get(full_id(workspace, each)).model for each in command.record_ids]
    else:
        records = [each for each in workspace.intent.load_all() if each.status not in _NOT_WORTH_IT]
    return tuple(
        CheckedDraft(each.id, each.title, each.status, check_fields(each.model_dump(mode="json")))
        for each in records
    )


def check_fields(fields: Mapping[str, Any]) -> tuple[Truism, ...]:
    """Check a draft that no file holds yet."""
    from alloynb.elicitation.truisms import check_draft

    return check_draft(fields)


@dataclass(frozen=True)
class ReadDraft:
    """A draft that no file holds yet, read as a record.

    Attributes:
        record: the record that it is, or None while something is wrong with it.
        faults: what is wrong, each with its place in the fields.
        truisms: where it says less than it seems to.
        lacks_to_propose, lacks_to_accept: what is missing for these steps; empty when nothing is.
    """

    record: IntentRecord | None
    faults: tuple[Fault, ...]
    truisms: tuple[Truism, ...]
    lacks_to_propose: tuple[str, ...]
    lacks_to_accept: tuple[str, ...]


def read_draft(workspace: Workspace, fields: Mapping[str, Any], *, slug: str = "draft") -> ReadDraft:
    """Read fields as a record would be read from its file, and check them; nothing is written.

    Args:
        fields: fields of a record; id, status and times are added where they are missing.
    """
    from alloynb.intent.record import IntentRecord
    from alloynb.intent.strict_model import timestamp_text

    now = timestamp_text(workspace.clock())
    frame = {
        "id": f"{workspace.settings.project}.intent.{slug}",
        "status": "hypothesized",
        "created_at": now,
        "updated_at": now,
    }
    value = {**frame, **fields}
    faults = faults_of(value, IntentRecord)
    truisms = check_fields(fields)
    if faults:
        return ReadDraft(None, faults, truisms, _MUST_BE_RIGHT, _MUST_BE_RIGHT)
    record = IntentRecord.model_validate(value)
    return ReadDraft(record, (), truisms, record.missing_for("proposed"), record.missing_for("accepted"))

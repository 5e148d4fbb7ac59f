"""Hold drafts and records against the truism check: where does a text say less than it seems to? (spec 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alloynb.application.workspace import Workspace

if TYPE_CHECKING:
    from alloynb.elicitation.truisms import Truism as Truism  # noqa: PLC0414  faces name the type through us

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

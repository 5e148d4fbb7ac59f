"""Say how records stand to each other, and settle a conflict between two of them (spec 2.1)."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alloynb.application.decide_intent import full_id
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError, Refused
from alloynb.intent.document_model import changed_model
from alloynb.intent.errors import RelationshipCycle, UnknownRecord
from alloynb.intent.record import IntentRecord
from alloynb.intent.relationship import Relationship, RelationshipType, Resolution
from alloynb.intent.relationship_graph import check_relationships
from alloynb.intent.yaml_folder import StoredFile


class AlreadyRelated(Refused):
    """The record says so already."""


class NotRelated(AlloyError):
    """The record has no such relationship."""


@dataclass(frozen=True)
class RelateRecords:
    """Please write, or remove, a relationship; ids may be slugs.

    Attributes:
        why: reason for the ledger.
        notes: what the relationship means here, or None.
    """

    record_id: str
    type: RelationshipType
    target_id: str
    why: str
    notes: str | None = None


@dataclass(frozen=True)
class RelatedRecord:
    """The record as it stands now."""

    record: IntentRecord
    file: Path


def relate_records(workspace: Workspace, command: RelateRecords) -> RelatedRecord:
    """Write a relationship into a record; of an accepted record this is an edit, with a new version.

    Raises:
        UnknownRecord: one of the two does not exist; near ids are named.
        AlreadyRelated: the record says so.
        RelationshipCycle: the records would stand in a circle.
        MissingAuthority, IllegalTransition, StaleEdit, CannotSave: the edit is refused, or could not be written.
    """
    stored, target = _both(workspace, command)
    if any((each.type, each.target) == (command.type, target) for each in stored.model.relationships):
        raise AlreadyRelated(f"{stored.model.id} {command.type} {target} already")
    added = Relationship(type=command.type, target=target, notes=command.notes or None)
    return _revised(workspace, stored, (*stored.model.relationships, added), command.why)


def unrelate_records(workspace: Workspace, command: RelateRecords) -> RelatedRecord:
    """Remove a relationship from a record, with its resolution if it has one.

    Raises:
        UnknownRecord: one of the two does not exist.
        NotRelated: the record does not say so.
        MissingAuthority, IllegalTransition, StaleEdit, CannotSave: the edit is refused, or could not be written.
    """
    stored, target = _both(workspace, command)
    kept = tuple(
        each for each in stored.model.relationships if (each.type, each.target) != (command.type, target)
    )
    if len(kept) == len(stored.model.relationships):
        known = ", ".join(f"{each.type} {each.target}" for each in stored.model.relationships) or "none"
        raise NotRelated(
            f"{stored.model.id} has no relationship {command.type} {target}",
            next_step=f"it has: {known}",
        )
    return _revised(workspace, stored, kept, command.why)


def resolve_conflict(workspace: Workspace, one: str, other: str, notes: str, why: str) -> Path:
    """Write the resolution of a conflict into the record that declares it, else into the first of the two.

    Args:
        one, other: whole ids.
        notes: what the conflict is, where nobody wrote it down yet.

    Raises:
        MissingAuthority, IllegalTransition, StaleEdit, CannotSave: the edit is refused, or could not be written.
    """
    settled = Resolution(by=workspace.principal.name, at=workspace.clock(), why=why)
    for record_id, target in ((one, other), (other, one)):
        stored = workspace.intent.get(record_id)
        found = stored.model.relationships
        if any((each.type, each.target) == ("conflicts_with", target) for each in found):
            changed = tuple(
                each.model_copy(update={"resolution": settled})
                if (each.type, each.target) == ("conflicts_with", target)
                else each
                for each in found
            )
            return _revised(workspace, stored, changed, why).file
    stored = workspace.intent.get(one)
    added = Relationship(type="conflicts_with", target=other, notes=notes, resolution=settled)
    return _revised(workspace, stored, (*stored.model.relationships, added), why).file


def _both(workspace: Workspace, command: RelateRecords) -> tuple[StoredFile[IntentRecord], str]:
    stored = workspace.intent.get(full_id(workspace, command.record_id))
    target = full_id(workspace, command.target_id)
    known = [each.id for each in workspace.intent.load_all()]
    if target not in known:
        near = ", ".join(difflib.get_close_matches(target, known, n=3))
        raise UnknownRecord(f"no record {target!r}", next_step=f"near it: {near}" if near else "")
    return stored, target


def _revised(
    workspace: Workspace,
    stored: StoredFile[IntentRecord],
    relationships: tuple[Relationship, ...],
    why: str,
) -> RelatedRecord:
    changes: dict[str, Any] = {"relationships": tuple(each.model_dump() for each in relationships)}
    _refuse_circles(workspace, stored, changed_model(stored.model, changes))
    saved = workspace.registrar.revise(stored, changes, workspace.principal, why, workspace.clock())
    return RelatedRecord(saved.model, saved.file)


def _refuse_circles(workspace: Workspace, stored: StoredFile[IntentRecord], wanted: IntentRecord) -> None:
    others = [each for each in workspace.intent.scan().stored if each.model.id != stored.model.id]
    before = {str(fault) for fault in check_relationships([*others, stored])}
    for fault in check_relationships([*others, StoredFile(wanted, stored.file, stored.digest)]):
        if isinstance(fault, RelationshipCycle) and str(fault) not in before:
            raise RelationshipCycle(
                fault.message, next_step="remove another relationship of the circle first"
            )

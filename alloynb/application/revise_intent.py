"""Edit a record field by field, on the base of one reading; what somebody else wrote meanwhile is never lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alloynb.application.decide_intent import DecidedIntent, full_id
from alloynb.application.workspace import Workspace
from alloynb.intent.record import IntentRecord

OWNED_BY_THE_LIFECYCLE = frozenset({"id", "status", "version", "created_at", "updated_at", "supersedes"})
"""Fields that no edit changes."""


@dataclass(frozen=True)
class OpenedIntent:
    """A record as it is opened for editing.

    Attributes:
        fields: what an edit may change, as plain JSON; absent fields and defaults are left out.
        read_digest: names this reading of the file.
    """

    record: IntentRecord
    file: Path
    fields: dict[str, Any]
    read_digest: str


@dataclass(frozen=True)
class ReviseIntent:
    """Please let the record say this.

    Attributes:
        fields: as `OpenedIntent.fields`; a field that is not named takes its default.
        read_digest: of the reading that this is based on.
    """

    record_id: str
    fields: Mapping[str, Any]
    read_digest: str
    why: str


@dataclass(frozen=True)
class MergedFields:
    """Two edits of one reading, put together field by field.

    Attributes:
        theirs: fields taken over from the other edit.
        both: fields that both changed differently; mine stand.
    """

    fields: dict[str, Any]
    theirs: tuple[str, ...]
    both: tuple[str, ...]


def open_intent(workspace: Workspace, record_id: str) -> OpenedIntent:
    """Read a record to edit it.

    Raises:
        UnknownRecord: no such record; near ids are named.
        BrokenFiles: its file cannot be read.
    """
    stored = workspace.intent.get(full_id(workspace, record_id))
    dumped = stored.model.model_dump(mode="json", exclude_defaults=True, exclude=set(OWNED_BY_THE_LIFECYCLE))
    return OpenedIntent(stored.model, stored.file, dumped, stored.digest)


def revise_intent(workspace: Workspace, command: ReviseIntent) -> DecidedIntent:
    """Write changed fields into a record's file; comments and order stay as the human left them elsewhere.

    Nothing is written, and no version counted, when nothing was changed.

    Raises:
        BrokenFiles: a field is wrong.
        StaleEdit: the file changed in between; the difference is shown, nothing was written.
        IllegalTransition, MissingAuthority: the record is history, or the principal may not edit it.
    """
    from alloynb.intent.document_model import model_of
    from alloynb.intent.yaml_document import read_yaml
    from alloynb.intent.yaml_folder import StoredFile
    from alloynb.intent.yaml_writing import new_document

    stored = workspace.intent.get(full_id(workspace, command.record_id))
    kept = stored.model.model_dump(mode="json", exclude_none=True, include=set(OWNED_BY_THE_LIFECYCLE))
    said = {name: each for name, each in command.fields.items() if name not in OWNED_BY_THE_LIFECYCLE}
    wanted = model_of(read_yaml(new_document({**kept, **said})), IntentRecord)
    changes = {
        name: getattr(wanted, name)
        for name in IntentRecord.model_fields
        if name not in OWNED_BY_THE_LIFECYCLE and getattr(wanted, name) != getattr(stored.model, name)
    }
    if not changes:
        return DecidedIntent(stored.model, stored.file)
    base = StoredFile(stored.model, stored.file, command.read_digest)
    saved = workspace.registrar.revise(base, changes, workspace.principal, command.why, workspace.clock())
    return DecidedIntent(saved.model, saved.file)


def merge_fields(base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> MergedFields:
    """Put my edit on top of theirs: a field that I left alone is theirs, one that I changed is mine."""
    merged: dict[str, Any] = {}
    taken, both = [], []
    for name in dict.fromkeys((*theirs, *mine, *base)):
        was, my, their = base.get(name), mine.get(name), theirs.get(name)
        chosen = their if my == was else my
        if my == was and their != was:
            taken.append(name)
        elif my != was and their not in (was, my):
            both.append(name)
        if chosen is not None:
            merged[name] = chosen
    return MergedFields(merged, tuple(taken), tuple(both))

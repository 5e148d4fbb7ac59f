"""Write records and take them through their lifecycle: draft, propose, accept, reject, deprecate, supersede, edit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.intent.errors import UnknownRecord
from alloynb.intent.record import IntentRecord, Status

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*")


class NotASlug(AlloyError):
    """The name of a new record cannot be the last part of an id."""


@dataclass(frozen=True)
class DraftIntent:
    """A human's or assistant's draft of a new record.

    Attributes:
        slug: last part of the new id.
        fields: any fields of the record but id, status, version and times.
        status: `proposed` when all five texts are there, else `hypothesized`.
    """

    slug: str
    fields: dict[str, Any]
    why: str
    status: Status = "proposed"


@dataclass(frozen=True)
class DecideIntent:
    """A step of the lifecycle.

    Attributes:
        record_id: whole id, or its slug.
        successor_id: the record that supersedes this one, for `superseded`.
    """

    record_id: str
    to: Status
    why: str
    successor_id: str | None = None


@dataclass(frozen=True)
class EditIntent:
    """New text of a record's file, as an editor left it.

    Attributes:
        read_digest: digest of the file as it was when the editor opened it.
    """

    record_id: str
    content: bytes
    read_digest: str
    why: str


@dataclass(frozen=True)
class SetIntentFields:
    """Change single fields.

    Attributes:
        assignments: `FIELD=VALUE`, see `alloynb.application.assignments`.
    """

    record_id: str
    assignments: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class DecidedIntent:
    """Where a record stands now."""

    record: IntentRecord
    file: Path


def draft_intent(workspace: Workspace, command: DraftIntent) -> DecidedIntent:
    """Write a new record into its own file, and the first entry of its ledger.

    Raises:
        NotASlug: the name holds something else than small letters, digits, `-` and `_`.
        BrokenFiles: a field is wrong or missing.
        AlreadyExists: the slug is taken.
        MissingAuthority: the principal may not.
    """
    from alloynb.intent.document_model import model_of
    from alloynb.intent.strict_model import timestamp_text
    from alloynb.intent.yaml_document import read_yaml
    from alloynb.intent.yaml_writing import new_document

    refuse_bad_slug(command.slug)
    now = workspace.clock()
    value = {
        "id": f"{workspace.settings.project}.intent.{command.slug}",
        **command.fields,
        "status": command.status,
        "created_at": timestamp_text(now),
        "updated_at": timestamp_text(now),
    }
    record = model_of(read_yaml(new_document(value)), IntentRecord)
    stored = workspace.registrar.begin(record, workspace.principal, command.why, now)
    return DecidedIntent(stored.model, stored.file)


def decide_intent(workspace: Workspace, command: DecideIntent) -> DecidedIntent:
    """Take one step of the lifecycle.

    Raises:
        UnknownRecord: no such record; near ids are named.
        IllegalTransition: there is no such step, or the record lacks something for it.
        MissingAuthority: the principal may not take it.
    """
    successor = full_id(workspace, command.successor_id) if command.successor_id else None
    stored = workspace.registrar.move(
        full_id(workspace, command.record_id),
        command.to,
        workspace.principal,
        command.why,
        workspace.clock(),
        successor_id=successor,
    )
    return DecidedIntent(stored.model, stored.file)


def edit_intent(workspace: Workspace, command: EditIntent) -> DecidedIntent:
    """Take over what an editor made of a record's file; comments and order stay as the human left them elsewhere.

    Raises:
        UnreadableYaml, BrokenFiles: the text is no record, with the line.
        StaleEdit: the file changed in between; the difference is shown, nothing was written.
        IllegalTransition, MissingAuthority: the edit touches what only the lifecycle changes, or may not be made.
    """
    from alloynb.intent.document_model import model_of
    from alloynb.intent.yaml_document import read_yaml
    from alloynb.intent.yaml_folder import StoredFile

    stored = workspace.intent.get(full_id(workspace, command.record_id))
    wanted = model_of(read_yaml(command.content, stored.file), IntentRecord)
    changes = _changes(stored.model, wanted)
    if not changes:
        raise AlloyError(f"{stored.model.id}: nothing was changed")
    base = StoredFile(stored.model, stored.file, command.read_digest)
    saved = workspace.registrar.revise(base, changes, workspace.principal, command.why, workspace.clock())
    return DecidedIntent(saved.model, saved.file)


def set_intent_fields(workspace: Workspace, command: SetIntentFields) -> DecidedIntent:
    """Change single fields of a record; comments, order and untouched lines of its file stay.

    Raises:
        BadAssignment, BrokenFiles: a text assigns nothing, or a field would be wrong.
        AlloyError: nothing was changed.
        IllegalTransition, MissingAuthority: the edit touches what only the lifecycle changes, or may not be made.
        StaleEdit: the file changed in between; nothing was written.
    """
    from alloynb.application.assignments import assigned
    from alloynb.intent.document_model import model_of
    from alloynb.intent.yaml_document import read_yaml
    from alloynb.intent.yaml_writing import new_document

    stored = workspace.intent.get(full_id(workspace, command.record_id))
    fields = assigned(stored.model.model_dump(mode="json", exclude_defaults=True), command.assignments)
    wanted = model_of(read_yaml(new_document(fields)), IntentRecord)
    changes = _changes(stored.model, wanted)
    if not changes:
        raise AlloyError(f"{stored.model.id}: nothing was changed")
    saved = workspace.registrar.revise(stored, changes, workspace.principal, command.why, workspace.clock())
    return DecidedIntent(saved.model, saved.file)


def refuse_bad_slug(slug: str) -> None:
    """Make sure that a name can be the last part of an id.

    Raises:
        NotASlug: it cannot.
    """
    if not _SLUG.fullmatch(slug):
        near = re.sub(r"[^a-z0-9_-]+", "-", slug.lower()).strip("-_")
        raise NotASlug(
            f"{slug!r} cannot name a record",
            next_step=f"use small letters, digits, `-` and `_`, such as `{near or 'vendor-boundary'}`",
        )


def _changes(before: IntentRecord, wanted: IntentRecord) -> dict[str, Any]:
    return {
        name: getattr(wanted, name)
        for name in IntentRecord.model_fields
        if name != "updated_at" and getattr(wanted, name) != getattr(before, name)
    }


def full_id(workspace: Workspace, id_or_slug: str) -> str:
    """Complete a slug, or the beginning of one that fits no other, to the id of a record of this project.

    What follows a `#` stays as it is. A slug that nothing begins with is completed all the same: whoever looks it up
    says that it is not there.

    Raises:
        UnknownRecord: several records begin so.
    """
    prefix = f"{workspace.settings.project}.intent."
    slug, mark, rest = id_or_slug.removeprefix(prefix).partition("#")
    if ".intent." in slug:
        return id_or_slug
    found = workspace.intent.slugs_beginning_with(slug) if slug else ()
    if slug not in found:
        if len(found) > 1:
            names = ", ".join(found[:4]) + (" …" if len(found) > 4 else "")
            raise UnknownRecord(
                f"{slug!r} could be any of {len(found)}", next_step=f"write more of it: {names}"
            )
        slug = found[0] if found else slug
    return f"{prefix}{slug}{mark}{rest}"

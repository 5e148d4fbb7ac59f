"""Shared expectations and strategies: list, tell, write, edit them, with the records that use them (spec 2.1)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from alloynb.application.assignments import assigned
from alloynb.application.decide_intent import refuse_bad_slug
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.intent.authority import Action
from alloynb.intent.expectation import Expectation
from alloynb.intent.record import IntentRecord
from alloynb.intent.strategy import Strategy
from alloynb.intent.yaml_folder import StoredFile, YamlFolder

SharedKind = Literal["expectation", "strategy"]
Shared = Expectation | Strategy
_MODELS: dict[SharedKind, type[Shared]] = {"expectation": Expectation, "strategy": Strategy}
_KEPT = ("id", "created_at", "updated_at")


@dataclass(frozen=True)
class ToldShared:
    """One expectation or strategy, where it stands, and who leans on it.

    Attributes:
        users: records that point at it, by id.
    """

    shared: Shared
    file: Path
    digest: str
    users: tuple[IntentRecord, ...]

    @property
    def statement(self) -> str:
        """What it says, in one text."""
        return self.shared.statement if isinstance(self.shared, Expectation) else self.shared.definition


@dataclass(frozen=True)
class ListedShared:
    """All of one kind.

    Attributes:
        dangling: references of records to one that does not exist, each with file and line.
    """

    found: tuple[ToldShared, ...]
    dangling: tuple[AlloyError, ...]


@dataclass(frozen=True)
class DraftShared:
    """Please write a new one.

    Attributes:
        slug: last part of the new id.
        fields: any fields but id and times.
    """

    kind: SharedKind
    slug: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class EditShared:
    """Please change one.

    Attributes:
        content: new text of the file as an editor left it, or None.
        assignments: `FIELD=VALUE`, applied when there is no content.
        read_digest: digest of the file that the change is based on; None takes the present one.
    """

    kind: SharedKind
    shared_id: str
    content: bytes | None = None
    assignments: tuple[str, ...] = ()
    read_digest: str | None = None


def list_shared(workspace: Workspace, kind: SharedKind) -> ListedShared:
    """List all, ordered by id, with the records that use them, and what points at nothing.

    Raises:
        BrokenFiles: a file cannot be read, with file and line.
    """
    from alloynb.application.read_intent import scan_intent
    from alloynb.intent.errors import BrokenFiles, DanglingReference

    records, faults = scan_intent(workspace)
    stored = _store(workspace, kind).scan()
    if stored.faults:
        raise BrokenFiles(stored.faults)
    found = tuple(_told(each, kind, records.models) for each in stored.stored)
    dangling = tuple(
        each for each in faults if isinstance(each, DanglingReference) and f"{kind} " in each.message
    )
    return ListedShared(found, dangling)


def tell_shared(workspace: Workspace, kind: SharedKind, shared_id: str) -> ToldShared:
    """Tell one whole.

    Raises:
        UnknownRecord: there is none; near ids are named.
        BrokenFiles: it cannot be read.
    """
    stored = _store(workspace, kind).get(full_shared_id(workspace, kind, shared_id))
    return _told(stored, kind, workspace.intent.scan().models)


def draft_shared(workspace: Workspace, command: DraftShared) -> ToldShared:
    """Write a new expectation or strategy into its own file.

    Raises:
        NotASlug, BrokenFiles: the name or a field is wrong.
        AlreadyExists: the slug is taken.
        MissingAuthority: the principal may not draft intent.
        CannotSave: the file system did not take it.
    """
    refuse_bad_slug(command.slug)
    workspace.authority.require(workspace.principal, "edit_hypotheses", workspace.settings.project)
    now = _now(workspace)
    value = {
        "id": f"{workspace.settings.project}.{command.kind}.{command.slug}",
        **command.fields,
        "created_at": now,
        "updated_at": now,
    }
    stored = _store(workspace, command.kind).create(_model(command.kind, value))
    return _told(stored, command.kind, ())


def edit_shared(workspace: Workspace, command: EditShared) -> ToldShared:
    """Change one; comments, order and untouched lines stay. What accepted records lean on needs `accept_intent`.

    Raises:
        UnreadableYaml, BrokenFiles, BadAssignment: the new text is none, with the line.
        AlloyError: nothing was changed, or its id or times were.
        StaleEdit: the file changed in between; the difference is shown, nothing was written.
        MissingAuthority: the principal may not.
    """
    from alloynb.intent.document_model import changed_model, model_of
    from alloynb.intent.yaml_document import read_yaml

    store = _store(workspace, command.kind)
    stored = store.get(full_shared_id(workspace, command.kind, command.shared_id))
    users = _users(stored.model, command.kind, workspace.intent.scan().models)
    action: Action = "accept_intent" if any(each.guides_runs for each in users) else "edit_hypotheses"
    workspace.authority.require(workspace.principal, action, workspace.settings.project)
    if command.content is not None:
        wanted = model_of(read_yaml(command.content, stored.file), _MODELS[command.kind])
    else:
        fields = stored.model.model_dump(mode="json", exclude_defaults=True)
        wanted = _model(command.kind, assigned(fields, command.assignments))
    changed = [
        name
        for name in type(wanted).model_fields
        if name != "updated_at" and getattr(wanted, name) != getattr(stored.model, name)
    ]
    if not changed:
        raise AlloyError(f"{stored.model.id}: nothing was changed")
    if kept := [name for name in _KEPT if name in changed]:
        raise AlloyError(f"{stored.model.id}: {', '.join(kept)} never changes")
    newer = changed_model(wanted, {"updated_at": workspace.clock()})
    saved = store.save(newer, command.read_digest or stored.digest)
    return replace(_told(saved, command.kind, ()), users=users)


def full_shared_id(workspace: Workspace, kind: SharedKind, id_or_slug: str) -> str:
    """Complete a slug to an id of this project."""
    return id_or_slug if f".{kind}." in id_or_slug else f"{workspace.settings.project}.{kind}.{id_or_slug}"


def _store(workspace: Workspace, kind: SharedKind) -> YamlFolder[Any]:
    return workspace.expectations if kind == "expectation" else workspace.strategies


def _model(kind: SharedKind, value: dict[str, Any]) -> Shared:
    from alloynb.intent.document_model import model_of
    from alloynb.intent.yaml_document import read_yaml
    from alloynb.intent.yaml_writing import new_document

    return model_of(read_yaml(new_document(value)), _MODELS[kind])


def _told(stored: StoredFile[Any], kind: SharedKind, records: Collection[IntentRecord]) -> ToldShared:
    return ToldShared(stored.model, stored.file, stored.digest, _users(stored.model, kind, records))


def _users(shared: Shared, kind: SharedKind, records: Collection[IntentRecord]) -> tuple[IntentRecord, ...]:
    return tuple(record for record in records if getattr(record, f"{kind}_ref") == shared.id)


def _now(workspace: Workspace) -> str:
    from alloynb.intent.strict_model import timestamp_text

    return timestamp_text(workspace.clock())

"""Changing the registry of projects: whole, one writer at a time, keeping what is not understood (spec 4.9)."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from foundry_kernel.errors import FoundryError
from foundry_kernel.gateways.project_registry import (
    VERSION,
    Project,
    UnknownProject,
    checked_document,
    read_registry,
    read_text,
)
from runtime_artifacts.write_once import make_folder, replace_whole


class ProjectIsRegistered(FoundryError):
    """A project of this name is in the registry."""

    failure_class = "validation"


def add_project(file: Path, fields: Mapping[str, Any]) -> Project:
    """Add a project at the end; the file is begun when there is none.

    Args:
        fields: as they shall stand in the file.

    Raises:
        ProjectIsRegistered: the name is taken.
        BadRegistry: the file, or what it would become, does not hold together; it stays as it was.
    """
    with _alone(file):
        document = _document(file)
        name = fields.get("name")
        if any(each["name"] == name for each in document["projects"]):
            raise ProjectIsRegistered(
                f"{file}: project {name!r} is registered", next_step=f"foundry-kernel registry edit {name}"
            )
        document["projects"].append(dict(fields))
        return _write(file, document, str(name))


def edit_project(file: Path, name: str, changes: Mapping[str, Any]) -> Project:
    """Change fields of one project; objects are merged, None removes a field, all else stays as it stands.

    Raises:
        UnknownProject: the registry names no such project.
        NoRegistry, BadRegistry: the file, or what it would become, does not hold together; it stays as it was.
    """
    with _alone(file):
        document = checked_document(read_text(file), file)
        for each in document["projects"]:
            if each["name"] == name:
                _merge(each, changes)
                return _write(file, document, str(changes.get("name") or name))
        raise UnknownProject(f"{file}: no project {name[:200]!r}", next_step="foundry-kernel registry list")


def _document(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {"version": VERSION, "projects": []}
    return checked_document(read_text(file), file)


def _merge(target: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for key, value in changes.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = value


def _write(file: Path, document: dict[str, Any], name: str) -> Project:
    text = (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
    found = next(each for each in read_registry(text, file) if each.name == name)
    replace_whole(file.resolve(), text)  # a link to the registry stays a link
    return found


@contextlib.contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Keep other writers of ours out while a change is read, made and written."""
    make_folder(file.parent)
    descriptor = os.open(file.with_name(f".{file.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)

"""The port for the registry of projects: the file of the existing Foundry, version 2 (spec 4.9).

`{"version": 2, "projects": [{"name", "path", "stack", "agent", "repo", "branch", "skip", "actions", "install", "notes",
"timeout_secs"}]}`. What it says beyond that is kept, and comes out again when a project is added or edited.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError, field_validator

from foundry_kernel.errors import CannotDispatch, FoundryError
from runtime_artifacts.canonical import parse_json
from runtime_artifacts.errors import MalformedDocument

REGISTRY_VARIABLE = "FOUNDRY_REGISTRY_PATH"
REGISTRY_FILE = ".foundry/registry.json"
VERSION = 2
MAX_REGISTRY_BYTES = 4 * 1024 * 1024
Stack = Literal["rust", "python", "typescript", "elixir", "cpp"]
_START_OF_PROJECTS = re.compile(r'"projects"\s*:\s*\[')


class BadRegistry(FoundryError):
    """The registry does not hold together; the message names file and line."""

    failure_class = "validation"


class NoRegistry(CannotDispatch):
    """There is no registry where one was looked for, or it cannot be read."""


class UnknownProject(FoundryError):
    """The registry names no such project."""

    failure_class = "validation"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)


class ProjectActions(_Part):
    """What a nightly run, or a run that it starts, may do with a project. What is not said is not allowed."""

    iterate: StrictBool = False
    maintain: StrictBool = False
    push: StrictBool = False
    audit: StrictBool = False
    release: StrictBool = False

    def as_flags(self) -> dict[str, bool]:
        """The five flags, for a payload."""
        return {name: getattr(self, name) for name in ProjectActions.model_fields}


class Install(_Part):
    """How a release of the project is installed on this machine.

    Attributes:
        command: an argument list, or a text for `/bin/sh -c`; None when it is said in a way that is not known here.
        skill_command: the same for what the project offers to agents; a field of our own.
    """

    command: str | tuple[str, ...] | None = None
    skill_command: str | tuple[str, ...] | None = None


class Project(_Part):
    """One registered project.

    Attributes:
        path: absolute folder of the repository; `~` stands for the home folder.
        agent: what the existing Foundry calls the agent; told, not used, since agents are chosen per capability here.
        repo: `owner/name` at the code host.
        branch: default branch.
        skip: true, or a reason: the project is passed over.
        timeout_secs: seconds that one run on the project may take.
    """

    name: str = Field(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    path: str = Field(min_length=1)
    stack: Stack | None = None
    agent: str | None = None
    repo: str | None = Field(default=None, pattern=r"^$|^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$")
    branch: str | None = Field(default=None, pattern=r"^[^\s-][^\s]*$")
    skip: StrictBool | str | None = None
    actions: ProjectActions = Field(default_factory=ProjectActions)
    install: Install | None = None
    notes: str | None = None
    timeout_secs: int = Field(default=3600, gt=0, le=7 * 86_400)

    @field_validator("path")
    @classmethod
    def _leads_somewhere(cls, path: str) -> str:
        if not path.startswith(("/", "~/")):
            raise ValueError("must be absolute, or begin with ~/")
        return path

    @field_validator("actions", mode="before")
    @classmethod
    def _none_is_none_allowed(cls, value: Any) -> Any:
        return {} if value is None else value

    @property
    def folder(self) -> Path:
        """Folder of the repository."""
        return Path(self.path).expanduser()

    @property
    def skip_reason(self) -> str:
        """Why it is passed over; empty when it is not."""
        if isinstance(self.skip, str):
            return self.skip.strip()
        return "no reason is given" if self.skip else ""


class ProjectRegistry(Protocol):
    """Registered projects."""

    def projects(self) -> tuple[Project, ...]:
        """All projects, in the order of the registry.

        Raises:
            NoRegistry, BadRegistry: it cannot be read, or does not hold together.
        """
        ...

    def find(self, name: str) -> Project | None:
        """The project of this name, None when there is none, or no registry.

        Raises:
            BadRegistry: it does not hold together.
        """
        ...


class RegistryFile:
    """The registry in a file. Read anew each time: it may be edited while runs go on."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def projects(self) -> tuple[Project, ...]:
        """All projects, in the order of the file."""
        return read_registry(read_text(self.file), self.file)

    def find(self, name: str) -> Project | None:
        """The project of this name, None when there is none, or no file."""
        if not self.file.exists():
            return None
        return next((each for each in self.projects() if each.name == name), None)

    def get(self, name: str) -> Project:
        """The project of this name.

        Raises:
            UnknownProject: with the names that are known.
            NoRegistry, BadRegistry: the file cannot be read, or does not hold together.
        """
        known = self.projects()
        for each in known:
            if each.name == name:
                return each
        names = ", ".join(each.name for each in known[:20]) or "none is registered"
        raise UnknownProject(f"{self.file}: no project {name[:200]!r}", next_step=f"known: {names}")


def registry_path(environment: Mapping[str, str]) -> Path:
    """Where the registry is: `FOUNDRY_REGISTRY_PATH`, else `~/.foundry/registry.json`."""
    named = environment.get(REGISTRY_VARIABLE)
    if named:
        return Path(named).expanduser()
    home = environment.get("HOME")
    return (Path(home) if home else Path.home()) / REGISTRY_FILE


def read_text(file: Path) -> bytes:
    """Bytes of a registry file.

    Raises:
        NoRegistry: it is not there, or cannot be read.
        BadRegistry: it is too large.
    """
    step = f"`foundry-kernel registry add` begins one; {REGISTRY_VARIABLE} names another"
    try:
        with file.open("rb") as reading:
            text = reading.read(MAX_REGISTRY_BYTES + 1)
    except OSError as error:
        raise NoRegistry(f"no registry of projects: {file}: {error.strerror}", next_step=step) from error
    if len(text) > MAX_REGISTRY_BYTES:
        raise BadRegistry(f"{file}: more than {MAX_REGISTRY_BYTES} bytes")
    return text


def read_registry(text: bytes, file: Path) -> tuple[Project, ...]:
    """Read the content of a registry file; unknown fields are kept in the models.

    Args:
        file: for messages.

    Raises:
        BadRegistry: with file, line, project and field.
    """
    return tuple(Project.model_validate(each) for each in checked_document(text, file)["projects"])


def checked_document(text: bytes, file: Path) -> dict[str, Any]:
    """Parse a registry file as it stands, and check every project in it.

    Raises:
        BadRegistry: with file, line, project and field.
    """
    try:
        document = parse_json(text, file)
    except MalformedDocument as error:
        raise BadRegistry(str(error)) from error
    lines = _Lines(text.decode())
    if not isinstance(document, dict):
        raise BadRegistry(f"{file}:1: must be an object with version and projects")
    if document.get("version") != VERSION or isinstance(document.get("version"), bool):
        raise BadRegistry(
            f"{file}:{lines.of_key('version')}: version is {document.get('version')!r}, and {VERSION} is read",
            next_step="let the existing Foundry bring it up to date, or write it anew",
        )
    projects = document.get("projects")
    if not isinstance(projects, list):
        raise BadRegistry(f"{file}:{lines.of_key('projects')}: projects must be a list")
    seen: dict[str, int] = {}
    for number, each in enumerate(projects):
        name = _check_project(each, number, lines, file)
        if name in seen:
            first = lines.of_project(seen[name], "name")
            raise BadRegistry(
                f"{file}:{lines.of_project(number, 'name')}: project {name!r} stands in line {first} already"
            )
        seen[name] = number
    return document


def _check_project(value: Any, number: int, lines: _Lines, file: Path) -> str:
    if not isinstance(value, dict):
        raise BadRegistry(f"{file}:{lines.of_project(number)}: a project must be an object")
    try:
        return Project.model_validate(value).name
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(step) for step in first["loc"] if step not in ("bool", "str"))
        named = value.get("name") or f"number {number + 1}"
        field = str(first["loc"][0]) if first["loc"] else ""
        place = f"{file}:{lines.of_project(number, field)}"
        raise BadRegistry(f"{place}: project {named}: {where}: {first['msg']}") from error


class _Lines:
    """Where things stand in the text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def of_key(self, key: str) -> int:
        return self._line(max(self._text.find(json.dumps(key)), 0))

    def of_project(self, number: int, field: str = "") -> int:
        """Line of a project, or of its field when it has one."""
        begin, end = self._span(number)
        inside = self._text.find(json.dumps(field), begin, end) if field else -1
        return self._line(inside if inside >= 0 else begin)

    def _span(self, number: int) -> tuple[int, int]:
        start = _START_OF_PROJECTS.search(self._text)
        place = start.end() if start else 0
        decoder = json.JSONDecoder()
        for count in range(number + 1):
            place += len(self._text[place:]) - len(self._text[place:].lstrip(" \t\r\n,"))
            try:
                _, end = decoder.raw_decode(self._text, place)
            except ValueError:
                break
            if count == number:
                return place, end
            place = end
        return place, len(self._text)

    def _line(self, place: int) -> int:
        return self._text.count("\n", 0, place) + 1

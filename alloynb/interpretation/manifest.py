"""Which packages a tree declares that it depends on, and on which line (spec 2.3).

Read are `pyproject.toml` (project, optional, dependency groups, poetry), `requirements*.txt` with what it includes,
and `package.json`. Build requirements and constraints are no dependencies of the code and are passed over.
"""

from __future__ import annotations

import json
import posixpath
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from alloynb.errors import AlloyError, CannotRun
from alloynb.intent.package_name import python_name
from runtime_artifacts.safe_path import resolve_inside

MAX_MANIFEST_BYTES = 4 * 1024 * 1024
MAX_INCLUDE_DEPTH = 16
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?=\s*(?:$|[\[(<>=!~;@,]|--))")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9][A-Za-z0-9._-]*)")


class UnknownManifest(AlloyError):
    """The file is no manifest that is understood."""


class ManifestUnreadable(CannotRun):
    """The manifest is missing, is not text, or does not parse."""


@dataclass(frozen=True)
class Declared:
    """One declared dependency.

    Attributes:
        name: as compared: lower case with hyphens for Python packages, as written for npm.
        path: manifest, relative to the tree.
        line: 1-based, or None when it could not be told.
        section: where in the manifest: `project.dependencies`, `devDependencies`.
    """

    name: str
    path: str
    line: int | None
    section: str


@dataclass(frozen=True)
class Manifest:
    """What one manifest says.

    Attributes:
        doubts: what it says that cannot be read as package names.
    """

    declared: tuple[Declared, ...]
    doubts: tuple[str, ...] = ()


def known_manifests(tree: Path) -> tuple[str, ...]:
    """List the manifests at the top of a tree, sorted."""
    return tuple(sorted(path.name for path in tree.iterdir() if path.is_file() and _reader_of(path.name)))


def read_manifest(tree: Path, path: str) -> Manifest:
    """Read the dependencies that one manifest declares.

    Raises:
        UnknownManifest: the file name is none of the known ones.
        ManifestUnreadable: with file and line as far as they are known.
        UnsafePath: the path leads out of the tree.
    """
    reader = _reader_of(PurePosixPath(path).name)
    if reader is None:
        raise UnknownManifest(
            f"{path} is no manifest that is understood",
            next_step="name a pyproject.toml, requirements*.txt or package.json",
        )
    return reader(tree, path)


def name_matches(pattern: str, declared: Declared) -> bool:
    """Compare a name in a rule (`*` and `?` allowed) with a declared one, by the manners of its manifest."""
    if not declared.path.endswith("package.json"):
        pattern = python_name(pattern)
    return fnmatchcase(declared.name, pattern)


def _reader_of(name: str) -> Callable[[Path, str], Manifest] | None:
    if name == "pyproject.toml":
        return _read_pyproject
    if name == "package.json":
        return _read_package_json
    return _read_requirements if re.fullmatch(r"requirements.*\.(txt|in)", name) else None


def _text(tree: Path, path: str) -> str:
    file = resolve_inside(tree, path)
    if not file.is_file():
        raise ManifestUnreadable(f"{path} is not in the tree", next_step="correct `where`")
    if file.stat().st_size > MAX_MANIFEST_BYTES:
        raise ManifestUnreadable(f"{path} is larger than {MAX_MANIFEST_BYTES} bytes")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ManifestUnreadable("not UTF-8 text", file=Path(path)) from error


def _read_pyproject(tree: Path, path: str) -> Manifest:
    text = _text(tree, path)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ManifestUnreadable(f"not TOML: {error}", file=Path(path)) from error
    lines = text.splitlines()
    declared: list[Declared] = []
    doubts: list[str] = []
    for section, requirement in _pyproject_requirements(document):
        name = _NAME.match(requirement.strip())
        if name is None:
            doubts.append(f"{path}: {section}: {requirement!r} names no package")
            continue
        line = _line_with(
            lines,
            re.compile(rf"[\"']\s*{re.escape(requirement.strip())}\s*[\"']"),
            _section_line(lines, section),
        )
        declared.append(Declared(python_name(name.group()), path, line, section))
    for section, names in _poetry_tables(document):
        for name_written in names:
            if name_written.lower() != "python":
                key = re.compile(rf"^\s*[\"']?{re.escape(name_written)}[\"']?\s*(=|\.)")
                line = _line_with(lines, key, _section_line(lines, section))
                declared.append(Declared(python_name(name_written), path, line, section))
    dynamic = _table(document, "project").get("dynamic", [])
    doubts += [
        f"{path}: {each} are dynamic, so not written here" for each in dynamic if "dependencies" in each
    ]
    return Manifest(tuple(declared), tuple(doubts))


def _pyproject_requirements(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    project = _table(document, "project")
    uv = _table(_table(document, "tool"), "uv")
    lists: list[tuple[str, Any]] = [("project.dependencies", project.get("dependencies", []))]
    for extra, listed in _table(project, "optional-dependencies").items():
        lists.append((f"project.optional-dependencies.{extra}", listed))
    for group, listed in _table(document, "dependency-groups").items():
        lists.append((f"dependency-groups.{group}", listed))
    lists.append(("tool.uv.dev-dependencies", uv.get("dev-dependencies", [])))
    for section, listed in lists:
        if isinstance(listed, list):
            yield from ((section, each) for each in listed if isinstance(each, str))


def _poetry_tables(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    poetry = _table(_table(document, "tool"), "poetry")
    for key in ("dependencies", "dev-dependencies"):
        yield f"tool.poetry.{key}", _table(poetry, key)
    for group, table in _table(poetry, "group").items():
        if isinstance(table, dict):
            yield f"tool.poetry.group.{group}.dependencies", _table(table, "dependencies")


def _read_package_json(tree: Path, path: str) -> Manifest:
    text = _text(tree, path)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise ManifestUnreadable(f"not JSON: {error}", file=Path(path), line=line) from error
    lines = text.splitlines()
    declared = []
    for section in ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies"):
        start = _line_with(lines, re.compile(rf"\"{section}\"\s*:")) or 1
        for name in _table(document, section) if isinstance(document, dict) else ():
            line = _line_with(lines, re.compile(re.escape(json.dumps(name)) + r"\s*:"), start)
            declared.append(Declared(name, path, line, section))
    return Manifest(tuple(declared))


def _read_requirements(tree: Path, path: str, above: tuple[str, ...] = ()) -> Manifest:
    declared: list[Declared] = []
    doubts: list[str] = []
    for line, requirement in _logical_lines(_text(tree, path)):
        option, _, value = requirement.replace("=", " ", 1).partition(" ")
        if option in {"-r", "--requirement"} or re.match(r"-r\S", requirement):
            included = posixpath.normpath(PurePosixPath(path).parent / (value or requirement[2:]).strip())
            if included in (*above, path):
                continue
            if len(above) == MAX_INCLUDE_DEPTH:
                raise ManifestUnreadable("includes are nested too deeply", file=Path(path), line=line)
            inner = _read_requirements(tree, included, (*above, path))
            declared += inner.declared
            doubts += inner.doubts
            continue
        if requirement.startswith("-") and option not in {"-e", "--editable"}:
            continue
        if re.fullmatch(r"(-e|--editable)?\s*\.?/?(\[[^\]]*\])?", requirement):
            continue  # the project itself
        name = _NAME.match(requirement)
        egg = _EGG.search(requirement)
        if name is None and egg is None:
            doubts.append(f"{path}:{line}: {requirement!r} names no package")
            continue
        written = name.group() if name else egg.group(1) if egg else ""
        declared.append(Declared(python_name(written), path, line, "requirements"))
    return Manifest(tuple(declared), tuple(doubts))


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    waiting, began = "", 0
    for number, physical in enumerate(text.splitlines(), start=1):
        content = re.sub(r"(^|\s)#.*$", "", physical).rstrip()
        began = began or number
        if content.endswith("\\"):
            waiting += content[:-1]
            continue
        joined = (waiting + content).strip()
        if joined:
            yield began, joined
        waiting, began = "", 0
    if waiting.strip():
        yield began, waiting.strip()


def _line_with(lines: list[str], pattern: re.Pattern[str], start: int = 1) -> int | None:
    """Find the first line from `start` on that matches and is no TOML comment."""
    for number, line in enumerate(lines[start - 1 :], start=start):
        if not line.lstrip().startswith("#") and pattern.search(line):
            return number
    return None


def _section_line(lines: list[str], section: str) -> int:
    """Find where a TOML section begins: its own header, or its key below the header of its parent; 1 if neither."""
    parent, _, key = section.rpartition(".")
    headers = [re.compile(rf"^\s*\[\s*{re.escape(name)}\s*\]") for name in (section, parent)]
    own = _line_with(lines, headers[0])
    above = _line_with(lines, headers[1])
    if own is not None or above is None:
        return own or 1
    return _line_with(lines, re.compile(rf"^\s*[\"']?{re.escape(key)}[\"']?\s*="), above) or above


def _table(parent: dict[str, Any], key: str) -> dict[str, Any]:
    value = parent.get(key, {})
    return value if isinstance(value, dict) else {}

"""What Python files define and use, by one quick pass over their text: classes, raises, doubles, patches (spec 2.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from alloynb.archaeology.repository import Repository, is_test

_CLASS = re.compile(r"^[ \t]*class[ \t]+(\w+)[ \t]*(?:\(([^)]{0,400})\))?[ \t]*:", re.MULTILINE)
_RAISE = re.compile(r"^[ \t]*raise[ \t]+([A-Za-z_][\w.]*)", re.MULTILINE)
_CATCH_ALL = re.compile(
    r"^[ \t]*except(?:[ \t]+(?:Base)?Exception)?[ \t]*(?:as[ \t]+\w+)?[ \t]*:", re.MULTILINE
)
_PATCH = re.compile(r"\b(?:mock\.patch|mocker\.patch|monkeypatch\.setattr|@patch|patch\.object|patch\()")
_FIXTURE = re.compile(r"^[ \t]*@pytest\.fixture", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ClassFound:
    """A class statement: bases are written names without their packages."""

    name: str
    bases: tuple[str, ...]
    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """A name at a place: what is raised, patched, caught."""

    name: str
    path: str
    line: int
    text: str


@dataclass(frozen=True)
class PythonOutline:
    """All of it, product and tests apart."""

    classes: tuple[ClassFound, ...]
    test_classes: tuple[ClassFound, ...]
    raises: tuple[Found, ...]
    catch_alls: tuple[Found, ...]
    patches: tuple[Found, ...]
    fixtures: tuple[Found, ...]


def read_outline(repository: Repository) -> PythonOutline:
    """Scan every Python file once."""
    classes: list[ClassFound] = []
    test_classes: list[ClassFound] = []
    found: dict[str, list[Found]] = {"raise": [], "catch": [], "patch": [], "fixture": []}
    for file in repository.of_language("python"):
        text = repository.text(file.path)
        if not text:
            continue
        testing = is_test(file.path)
        (test_classes if testing else classes).extend(_classes(file.path, text))
        if testing:
            found["patch"] += _found(_PATCH, file.path, text)
            found["fixture"] += _found(_FIXTURE, file.path, text)
        else:
            found["raise"] += _found(_RAISE, file.path, text)
            found["catch"] += _found(_CATCH_ALL, file.path, text)
    return PythonOutline(
        tuple(classes),
        tuple(test_classes),
        tuple(found["raise"]),
        tuple(found["catch"]),
        tuple(found["patch"]),
        tuple(found["fixture"]),
    )


def _classes(path: str, text: str) -> Iterator[ClassFound]:
    place = _Places(text)
    for match in _CLASS.finditer(text):
        bases = tuple(
            base.split("[")[0].strip().rpartition(".")[2]
            for base in (match[2] or "").split(",")
            if base.strip() and "=" not in base
        )
        line = place.line_of(match.start(1))
        yield ClassFound(match[1], bases, path, line, place.text_of(line))


def _found(pattern: re.Pattern[str], path: str, text: str) -> Iterator[Found]:
    place = _Places(text)
    for match in pattern.finditer(text):
        line = place.line_of(match.end() - 1)
        name = match[1] if pattern.groups else match[0].strip()
        yield Found(name, path, line, place.text_of(line))


class _Places:
    """Lines of growing offsets, counted once from left to right."""

    def __init__(self, text: str) -> None:
        self._text, self._offset, self._line = text, 0, 1

    def line_of(self, offset: int) -> int:
        self._line += self._text.count("\n", self._offset, offset)
        self._offset = offset
        return self._line

    def text_of(self, line: int) -> str:
        start = self._text.rfind("\n", 0, self._offset) + 1
        end = self._text.find("\n", start)
        assert line == self._line  # asked right after line_of
        return self._text[start : end if end >= 0 else len(self._text)].strip()

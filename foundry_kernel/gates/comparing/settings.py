"""What a tool is told, whichever of its files says it: moving settings from one file to another changes nothing."""

from __future__ import annotations

import configparser
import shlex
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from foundry_kernel.gates.comparing.comparison import Comparison, Side

Sections = Mapping[str, Mapping[str, str]]
Table = Mapping[str, Any]
_Reader = Callable[[Sections], Table | None]


class BrokenSettings(Exception):
    """A settings file cannot be parsed."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)


@dataclass(frozen=True)
class Settings:
    """The settings of one tool in one folder.

    Attributes:
        path: the file that decides; empty when none does.
        table: nested as in TOML; values of INI files are texts.
        text: the file's text, to find lines in.
    """

    path: str
    table: Table
    text: str = ""

    def value(self, *keys: str) -> Any:
        """A value by its keys, None when it is not set; `-` and `_` are one."""
        found: Any = self.table
        for key in keys:
            if not isinstance(found, Mapping):
                return None
            found = found.get(key, found.get(key.replace("_", "-"), found.get(key.replace("-", "_"))))
        return found

    def items(self, *keys: str) -> tuple[str, ...]:
        """A value as a list of texts: INI lists are split at commas and lines."""
        return as_items(self.value(*keys))

    def line_of(self, *words: str) -> int | None:
        """First line that holds one of the words; the earlier word is tried first."""
        return line_of(self.text, *words)


def _flat(section: str) -> _Reader:
    return lambda sections: sections.get(section)


def _prefixed(prefix: str) -> _Reader:
    def read(sections: Sections) -> Table | None:
        found = {
            name.removeprefix(prefix): dict(section)
            for name, section in sections.items()
            if name.startswith(prefix)
        }
        return found or None

    return read


def _merged(prefix: str) -> _Reader:
    def read(sections: Sections) -> Table | None:
        found: dict[str, str] = {}
        for name, section in sections.items():
            if name.lower().startswith(prefix):
                found |= section
        return found or None

    return read


def _mypy(sections: Sections) -> Table | None:
    if "mypy" not in sections:
        return None
    overrides = [
        {"module": pattern.strip(), **section}
        for name, section in sections.items()
        if name.startswith("mypy-")
        for pattern in name.removeprefix("mypy-").split(",")
    ]
    return {**sections["mypy"], "overrides": overrides}


def _import_linter(sections: Sections) -> Table | None:
    if "importlinter" not in sections:
        return None
    prefix = "importlinter:contract:"
    contracts = [
        {"id": name.removeprefix(prefix), **section}
        for name, section in sections.items()
        if name.startswith(prefix)
    ]
    return {**sections["importlinter"], "contracts": contracts}


# tool → its files in the order in which it looks: a TOML file with the keys of its table, an INI file with a reader
_FILES: Mapping[str, tuple[tuple[str, tuple[str, ...] | _Reader], ...]] = {
    "pytest": (
        ("pytest.toml", ("pytest",)),
        (".pytest.toml", ("pytest",)),
        ("pytest.ini", lambda sections: sections.get("pytest", {})),
        (".pytest.ini", lambda sections: sections.get("pytest", {})),
        ("pyproject.toml", ("tool", "pytest")),
        ("tox.ini", _flat("pytest")),
        ("setup.cfg", _flat("tool:pytest")),
    ),
    "coverage": (
        (".coveragerc", _prefixed("")),
        ("setup.cfg", _prefixed("coverage:")),
        ("tox.ini", _prefixed("coverage:")),
        ("pyproject.toml", ("tool", "coverage")),
    ),
    "mypy": (
        ("mypy.ini", _mypy),
        (".mypy.ini", _mypy),
        ("pyproject.toml", ("tool", "mypy")),
        ("setup.cfg", _mypy),
    ),
    "ruff": ((".ruff.toml", ()), ("ruff.toml", ()), ("pyproject.toml", ("tool", "ruff"))),
    "flake8": ((".flake8", _flat("flake8")), ("setup.cfg", _flat("flake8")), ("tox.ini", _flat("flake8"))),
    "pylint": (
        ("pylintrc", _merged("")),
        (".pylintrc", _merged("")),
        ("pyproject.toml", ("tool", "pylint")),
        ("setup.cfg", _merged("pylint")),
    ),
    "importlinter": (
        ("setup.cfg", _import_linter),
        (".importlinter", _import_linter),
        ("pyproject.toml", ("tool", "importlinter")),
    ),
}


def settings_files() -> frozenset[str]:
    """Names of all files that are read here."""
    return frozenset(name for files in _FILES.values() for name, _ in files)


def tool_settings(side: Side, folder: str, tool: str) -> Settings:
    """What a tool is told in a folder.

    Raises:
        BrokenSettings: the file that would decide cannot be parsed.
    """
    for name, where in _FILES[tool]:
        path = f"{folder}/{name}" if folder else name
        text = side.text_of(path)
        if text is None:
            continue
        table = _toml(path, text, where) if isinstance(where, tuple) else where(_ini(path, text))
        if table is not None:
            if tool == "pytest" and "ini_options" in table:
                table = table["ini_options"] if isinstance(table["ini_options"], dict) else {}
            return Settings(path, table, text)
    return Settings("", {})


def changed_settings(comparison: Comparison, tool: str) -> Iterable[tuple[Settings, Settings]]:
    """Settings before and after, for each folder in which a file of the tool changed; broken ones are left out."""
    files = [name for name, _ in _FILES[tool]]
    folders = {str(PurePosixPath(path).parent) for path in comparison.changed_named(*files)}
    for folder in sorted("" if each == "." else each for each in folders):
        try:
            yield (
                tool_settings(comparison.before, folder, tool),
                tool_settings(comparison.after, folder, tool),
            )
        except BrokenSettings:
            continue


def broken_settings(side: Side, path: str) -> bool:
    """Whether a settings file is there and cannot be parsed."""
    text = side.text_of(path)
    if text is None:
        return False
    try:
        _toml(path, text, ()) if path.endswith(".toml") else _ini(path, text)
    except BrokenSettings:
        return True
    return False


def as_items(value: Any) -> tuple[str, ...]:
    """A list of texts out of a list, or a text with commas and lines."""
    if isinstance(value, str):
        value = value.replace(",", "\n").splitlines()
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(
        text for text in (str(each).split(" #")[0].strip() for each in value) if text and text[0] != "#"
    )


def as_words(value: Any) -> tuple[str, ...]:
    """Arguments of a command line out of a list or a text."""
    if isinstance(value, (list, tuple)):
        return tuple(map(str, value))
    if not isinstance(value, str):
        return ()
    try:
        return tuple(shlex.split(value, comments=True))
    except ValueError:
        return tuple(value.split())


def as_bool(value: Any) -> bool | None:
    """A truth value, None when it is neither."""
    if isinstance(value, bool):
        return value
    return {
        "true": True,
        "yes": True,
        "on": True,
        "1": True,
        "false": False,
        "no": False,
        "off": False,
        "0": False,
    }.get(str(value).strip().lower())


def as_number(value: Any) -> float | None:
    """A number, None when it is none."""
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def line_of(text: str, *words: str) -> int | None:
    """First line of a text that holds one of the words; the earlier word is tried first."""
    for word in filter(None, words):
        at = text.find(word)
        if at >= 0:
            return text.count("\n", 0, at) + 1
    return None


def _toml(path: str, text: str, keys: tuple[str, ...]) -> Table | None:
    try:
        found: Any = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BrokenSettings(path) from error
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _ini(path: str, text: str) -> Sections:
    parser = configparser.ConfigParser(
        interpolation=None, strict=False, default_section="", allow_no_value=True
    )
    try:
        parser.read_string(text)
    except (configparser.Error, ValueError, AttributeError) as error:
        # AttributeError: an indented line below a key without value, which the parser does not survive.
        raise BrokenSettings(path) from error
    return {name: {key: value or "" for key, value in parser[name].items()} for name in parser.sections()}

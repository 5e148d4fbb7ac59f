"""Import contracts that a project enforces itself: import-linter and tach configurations, as our rules (spec 2.5)."""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alloynb.archaeology.repository import Repository

_OPTIONAL = re.compile(r"^\((.+)\)$")
_SECTION = re.compile(r"^\[importlinter(:.*)?\]", re.MULTILINE)
_MOST_NAMED = 3


@dataclass(frozen=True)
class Contract:
    """One contract as configured.

    Attributes:
        name: what its authors call it; observed text.
        rules: what it means, as `import_boundary` rules; empty for types that we do not know.
        ignored: imports that it passes over, as written.
        path, line: where it stands.
    """

    tool: str
    name: str
    kind: str
    rules: tuple[Mapping[str, Any], ...]
    ignored: tuple[str, ...]
    path: str
    line: int


def read_contracts(repository: Repository) -> tuple[Contract, ...]:
    """Read every contract of the repository; a configuration that cannot be read gives none."""
    found: list[Contract] = []
    for path, text in repository.named("pyproject.toml"):
        settings = _toml(text).get("tool", {})
        linter = settings.get("importlinter") if isinstance(settings, dict) else None
        if isinstance(linter, dict):
            found += _of_linter(linter, linter.get("contracts", []), path, text)
    for path, text in repository.named(".importlinter", "setup.cfg", "importlinter.ini"):
        found += _of_ini(path, text)
    for path, text in repository.named("tach.toml"):
        found += _of_tach(_toml(text), path, text)
    return tuple(found)


def without_contracts(path: str, text: str) -> str:
    """Give a file's text with the enforcing configuration taken out: what archaeology sees when it is hidden."""
    name = path.rpartition("/")[2]
    if name in (".importlinter", "importlinter.ini", "tach.toml"):
        return ""
    if name == "pyproject.toml":
        return _without_tables(text, ("tool.importlinter", "tool.tach"))
    if name == "setup.cfg":
        return _without_tables(text, ("importlinter",))
    return text


def _without_tables(text: str, tables: Sequence[str]) -> str:
    kept, hiding = [], False
    for line in text.splitlines(keepends=True):
        if line.startswith("["):
            table = line.strip("[] \t\r\n")
            hiding = any(table == each or table.startswith((f"{each}.", f"{each}:")) for each in tables)
        kept.append("\n" if hiding else line)
    return "".join(kept)


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _of_ini(path: str, text: str) -> Iterator[Contract]:
    if not _SECTION.search(text):
        return
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except (configparser.Error, AttributeError):  # the parser does not survive every odd indent
        return
    general = dict(parser["importlinter"]) if parser.has_section("importlinter") else {}
    contracts = [
        dict(parser[name]) for name in parser.sections() if name.startswith("importlinter:contract:")
    ]
    yield from _of_linter(general, contracts, path, text)


def _of_linter(general: Mapping[str, Any], contracts: Any, path: str, text: str) -> Iterator[Contract]:
    roots = tuple(_names(general.get("root_packages")) or _names(general.get("root_package")))
    for each in contracts if isinstance(contracts, list) else ():
        if not isinstance(each, dict):
            continue
        name, kind = str(each.get("name", "")), str(each.get("type", ""))
        shared: dict[str, Any] = {
            "packages": list(roots),
            "ignore_imports": list(_names(each.get("ignore_imports"))),
        }
        shared["indirect"] = not _truth(each.get("allow_indirect_imports", False))
        try:
            rules = tuple(_rules(kind, each, shared))
        except (KeyError, TypeError, ValueError):
            rules = ()
        ignored = tuple(_names(each.get("ignore_imports")))
        yield Contract("import-linter", name, kind, rules, ignored, path, _line_of(text, name))


def _rules(kind: str, each: Mapping[str, Any], shared: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if kind == "forbidden":
        sources, targets = _names(each["source_modules"]), _names(each["forbidden_modules"])
        yield {**shared, "type": "forbidden", "sources": list(sources), "targets": list(targets)}
    elif kind == "independence":
        yield {**shared, "type": "independence", "modules": list(_names(each["modules"]))}
    elif kind == "layers":
        for container in _names(each.get("containers")) or ("",):
            yield _layers(each, container, shared)


def _layers(each: Mapping[str, Any], container: str, shared: Mapping[str, Any]) -> Mapping[str, Any]:
    entries: list[str] = []
    allowed: list[str] = []
    for entry in _names(each["layers"], inner=True):
        siblings = [_full(name.strip(), container) for name in re.split(r"[|:]", entry) if name.strip()]
        entries.append(" | ".join(siblings))
        if ":" in entry:
            allowed += [f"{one} -> {other}" for one in siblings for other in siblings if one != other]
    ignored = [*shared["ignore_imports"], *allowed]
    return {**shared, "type": "layers", "layers": entries, "ignore_imports": ignored}


def _full(name: str, container: str) -> str:
    optional = _OPTIONAL.match(name)
    plain = optional[1] if optional else name
    return f"{container}.{plain}" if container else plain


def _names(value: Any, *, inner: bool = False) -> tuple[str, ...]:
    """A list, or a text with one name per line (names with `|` inside stay whole when `inner`)."""
    if isinstance(value, str):
        parts = value.splitlines() if inner or "\n" in value.strip() else re.split(r",", value)
        return tuple(part.strip() for part in parts if part.strip() and not part.strip().startswith("#"))
    if isinstance(value, list):
        return tuple(str(part).strip() for part in value)
    return ()


def _truth(value: Any) -> bool:
    return value is True or str(value).strip().lower() in ("true", "1", "yes")


def _of_tach(settings: Mapping[str, Any], path: str, text: str) -> Iterator[Contract]:
    modules = settings.get("modules", [])
    roots = [str(root) for root in settings.get("source_roots", ["."])]
    for each in modules if isinstance(modules, list) else ():
        if not isinstance(each, dict) or "depends_on" not in each or "path" not in each:
            continue
        name = str(each["path"])
        targets = [str(one.get("path")) if isinstance(one, dict) else str(one) for one in each["depends_on"]]
        packages = sorted({module.split(".")[0] for module in (name, *targets) if module != "<root>"})
        rule = {"type": "allowed_only", "packages": packages, "source_roots": roots}
        rule |= {"sources": [name], "targets": [target for target in targets if target != "<root>"]}
        yield Contract(
            "tach",
            f"{name} depends only on {_named(targets)}",
            "allowed_only",
            (rule,),
            (),
            path,
            _line_of(text, name),
        )


def _named(targets: list[str]) -> str:
    """A few of many names, in a title."""
    if not targets:
        return "itself"
    more = len(targets) - _MOST_NAMED
    return ", ".join(targets[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _line_of(text: str, wanted: str) -> int:
    lines = text.splitlines()
    return next((number for number, line in enumerate(lines, start=1) if wanted and wanted in line), 1)

"""Plugins by dropping in one file: found in a package's folder or among entry points, checked when found.

A plugin module offers one attribute of an agreed name. Whoever collects says what the attribute must be; an offence
is reported with the file that committed it.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from runtime_artifacts.errors import BadPlugin

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

PluginT = TypeVar("PluginT")


@dataclass(frozen=True)
class DropIn(Generic[PluginT]):
    """One plugin with its name and where it came from (a file, or an entry point)."""

    name: str
    plugin: PluginT
    origin: str


def collect_drop_ins(
    package: str,
    attribute: str,
    check: Callable[[object], PluginT],
    *,
    name_of: Callable[[PluginT], str],
    entry_points: str | None = None,
) -> Mapping[str, DropIn[PluginT]]:
    """Load every module of a package's folder, and every entry point of a group, that offers `attribute`.

    Modules whose name begins with an underscore are passed over. An attribute may be one plugin or a tuple of them.

    Args:
        package: import name of the folder, such as `foundry_kernel.blocks`.
        attribute: name that every module must offer, such as `BLOCK`.
        check: returns the plugin, or raises TypeError or ValueError saying what is wrong with it.
        name_of: the plugin's own name; two of one name are refused.
        entry_points: group whose entry points name a module or a plugin, for other packages.

    Returns:
        Plugins by name, in the order of their module names, then of their entry points.

    Raises:
        BadPlugin: names the file or entry point and the reason.
    """
    found: dict[str, DropIn[PluginT]] = {}
    for origin, value in [*_folder(package, attribute), *_entry_points(entry_points, attribute)]:
        for each in value if isinstance(value, tuple) else (value,):
            try:
                plugin = check(each)
            except (TypeError, ValueError) as error:
                raise BadPlugin(f"{origin}: {attribute} is not usable: {error}") from error
            name = name_of(plugin)
            if name in found:
                raise BadPlugin(f"{origin}: {name!r} is taken by {found[name].origin}")
            found[name] = DropIn(name, plugin, origin)
    return found


def _folder(package: str, attribute: str) -> list[tuple[str, object]]:
    folder = importlib.import_module(package)
    found: list[tuple[str, object]] = []
    for each in sorted(pkgutil.iter_modules(folder.__path__), key=lambda module: module.name):
        if each.name.startswith("_"):
            continue
        name = f"{package}.{each.name}"
        try:
            module = importlib.import_module(name)
        except (Exception, SystemExit) as error:  # whatever a dropped-in file raises is its fault, and named
            raise BadPlugin(f"{name}: cannot be imported: {type(error).__name__}: {error}") from error
        found.append((module.__file__ or name, _offered(module, attribute)))
    return found


def _entry_points(group: str | None, attribute: str) -> list[tuple[str, object]]:
    if group is None:
        return []
    found: list[tuple[str, object]] = []
    for each in installed_entry_points(group):
        origin = f"entry point {each.name} of {group} ({each.value})"
        try:
            loaded = each.load()
        except (Exception, SystemExit) as error:  # the other package's fault, and named
            raise BadPlugin(f"{origin}: cannot be loaded: {type(error).__name__}: {error}") from error
        found.append((origin, _offered(loaded, attribute) if isinstance(loaded, ModuleType) else loaded))
    return found


def installed_entry_points(group: str) -> list[EntryPoint]:
    """Entry points of a group that installed packages offer, by name.

    All that is installed is looked through once, and again when Python's path or a folder on it has changed.
    """
    found: Iterable[EntryPoint] = _all_entry_points(_path_as_it_is()).select(group=group)
    return sorted(found, key=lambda point: point.name)


def _path_as_it_is() -> tuple[tuple[str, int], ...]:
    return tuple((folder, _changed_at(folder)) for folder in sys.path)


def _changed_at(folder: str) -> int:
    try:
        return Path(folder).stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=1)
def _all_entry_points(
    path: tuple[tuple[str, int], ...],
) -> Any:  # its type has another name before Python 3.12
    from importlib.metadata import entry_points

    return entry_points()


def _offered(module: ModuleType, attribute: str) -> object:
    try:
        return getattr(module, attribute)
    except AttributeError as error:
        raise BadPlugin(f"{module.__file__ or module.__name__}: offers no {attribute}") from error

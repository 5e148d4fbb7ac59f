"""Modules and imports of one language of a repository, in one shape for all languages (spec 2.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from alloynb.archaeology.import_graph import ImportSite


@dataclass(frozen=True)
class ModuleMap:
    """Who imports whom in one language.

    Attributes:
        paths: file of each module by dotted name; empty text for a package without a file.
        imports: every import of a module by a module, and of external libraries by their top-level name.
        external: names of everything that is imported and is not a module.
        packages: top-level packages or folders under which the modules lie.
        source_roots: folders in which the packages lie, `.` for the root.
        exact: whether the imports were read through a whole import graph rather than file by file.
        notes: what could not be read, in words.
        folders: for languages whose modules are folders: the folder of each module or package.
    """

    language: str
    paths: Mapping[str, str]
    imports: tuple[ImportSite, ...]
    external: frozenset[str]
    packages: tuple[str, ...]
    source_roots: tuple[str, ...] = (".",)
    exact: bool = True
    notes: tuple[str, ...] = ()
    folders: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def internal(self) -> tuple[ImportSite, ...]:
        """Imports between different modules of the map."""
        return tuple(
            site
            for site in self.imports
            if site.imported not in self.external and site.imported != site.importer
        )

    @cached_property
    def users(self) -> Mapping[str, tuple[ImportSite, ...]]:
        """External library → every import of it."""
        found: dict[str, list[ImportSite]] = {}
        for site in self.imports:
            if site.imported in self.external:
                found.setdefault(site.imported, []).append(site)
        return {name: tuple(sites) for name, sites in found.items()}

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """Package → its direct children that are modules or packages."""
        found: dict[str, set[str]] = {}
        for module in self.paths:
            parts = module.split(".")
            for depth in range(1, len(parts)):
                found.setdefault(".".join(parts[:depth]), set()).add(".".join(parts[: depth + 1]))
        return {package: tuple(sorted(names)) for package, names in found.items()}

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """Module or package → number of modules in it, itself included."""
        found: dict[str, int] = {}
        for module in self.paths:
            parts = module.split(".")
            for depth in range(1, len(parts) + 1):
                name = ".".join(parts[:depth])
                found[name] = found.get(name, 0) + 1
        return found

    def is_package(self, name: str) -> bool:
        """Whether a module has children, or is the entrance of a folder of its own."""
        return name in self.children or self.paths.get(name, "").rpartition("/")[2] in _ENTRANCES

    def place_of(self, name: str) -> str:
        """The folder of a package, or the file of a module, relative to the repository, with `/`."""
        if name in self.folders:
            return self.folders[name]
        path = self.paths.get(name, "")
        if path:
            return path.rpartition("/")[0] if self.is_package(name) else path
        below = next(
            (each for module, each in self.paths.items() if each and module.startswith(f"{name}.")), ""
        )
        parts = below.split("/")
        last = name.rpartition(".")[2]
        return "/".join(parts[: parts.index(last) + 1]) if last in parts else below.rpartition("/")[0]

    def glob_of(self, name: str) -> str:
        """A gitignore-style pattern that covers a module or package."""
        place = self.place_of(name)
        return f"{place}/**" if name in self.folders or self.is_package(name) else place


_ENTRANCES = {"__init__.py", "index.js", "index.ts", "mod.rs", "lib.rs"}


def unit_of(module: str, units: Iterable[str]) -> str | None:
    """The deepest of `units` that is the module or an ancestor of it."""
    wanted = units if isinstance(units, (set, frozenset, dict)) else set(units)
    while module:
        if module in wanted:
            return module
        module = module.rpartition(".")[0]
    return None

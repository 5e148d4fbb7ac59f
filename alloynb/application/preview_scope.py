"""Say what a scope reaches before anybody relies on it: how many files each path pattern and each module covers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from alloynb.application.workspace import ALLOY_FOLDER, Workspace

_MOST_EXAMPLES = 3
_MOST_CHOICES = 400


@dataclass(frozen=True)
class Reach:
    """What one entry of a scope covers.

    Attributes:
        entry: the pattern or the module.
        count: how many files.
        examples: the first few of them.
    """

    entry: str
    count: int
    examples: tuple[str, ...]


class ScopePreview:
    """The files of a repository as they were when this was made; asking again costs no further look at the disk."""

    def __init__(self, files: Iterable[str], source_roots: tuple[str, ...] = (".",)) -> None:
        """Look at these paths, relative to the repository, with forward slashes."""
        self.files = tuple(sorted(each for each in files if not each.startswith(f"{ALLOY_FOLDER}/")))
        self._source_roots = source_roots
        self._known: dict[tuple[str, str], Reach] = {}

    def of_path(self, pattern: str) -> Reach:
        """What a gitignore-style pattern covers; one that begins with `!` tells what it takes out."""
        return self._reach("path", pattern)

    def of_module(self, name: str) -> Reach:
        """What a dotted name covers: the module and all below it."""
        return self._reach("module", name)

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """Patterns for the folders that there are, the outermost first, and at most a few hundred."""
        found = {file[:at] for file in self.files for at, character in enumerate(file) if character == "/"}
        ordered = sorted(found, key=lambda each: (each.count("/"), each))
        return tuple(f"{each}/**" for each in ordered[:_MOST_CHOICES])

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """Dotted names of the Python packages and modules that there are, the outermost first."""
        names = {name for file in self.files if (name := self._module_of(file))}
        return tuple(sorted(names, key=lambda each: (each.count("."), each))[:_MOST_CHOICES])

    def _reach(self, kind: str, entry: str) -> Reach:
        found = self._known.get((kind, entry))
        if found is None:
            covered = self._of_pattern(entry) if kind == "path" else self._of_name(entry)
            found = self._known[kind, entry] = Reach(entry, len(covered), covered[:_MOST_EXAMPLES])
        return found

    def _of_pattern(self, pattern: str) -> tuple[str, ...]:
        from pathspec import GitIgnoreSpec

        try:
            spec = GitIgnoreSpec.from_lines([pattern.removeprefix("!")])
        except ValueError:  # not a pattern yet: somebody is writing it
            return ()
        return tuple(each for each in self.files if spec.match_file(each))

    def _of_name(self, name: str) -> tuple[str, ...]:
        from alloynb.intent.search import covers_module

        return tuple(
            each for each in self.files if (module := self._module_of(each)) and covers_module(name, module)
        )

    def _module_of(self, file: str) -> str:
        from alloynb.intent.search import module_of_path

        if not file.endswith(".py"):
            return ""
        return next((name for root in self._source_roots if (name := module_of_path(file, root))), "")


def preview_scope(workspace: Workspace) -> ScopePreview:
    """Look at the files that git knows or would take up; ignored ones are left out.

    Raises:
        GitFailed: git does not answer.
    """
    from alloynb.archaeology.repository import read_repository

    found = read_repository(workspace.root)
    return ScopePreview((each.path for each in found.files), workspace.settings.source_roots)


def told_reach(reach: Reach) -> str:
    """How much an entry covers, for people: `3 files: a.py, b.py, c.py`."""
    if not reach.count:
        return "no file is covered"
    more = " …" if reach.count > len(reach.examples) else ""
    return f"{reach.count} file{'' if reach.count == 1 else 's'}: {', '.join(reach.examples)}{more}"


def reach_of_fields(preview: ScopePreview, scope: Any) -> dict[str, str]:
    """How much each entry of a scope covers, by its place such as `paths.0`; what is no text is passed over."""
    found = {}
    for name, look in (("paths", preview.of_path), ("modules", preview.of_module)):
        entries = scope.get(name) if isinstance(scope, dict) else None
        for at, each in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(each, str) and each.strip():
                found[f"{name}.{at}"] = told_reach(look(each.strip()))
    return found

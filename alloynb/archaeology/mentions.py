"""Which modules and libraries a sentence speaks of, and which boundary it draws between them (spec 2.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from alloynb.archaeology.documents import Statement
from alloynb.archaeology.library_kinds import kind_of
from alloynb.archaeology.module_map import ModuleMap

_TOKEN = re.compile(r"`([^`\n]{1,80})`|([A-Za-z_][\w.]*(?:/[\w.]*)*)")
_VERB = (
    r"(?:import|depend on|depends on|know|knows|use|uses|call|calls|reference|references|access|touch"
    r"|rely on|reach into|"
    r"talk to|imports|importing|using)"
)
_NOT = (
    r"(?:must not|must never|never|may not|cannot|can not|should not|shouldn't|do not|don't|does not|doesn't"
    r"|mustn't)"
)
_LEFT_RIGHT = re.compile(
    rf"(?P<left>[^;]*?)\b{_NOT}\s+(?:be allowed to\s+)?(?:directly\s+)?{_VERB}\b(?P<right>[^;]*)", re.I
)
_NEVER_IN = re.compile(
    rf"\b{_NOT}\s+{_VERB}\b(?P<right>.*?)\b(?:in|inside|within|from)\b(?P<left>[^;]*)", re.I
)
_ONLY_IN = re.compile(
    r"(?P<right>[^;]*?)\b(?:only|exclusively|solely)\b(?:[^;]*?)\b(?:in|inside|within|by|from|behind)\b(?P<left>[^;]*)",
    re.I,
)
_ONLY_FIRST = re.compile(
    rf"\bonly\b(?P<left>[^;]*?)\b(?:may|can|should|must)?\s*{_VERB}\b(?P<right>[^;]*)", re.I
)
_COMMON_WORDS = frozenset(
    {
        *(
            "a",
            "an",
            "and",
            "any",
            "all",
            "are",
            "as",
            "at",
            "be",
            "by",
            "can",
            "code",
            "common",
        ),
        *(
            "data",
            "do",
            "else",
            "for",
            "from",
            "if",
            "import",
            "imports",
            "in",
            "is",
            "it",
            "its",
        ),
        *(
            "main",
            "model",
            "module",
            "modules",
            "must",
            "new",
            "no",
            "not",
            "of",
            "on",
            "only",
            "or",
        ),
        *(
            "other",
            "package",
            "packages",
            "should",
            "test",
            "tests",
            "that",
            "the",
            "their",
            "them",
        ),
        *(
            "then",
            "this",
            "to",
            "type",
            "types",
            "use",
            "used",
            "util",
            "utils",
            "with",
            "you",
        ),
        *(
            "your",
            "file",
            "files",
            "function",
            "functions",
            "class",
            "classes",
            "name",
            "names",
        ),
        *(
            "version",
            "config",
            "project",
            "python",
            "run",
            "build",
            "check",
            "add",
        ),
    }
)


@dataclass(frozen=True)
class StatedBoundary:
    """A boundary that a sentence draws.

    Attributes:
        sources: modules that must not import `targets`.
        library: whether the targets are libraries.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    library: bool


class Vocabulary:
    """The names by which people may speak of the modules and libraries of one language."""

    def __init__(self, found: ModuleMap, declared: Iterable[str]) -> None:
        self._found = found
        self._units: dict[str, list[str]] = {}
        for name in sorted(found.sizes, key=lambda each: (each.count("."), each)):
            if name.count(".") <= 3:
                parts = name.split(".")
                for length in range(1, len(parts) + 1):
                    self._units.setdefault(".".join(parts[-length:]).lower(), []).append(name)
        libraries = {*found.external, *(name.replace("-", "_") for name in declared)}
        self._libraries = {name.lower(): name for name in libraries if kind_of(name)}

    def modules_in(self, text: str) -> tuple[str, ...]:
        """Modules that a piece of text names; the outermost of those with one name."""
        found: list[str] = []
        for written, quoted in _tokens(text):
            candidates = self._units.get(written, [])
            package = [name for name in candidates if self._found.is_package(name)]
            usable = package or candidates
            if usable and (quoted or (written not in _COMMON_WORDS and package)):
                found.append(usable[0])
        return tuple(dict.fromkeys(found))

    def libraries_in(self, text: str) -> tuple[str, ...]:
        """Libraries that a piece of text names."""
        found = []
        for written, quoted in _tokens(text):
            library = self._libraries.get(written) or self._libraries.get(written.split(".")[0])
            if library and (quoted or written not in _COMMON_WORDS):
                found.append(library)
        return tuple(dict.fromkeys(found))

    def everything_but(self, modules: Iterable[str]) -> tuple[str, ...]:
        """The units of the top-level packages that do not hold any of `modules`."""
        inside = tuple(modules)
        tops = {module.split(".")[0] for module in inside}
        units = [child for top in sorted(tops) for child in self._found.children.get(top, ())]
        apart = [unit for unit in units if not any(_related(unit, module) for module in inside)]
        return tuple(unit for unit in apart if self._found.is_package(unit)) or tuple(apart)


def boundary_in(statement: Statement, words: Vocabulary) -> StatedBoundary | None:
    """Read the boundary that a sentence draws; None when it does not speak of two things that the code has."""
    text = statement.text
    for pattern in (_NEVER_IN, _LEFT_RIGHT) if statement.force == "prohibits" else ():
        match = pattern.search(text)
        if match:
            sources = words.modules_in(match["left"]) or (
                words.modules_in(statement.heading) if pattern is _LEFT_RIGHT else ()
            )
            found = _between(sources, match["right"], words)
            if found:
                return found
    if statement.force == "confines":
        for pattern in (_ONLY_FIRST, _ONLY_IN):
            match = pattern.search(text)
            if match:
                homes, libraries = words.modules_in(match["left"]), words.libraries_in(match["right"])
                outside = words.everything_but(homes) if homes else ()
                if libraries and outside:
                    return StatedBoundary(outside, libraries, True)
    return None


def _between(sources: tuple[str, ...], right: str, words: Vocabulary) -> StatedBoundary | None:
    if not sources:
        return None
    targets = tuple(
        name for name in words.modules_in(right) if not any(_related(name, source) for source in sources)
    )
    if targets:
        return StatedBoundary(sources, targets, False)
    libraries = words.libraries_in(right)
    return StatedBoundary(sources, libraries, True) if libraries else None


def _tokens(text: str) -> Iterable[tuple[str, bool]]:
    for match in _TOKEN.finditer(text):
        written = (match[1] or match[2]).strip().strip("./()*").removesuffix(".py").replace("/", ".").lower()
        written = re.sub(r"\(.*", "", written)
        if written:
            yield written, match[1] is not None or "/" in match[0]


def _related(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")

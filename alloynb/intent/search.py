"""Finding records: what governs this path or module, and what speaks of this (spec 2.7).

Links decide what governs; words only suggest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from alloynb.intent.evidence_definition import EvidenceKind
from alloynb.intent.named_places import named_places
from alloynb.intent.record import FIVE_TEXTS, GUIDING, IntentRecord, Severity, Status

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_WEIGHTS = {"id": 4, "title": 4, "capability": 3, "strategy": 3, "threat": 2, "expectation": 2, "tradeoff": 1}
_WEIGHT_ELSEWHERE = 1


@dataclass(frozen=True, slots=True)
class Governing:
    """A record that governs a place.

    Attributes:
        because: what reaches the place first: an entry of the scope, such as `paths: alloynb/**`, or its evidence.
        through: everything that reaches it, `because` first.
    """

    record: IntentRecord
    because: str
    through: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A record that words suggest; a higher score fits better."""

    record: IntentRecord
    score: int


class GoverningIndex:
    """Answers which records govern a path or a module; built once for many questions.

    A record without paths and modules governs everything when its scope names the project, and nothing when its scope
    says nothing. With paths or modules, any one of them that fits is enough. A place that evidence names, such as a
    module of an import rule, is governed too.

    Args:
        source_roots: folders in which packages lie, to know the module that a Python file is.
        statuses: records in other statuses are left out.
    """

    def __init__(
        self,
        records: Iterable[IntentRecord],
        *,
        source_roots: Sequence[str] = (".",),
        statuses: Collection[Status] = GUIDING,
    ) -> None:
        self._records = [record for record in records if record.status in statuses]
        self._source_roots = tuple(source_roots)
        self._specs: dict[str, GitIgnoreSpec] = {}

    def of_path(self, path: str) -> tuple[Governing, ...]:
        """Name the records that govern a file or folder, relative to the repository, with forward slashes."""
        path = PurePosixPath(path).as_posix()
        modules = [module for root in self._source_roots if (module := module_of_path(path, root))]
        return self._governing(lambda record: self._through(record, [path], modules))

    def of_module(self, module: str) -> tuple[Governing, ...]:
        """Name the records that govern a module, by dotted name, also through the paths where it may lie."""
        tail = module.replace(".", "/")
        prefixes = ["" if root in (".", "") else f"{root}/" for root in self._source_roots]
        paths = [f"{prefix}{tail}{ending}" for prefix in prefixes for ending in (".py", "/__init__.py")]
        return self._governing(lambda record: self._through(record, paths, [module], modules_first=True))

    def _governing(self, through: Callable[[IntentRecord], tuple[str, ...]]) -> tuple[Governing, ...]:
        found = ((record, through(record)) for record in self._records)
        return tuple(Governing(record, told[0], told) for record, told in found if told)

    def _through(
        self,
        record: IntentRecord,
        paths: Sequence[str],
        modules: Sequence[str],
        *,
        modules_first: bool = False,
    ) -> tuple[str, ...]:
        """Everything by which a record reaches any of some paths, or the modules that they are."""
        by_path = [told for path in paths if (told := self._reaches_path(record, path))]
        by_module = [told] if (told := _reaches_modules(record, modules)) else []
        scope = [*by_module, *by_path] if modules_first else [*by_path, *by_module]
        evidence = [
            told
            for kind, pattern, told in named_places(record)
            if (kind == "module" and any(covers_module(pattern, module) for module in modules))
            or (kind == "path" and any(self._spec(pattern).match_file(path) for path in paths))
        ]
        return tuple(dict.fromkeys([*scope, *evidence]))

    def _reaches_path(self, record: IntentRecord, path: str) -> str:
        scope = record.scope
        if not scope.paths and not scope.modules:
            return f"project: {scope.project}" if scope.project is not None else ""
        reached = ""
        for pattern in scope.paths:  # as in .gitignore, the last pattern that fits decides
            exception = pattern.startswith("!")
            if self._spec(pattern.removeprefix("!")).match_file(path):
                reached = "" if exception else f"paths: {pattern}"
        return reached

    def _spec(self, pattern: str) -> GitIgnoreSpec:
        spec = self._specs.get(pattern)
        if spec is None:
            from pathspec import GitIgnoreSpec

            spec = self._specs[pattern] = GitIgnoreSpec.from_lines([pattern])
        return spec


def module_of_path(path: str, source_root: str = ".") -> str:
    """Name the module that a Python file or package folder is, seen from a source root; empty when it is none."""
    pure = PurePosixPath(path)
    if source_root not in (".", ""):
        if not pure.is_relative_to(source_root):
            return ""
        pure = pure.relative_to(source_root)
    parts = list(pure.parts)
    if parts and parts[-1].endswith((".py", ".pyi")):
        parts[-1] = parts[-1].rpartition(".")[0]
        if parts[-1] == "__init__":
            parts.pop()
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else ""


def find(
    records: Iterable[IntentRecord],
    *,
    statuses: Collection[Status] = (),
    severities: Collection[Severity] = (),
    evidence_kinds: Collection[EvidenceKind] = (),
    project: str | None = None,
    interaction: str | None = None,
    technology: str | None = None,
    product_area: str | None = None,
    owner: str | None = None,
    strategy_ref: str | None = None,
    expectation_ref: str | None = None,
) -> tuple[IntentRecord, ...]:
    """Give the records that have everything that is asked for; what is not asked for is not looked at."""

    def fits(record: IntentRecord) -> bool:
        scope = record.scope
        return (
            (not statuses or record.status in statuses)
            and (not severities or record.severity in severities)
            and (
                not evidence_kinds or any(definition.kind in evidence_kinds for definition in record.evidence)
            )
            and (project is None or project in (record.project, scope.project))
            and (interaction is None or interaction in scope.interactions)
            and (technology is None or technology in scope.technology)
            and (product_area is None or product_area == scope.product_area)
            and (owner is None or owner == record.owner)
            and (strategy_ref is None or strategy_ref == record.strategy_ref)
            and (expectation_ref is None or expectation_ref == record.expectation_ref)
        )

    return tuple(record for record in records if fits(record))


def suggest(records: Iterable[IntentRecord], words: str, *, limit: int = 20) -> tuple[Suggestion, ...]:
    """Find records by words: each word must occur somewhere in the record; title and capability weigh most.

    Returns:
        best first, at most `limit`; empty when no word is given.
    """
    wanted = words.casefold().split()
    scored = ((record, _score(record, wanted)) for record in records)
    found = [Suggestion(record, score) for record, score in scored if score]
    return tuple(sorted(found, key=lambda suggestion: (-suggestion.score, suggestion.record.id))[:limit])


def _reaches_modules(record: IntentRecord, modules: Iterable[str]) -> str:
    for module in modules:
        for scope in record.scope.modules:
            if covers_module(scope, module):
                return f"modules: {scope}"
    return ""


def covers_module(pattern: str, module: str) -> bool:
    """Whether a module is what the pattern names, or lies below it; `*` is one segment, `**` any number."""
    if "*" not in pattern:
        return module == pattern or module.startswith(f"{pattern}.")
    steps = (
        r".+" if step == "**" else r"[^.]+" if step == "*" else re.escape(step) for step in pattern.split(".")
    )
    return re.fullmatch(r"\.".join(steps) + r"(\..+)?", module) is not None


def _score(record: IntentRecord, wanted: Sequence[str]) -> int:
    texts = [(_WEIGHTS[name], getattr(record, name) or "") for name in ("id", "title", *FIVE_TEXTS)]
    scope = record.scope
    elsewhere = [
        *scope.technology,
        *scope.interactions,
        *scope.modules,
        *scope.paths,
        scope.product_area or "",
    ]
    elsewhere += [definition.description for definition in record.evidence]
    texts += [(_WEIGHT_ELSEWHERE, text) for text in elsewhere]
    folded = [(weight, text.casefold()) for weight, text in texts]
    scores = [sum(weight for weight, text in folded if word in text) for word in wanted]
    return sum(scores) if all(scores) else 0

"""How many files an evidence definition speaks about, so that one deviation can be told from many (spec 6.4)."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path

from alloynb.archaeology.checkout import GitFailed, read_git
from alloynb.intent.boundary_rule import (
    AllowedOnlyRule,
    ForbiddenRule,
    ImportBoundaryRule,
    IndependenceRule,
    LayersRule,
    siblings_of,
)
from alloynb.intent.evidence_definition import (
    EvidenceDefinition,
    ImportBoundaryEvidence,
    PatternEvidence,
    TestEvidence,
)


def governed_files(repo: Path, revision: str, definition: EvidenceDefinition) -> int:
    """Count the files of a commit that could deviate; 0 when that cannot be told."""
    match definition:
        case ImportBoundaryEvidence():
            wanted = re.compile("|".join(_as_path(name) for name in _importers(definition.rule)))
            return sum(
                1 for path in _paths(repo, revision) if path.endswith(".py") and wanted.search(f"/{path}")
            )
        case PatternEvidence():
            from pathspec import GitIgnoreSpec

            spec = GitIgnoreSpec.from_lines(definition.pattern.paths)
            return sum(1 for path in _paths(repo, revision) if spec.match_file(path))
        case TestEvidence():
            return len(definition.test.tests)
        case _:
            return 0


def _importers(rule: ImportBoundaryRule) -> tuple[str, ...]:
    """Modules whose imports a rule judges."""
    match rule:
        case ForbiddenRule() | AllowedOnlyRule():
            return rule.sources
        case LayersRule():
            return tuple(name for layer in rule.layers for name in siblings_of(layer))
        case IndependenceRule():
            return rule.modules


def _as_path(name: str) -> str:
    """A pattern of the files of a module and of everything below it; `*` is one segment, `**` any number."""
    parts = [
        "(?:[^/]+/)*[^/]+" if part == "**" else "[^/]+" if part == "*" else part for part in name.split(".")
    ]
    return "/" + "/".join(parts) + r"(?:/|\.py$)"


@lru_cache(maxsize=8)
def _paths(repo: Path, revision: str) -> tuple[str, ...]:
    try:
        told = read_git(repo, "ls-tree", "-r", "-z", "--name-only", "--full-tree", revision)
    except GitFailed:
        return ()
    return tuple(os.fsdecode(path) for path in told.split(b"\0") if path)

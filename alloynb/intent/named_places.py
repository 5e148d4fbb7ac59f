"""Places that a record's evidence names: modules of import rules, paths of patterns and tests (spec 2.7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from alloynb.intent.boundary_rule import (
    AllowedOnlyRule,
    ForbiddenRule,
    ImportBoundaryRule,
    IndependenceRule,
    LayersRule,
    siblings_of,
)
from alloynb.intent.evidence_definition import (
    DependencyEvidence,
    ImportBoundaryEvidence,
    PatternEvidence,
    TestEvidence,
)
from alloynb.intent.record import IntentRecord

PlaceKind = Literal["module", "path"]


def named_places(record: IntentRecord) -> Iterator[tuple[PlaceKind, str, str]]:
    """Give each place that evidence of a record names: its kind, its pattern, and what names it in words.

    A module is a dotted name, with wildcards as import rules know them; a path is a gitignore-style pattern.
    """
    for definition in record.evidence:
        match definition:
            case ImportBoundaryEvidence():
                for role, module in _roles(definition.rule):
                    yield "module", module, f"rule {definition.id}: {module} is {role}"
            case PatternEvidence():
                for path in definition.pattern.paths:
                    yield "path", path, f"pattern {definition.id}: {path}"
            case TestEvidence():
                for test in definition.test.tests:
                    path = test.partition("::")[0]
                    yield "path", f"/{path.lstrip('/')}", f"tests {definition.id}: {test}"
            case DependencyEvidence():
                for path in definition.dependency.where:
                    yield "path", f"/{path}", f"dependencies {definition.id}: {path}"


def _roles(rule: ImportBoundaryRule) -> Iterator[tuple[str, str]]:
    match rule:
        case ForbiddenRule():
            yield from (("a source", module) for module in rule.sources)
            yield from (("a target", module) for module in rule.targets)
        case LayersRule():
            yield from (("a layer", module) for layer in rule.layers for module in siblings_of(layer))
        case IndependenceRule():
            yield from (("independent", module) for module in rule.modules)
        case AllowedOnlyRule():
            yield from (("a source", module) for module in rule.sources)
            yield from (("allowed", module) for module in rule.targets)
            yield from (("judged", module) for module in rule.universe)

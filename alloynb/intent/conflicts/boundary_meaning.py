"""What an import rule says about two modules by their names alone, without looking at any code (spec 2.3)."""

from __future__ import annotations

from collections.abc import Iterator

from alloynb.intent.boundary_rule import (
    AllowedOnlyRule,
    ForbiddenRule,
    ImportBoundaryRule,
    IndependenceRule,
    LayersRule,
    siblings_of,
)
from alloynb.intent.module_expression import covers, deepest_cover, matches_exactly


def forbids(rule: ImportBoundaryRule, importer: str, imported: str) -> bool:
    """Say whether the rule forbids that one module imports another; both names are plain.

    The same answer as when the rule is held against a graph that has both modules. An importer outside the rule's
    packages is not judged, since its imports are not read; neither is an import that the rule is told to ignore.
    """
    if importer == imported or not any(covers(package, importer) for package in rule.packages):
        return False
    if any(_ignores(text, importer, imported) for text in rule.ignore_imports):
        return False
    match rule:
        case ForbiddenRule():
            return _role(rule, importer) == "source" and _role(rule, imported) == "target"
        case LayersRule():
            low, high = place_in(rule, importer), place_in(rule, imported)
            return low is not None and high is not None and (high[0] < low[0] or _siblings(low, high))
        case IndependenceRule():
            return any(
                not covers(ours, theirs) and not covers(theirs, ours)
                for ours in _units(rule, importer)
                for theirs in _units(rule, imported)
            )
        case AllowedOnlyRule():
            return (
                deepest_cover(rule.sources, importer)[0] > 0
                and deepest_cover(rule.sources, imported)[0] == 0
                and deepest_cover(rule.universe or rule.packages, imported)[0] > 0
                and deepest_cover(rule.targets, imported)[0] == 0
            )


def place_in(rule: LayersRule, module: str) -> tuple[int, str] | None:
    """Say in which layer a module lies: its height, 0 at the top, and the name of the layer; None in no layer."""
    heights = {name: height for height, layer in enumerate(rule.layers) for name in siblings_of(layer)}
    _, name = deepest_cover(heights, module)
    return (heights[name], name) if name else None


def expressions_of(rule: ImportBoundaryRule) -> tuple[str, ...]:
    """Every expression by which the rule tells modules apart."""
    match rule:
        case ForbiddenRule():
            return (*rule.sources, *rule.targets)
        case LayersRule():
            return layer_names(rule)
        case IndependenceRule():
            return rule.modules
        case AllowedOnlyRule():
            return (*rule.sources, *rule.targets, *(rule.universe or rule.packages))


def importing_expressions(rule: ImportBoundaryRule) -> tuple[str, ...]:
    """The expressions that cover every module whose imports the rule judges."""
    match rule:
        case ForbiddenRule() | AllowedOnlyRule():
            return rule.sources
        case LayersRule():
            return layer_names(rule)
        case IndependenceRule():
            return rule.modules


def layer_names(rule: LayersRule) -> tuple[str, ...]:
    """The names of all layers, siblings taken apart, top first."""
    return tuple(name for layer in rule.layers for name in siblings_of(layer))


def _ignores(text: str, importer: str, imported: str) -> bool:
    ours, _, theirs = (part.strip() for part in text.partition("->"))
    return matches_exactly(ours, importer) and matches_exactly(theirs, imported)


def _role(rule: ForbiddenRule, module: str) -> str:
    source_depth, _ = deepest_cover(rule.sources, module)
    target_depth, _ = deepest_cover(rule.targets, module)
    if target_depth and target_depth >= source_depth:
        return "target"
    return "source" if source_depth else ""


def _siblings(one: tuple[int, str], other: tuple[int, str]) -> bool:
    return one[0] == other[0] and one[1] != other[1]


def _units(rule: IndependenceRule, module: str) -> Iterator[str]:
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        unit = ".".join(parts[:length])
        if any(matches_exactly(expression, unit) for expression in rule.modules):
            yield unit

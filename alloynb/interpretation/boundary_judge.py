"""What one import rule makes of the modules of a graph: their roles, and which pairs it forbids (spec 2.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from alloynb.archaeology.import_graph import ImportGraph
from alloynb.intent.boundary_rule import (
    AllowedOnlyRule,
    ForbiddenRule,
    ImportBoundaryRule,
    IndependenceRule,
    LayersRule,
    siblings_of,
)
from alloynb.intent.module_expression import covering_depth, covers, deepest_cover, matches_exactly


@dataclass(frozen=True)
class Unmatched:
    """A name in a rule that means no module of the graph.

    Attributes:
        name: as the rule writes it.
        role: `source`, `target`, `layer`, `module`, `universe` or `ignored import`.
        why: what was looked for, in plain words.
        expected: True when the rule is kept exactly by the absence (a forbidden package that nobody imports).
    """

    name: str
    role: str
    why: str
    expected: bool = False


@dataclass(frozen=True)
class Judge:
    """One rule applied to the names of one graph.

    Attributes:
        importers: modules whose imports are judged.
        concerned: modules that have any role; a chain is only followed through modules that have none.
        forbids: importer and imported to the broken sentence of the rule, or None.
        unmatched: names that mean nothing here.
        vacuous: why the rule can not be broken by any import at all; empty when it can.
    """

    importers: tuple[str, ...]
    concerned: frozenset[str]
    forbids: Callable[[str, str], str | None]
    unmatched: tuple[Unmatched, ...]
    vacuous: str


def judge_of(rule: ImportBoundaryRule, graph: ImportGraph) -> Judge:
    """Find out what each module of `graph` is under `rule`.

    A module that several names of a rule cover belongs to the most specific one; in a `forbidden` rule a module
    that is source and target alike is a target, so that `a` may be forbidden to import `a.private`.
    """
    match rule:
        case ForbiddenRule():
            return _forbidden(rule, graph)
        case LayersRule():
            return _layers(rule, graph)
        case IndependenceRule():
            return _independence(rule, graph)
        case AllowedOnlyRule():
            return _allowed_only(rule, graph)


def _forbidden(rule: ForbiddenRule, graph: ImportGraph) -> Judge:
    sources: dict[str, str] = {}
    targets: dict[str, str] = {}
    for module in (*graph.modules, *graph.external):
        source_depth, source = deepest_cover(rule.sources, module)
        target_depth, target = deepest_cover(rule.targets, module)
        if target_depth and target_depth >= source_depth:
            targets[module] = target
        elif source_depth:
            sources[module] = source

    def forbids(importer: str, imported: str) -> str | None:
        if importer in sources and imported in targets:
            return f"{sources[importer]} must not import {targets[imported]}"
        return None

    importers = _internal(sources, graph)
    unmatched = (
        *_unmatched(rule.sources, "source", graph, graph.modules),
        *_unmatched(rule.targets, "target", graph, (*graph.modules, *graph.external)),
    )
    visible_targets = targets or any(each.expected for each in unmatched)
    vacuous = (
        "no module is a source"
        if not importers
        else "no module can be a target"
        if not visible_targets
        else ""
    )
    return Judge(importers, frozenset((*sources, *targets)), forbids, unmatched, vacuous)


def _layers(rule: LayersRule, graph: ImportGraph) -> Judge:
    places = {name: (height, name) for height, layer in enumerate(rule.layers) for name in siblings_of(layer)}
    homes: dict[str, tuple[int, str]] = {}
    for module in (*graph.modules, *graph.external):
        _, name = deepest_cover(places, module)
        if name:
            homes[module] = places[name]

    def forbids(importer: str, imported: str) -> str | None:
        if importer not in homes or imported not in homes:
            return None
        (low, lower), (high, higher) = homes[importer], homes[imported]
        if high < low:
            return f"layer {higher} lies above layer {lower}, which must not import it"
        if high == low and higher != lower:
            return f"{lower} and {higher} share a layer and must not import each other"
        return None

    unmatched = _unmatched(places, "layer", graph, (*graph.modules, *graph.external))
    vacuous = "" if len(set(homes.values())) > 1 else "fewer than two layers hold any module"
    return Judge(_internal(homes, graph), frozenset(homes), forbids, unmatched, vacuous)


def _independence(rule: IndependenceRule, graph: ImportGraph) -> Judge:
    names = (*graph.modules, *graph.external)
    units = sorted({name for name in names for each in rule.modules if matches_exactly(each, name)})
    homes = {name: inside for name in names if (inside := [unit for unit in units if covers(unit, name)])}

    def forbids(importer: str, imported: str) -> str | None:
        for ours in homes.get(importer, ()):
            for theirs in homes.get(imported, ()):
                if not covers(ours, theirs) and not covers(theirs, ours):
                    return f"{ours} and {theirs} must not import each other"
        return None

    apart = any(not covers(one, other) and not covers(other, one) for one in units for other in units)
    vacuous = "" if apart else "fewer than two separate modules are named"
    unmatched = _unmatched(rule.modules, "module", graph, names)
    return Judge(_internal(homes, graph), frozenset(homes), forbids, unmatched, vacuous)


def _allowed_only(rule: AllowedOnlyRule, graph: ImportGraph) -> Judge:
    universe = rule.universe or rule.packages
    names = (*graph.modules, *graph.external)
    sources = {name: source for name in names if (source := deepest_cover(rule.sources, name)[1])}
    closed = {
        name
        for name in names
        if name not in sources
        and deepest_cover(universe, name)[0]
        and not deepest_cover(rule.targets, name)[0]
    }
    allowed = ", ".join(rule.targets) or "nothing else"

    def forbids(importer: str, imported: str) -> str | None:
        if importer in sources and imported in closed:
            return f"of {', '.join(universe)}, {sources[importer]} may import only {allowed}"
        return None

    importers = _internal(sources, graph)
    of_universe = _unmatched(universe, "universe", graph, names)
    unmatched = (
        *_unmatched(rule.sources, "source", graph, graph.modules),
        *_unmatched(rule.targets, "target", graph, names),
        *of_universe,
    )
    blind = sum(not each.expected for each in of_universe) == len(universe)
    vacuous = "no module is a source" if not importers else "nothing lies in the universe" if blind else ""
    return Judge(importers, frozenset((*sources, *closed)), forbids, unmatched, vacuous)


def _internal(modules: Mapping[str, object], graph: ImportGraph) -> tuple[str, ...]:
    return tuple(module for module in graph.modules if module in modules)


def _unmatched(
    expressions: Iterable[str], role: str, graph: ImportGraph, names: Sequence[str]
) -> tuple[Unmatched, ...]:
    found = []
    for expression in expressions:
        if any(covering_depth(expression, name) for name in names):
            continue
        first, *rest = expression.split(".")
        if "*" in first or any(package.split(".")[0] == first for package in graph.packages):
            found.append(Unmatched(expression, role, "no module of this name is in the packages"))
        elif role in {"source", "layer", "module"}:
            why = "it lies outside the packages of the rule, so its imports are not read"
            found.append(Unmatched(expression, role, why))
        elif rest:
            why = f"an external package is seen by its top-level name only; name {first}"
            found.append(Unmatched(expression, role, why))
        else:
            why = "no module imports it, or the name is misspelt"
            found.append(Unmatched(expression, role, why, expected=True))
    return tuple(found)

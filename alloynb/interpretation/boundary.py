"""Import rules held against an import graph: which imports break them, and which names are empty (spec 2.3, 6.4)."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from alloynb.archaeology.import_graph import ImportGraph, ImportSite
from alloynb.intent.boundary_rule import ImportBoundaryRule
from alloynb.intent.module_expression import matches_exactly
from alloynb.interpretation.boundary_judge import Judge, Unmatched, judge_of

_Edges = Mapping[str, Mapping[str, tuple[ImportSite, ...]]]


@dataclass(frozen=True)
class Violation:
    """One pair of modules that a rule forbids.

    Attributes:
        importer: the module whose imports would have to change.
        imported: what it reaches.
        sites: every statement in the importer that takes the first step.
        chain: modules from importer to imported; two of them for a direct import.
        later_sites: for a chain, the statements of the further steps.
        message: one sentence in plain words.
    """

    importer: str
    imported: str
    sites: tuple[ImportSite, ...]
    chain: tuple[str, ...]
    later_sites: tuple[tuple[ImportSite, ...], ...]
    message: str

    @property
    def path(self) -> str:
        """File of the importer, relative to the root of the tree."""
        return self.sites[0].path

    @property
    def lines(self) -> tuple[int, ...]:
        """1-based lines of `sites`, ascending, each once."""
        return tuple(sorted({site.line for site in self.sites}))


@dataclass(frozen=True)
class BoundaryVerdict:
    """What a rule says about a graph.

    Attributes:
        violations: sorted by importer and imported.
        unmatched: names in the rule that mean no module.
        vacuous: why the rule cannot be broken at all, so that its silence proves nothing; empty when it can.
    """

    violations: tuple[Violation, ...]
    unmatched: tuple[Unmatched, ...]
    vacuous: str


def evaluate_boundary(rule: ImportBoundaryRule, graph: ImportGraph) -> BoundaryVerdict:
    """Hold `rule` against `graph`.

    Without `indirect` each forbidden import is a violation. With it, so is each forbidden pair that a chain
    connects; the chain given is a shortest one through modules that have no role in the rule (any longer one
    contains such a chain, which is reported for its own pair).

    `ignore_imports` takes exact modules, or wildcards: `a.b -> c.d` does not cover descendants, since an exception
    should stay as small as it is written.

    Spec: 2.3, 6.4.
    """
    judge = judge_of(rule, graph)
    edges, stale = _edges(rule, graph)
    violations = []
    for importer in judge.importers:
        chains = _chains(importer, edges, judge) if rule.indirect else _direct(importer, edges)
        for chain in chains:
            broken = judge.forbids(chain[0], chain[-1])
            if broken:
                violations.append(_violation(chain, broken, edges))
    violations.sort(key=lambda each: (each.importer, each.imported))
    return BoundaryVerdict(tuple(violations), (*judge.unmatched, *stale), judge.vacuous)


def _edges(rule: ImportBoundaryRule, graph: ImportGraph) -> tuple[_Edges, tuple[Unmatched, ...]]:
    ignored = {text: tuple(part.strip() for part in text.split("->")) for text in rule.ignore_imports}
    used: set[str] = set()
    edges: dict[str, dict[str, tuple[ImportSite, ...]]] = {}
    for site in graph.imports:
        if site.importer == site.imported:
            continue
        passed_over = [
            text
            for text, (importer, imported) in ignored.items()
            if matches_exactly(importer, site.importer) and matches_exactly(imported, site.imported)
        ]
        used.update(passed_over)
        if not passed_over:
            steps = edges.setdefault(site.importer, {})
            steps[site.imported] = (*steps.get(site.imported, ()), site)
    stale = tuple(
        Unmatched(text, "ignored import", "no such import exists any more")
        for text in rule.ignore_imports
        if text not in used
    )
    return edges, stale


def _direct(importer: str, edges: _Edges) -> list[tuple[str, ...]]:
    return [(importer, imported) for imported in edges.get(importer, ())]


def _chains(importer: str, edges: _Edges, judge: Judge) -> list[tuple[str, ...]]:
    """Walk breadth-first from `importer`, no further than the first module that has a role."""
    reached: dict[str, tuple[str, ...]] = {importer: (importer,)}
    waiting = deque([importer])
    while waiting:
        module = waiting.popleft()
        for imported in sorted(edges.get(module, ())):
            if imported not in reached:
                reached[imported] = (*reached[module], imported)
                if imported not in judge.concerned:
                    waiting.append(imported)
    return [chain for chain in reached.values() if len(chain) > 1]


def _violation(chain: tuple[str, ...], broken: str, edges: _Edges) -> Violation:
    steps = [edges[importer][imported] for importer, imported in pairwise(chain)]
    if len(chain) == 2:
        said = f"{chain[0]} imports {chain[1]}"
    else:
        said = f"{chain[0]} reaches {chain[-1]} ({' → '.join(chain)})"
    return Violation(chain[0], chain[-1], steps[0], chain, tuple(steps[1:]), f"{said}; {broken}")

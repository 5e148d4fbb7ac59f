"""Packages as units, the imports that flow between them, and what never flows though it could (spec 2.5)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alloynb.archaeology.import_graph import ImportSite
from alloynb.archaeology.module_map import ModuleMap, unit_of

MOST_UNITS = 14
_MOST_REMOVED_SHARE = 0.15
_MOST_SIBLINGS = 60


@dataclass(frozen=True)
class Flow:
    """Imports between units.

    Attributes:
        units: names of modules or packages, none inside another.
        sites: (importing unit, imported unit) → the statements.
    """

    units: tuple[str, ...]
    sites: Mapping[tuple[str, str], tuple[ImportSite, ...]]

    def weight(self, importer: str, imported: str) -> int:
        """How many pairs of modules carry the imports from one unit to the other."""
        return len({(site.importer, site.imported) for site in self.sites.get((importer, imported), ())})


@dataclass(frozen=True)
class Layering:
    """A direction in which imports run.

    Attributes:
        levels: top first; units of one level do not import each other.
        along: statements that run downwards.
        against: statements that run upwards, few enough to be exceptions.
        tangled: units left out because they import each other in a circle.
        backed: share of pairs of units on different levels that imports, direct or in steps, really connect downwards.
    """

    levels: tuple[tuple[str, ...], ...]
    along: tuple[ImportSite, ...]
    against: tuple[ImportSite, ...]
    tangled: tuple[str, ...]
    backed: float


def flow_between(found: ModuleMap, units: Iterable[str]) -> Flow:
    """Count the imports between units; imports inside a unit, and of modules outside all units, are left out."""
    known = frozenset(units)
    sites: dict[tuple[str, str], list[ImportSite]] = {}
    for site in found.internal:
        importer, imported = unit_of(site.importer, known), unit_of(site.imported, known)
        if importer and imported and importer != imported:
            sites.setdefault((importer, imported), []).append(site)
    return Flow(tuple(sorted(known)), {pair: tuple(each) for pair, each in sites.items()})


def infer_layering(flow: Flow) -> Layering | None:
    """Order units so that imports run downwards; None when fewer than two levels are left.

    A minority of imports against the direction is set aside as exceptions; units that remain in a circle are left out.
    """
    weights = {pair: flow.weight(*pair) for pair in flow.sites}
    kept = {
        pair: weight
        for pair, weight in weights.items()
        if not _is_exception(weight, weights.get(pair[::-1], 0))
    }
    tangled: list[str] = []
    units = {unit for pair in kept for unit in pair}
    while circle := _largest_circle(units, kept):
        inside = {pair: weight for pair, weight in kept.items() if pair[0] in circle and pair[1] in circle}
        weakest = min(inside, key=lambda pair: (inside[pair], pair))
        if inside[weakest] <= _MOST_REMOVED_SHARE * sum(inside.values()) and inside[weakest] <= 2:
            del kept[weakest]
            continue
        out = min(circle, key=lambda unit: (_involvement(unit, weights, circle), unit))
        tangled.append(out)
        units.discard(out)
        kept = {pair: weight for pair, weight in kept.items() if out not in pair}
    level = _levels(units, kept)
    if len(set(level.values())) < 2:
        return None
    levels = tuple(
        tuple(sorted(unit for unit in level if level[unit] == height))
        for height in sorted(set(level.values()), reverse=True)
    )
    along: list[ImportSite] = []
    against: list[ImportSite] = []
    for (importer, imported), sites in flow.sites.items():
        if importer in level and imported in level:
            (along if level[importer] > level[imported] else against).extend(sites)
    return Layering(
        levels, tuple(sorted(along)), tuple(sorted(against)), tuple(sorted(tangled)), _backed(level, kept)
    )


def _is_exception(weight: int, opposite: int) -> bool:
    return opposite > weight and (weight * 4 <= opposite or (weight == 1 and opposite >= 3))


def _involvement(unit: str, weights: Mapping[tuple[str, str], int], circle: set[str]) -> float:
    outside = sum(weight for pair, weight in weights.items() if unit in pair and not set(pair) <= circle)
    inside = sum(weight for pair, weight in weights.items() if unit in pair and set(pair) <= circle)
    return outside - inside / 2


def _levels(units: set[str], kept: Mapping[tuple[str, str], int]) -> dict[str, int]:
    below: dict[str, list[str]] = {unit: [] for unit in units}
    for importer, imported in kept:
        below[importer].append(imported)
    level: dict[str, int] = {}

    def height(unit: str) -> int:
        if unit not in level:
            level[unit] = 1 + max((height(other) for other in below[unit]), default=-1)
        return level[unit]

    for unit in units:
        height(unit)
    return level


def _backed(level: Mapping[str, int], kept: Mapping[tuple[str, str], int]) -> float:
    reach = reachable(level, kept)
    pairs = [(high, low) for high in level for low in level if level[high] > level[low]]
    return sum(1 for high, low in pairs if low in reach[high]) / len(pairs) if pairs else 0.0


def reachable(units: Iterable[str], edges: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """For each unit, all units that its imports reach in any number of steps."""
    below: dict[str, set[str]] = {unit: set() for unit in units}
    for importer, imported in edges:
        below[importer].add(imported)
    reach: dict[str, set[str]] = {}
    for unit, beneath in below.items():
        seen: set[str] = set()
        waiting = list(beneath)
        while waiting:
            other = waiting.pop()
            if other not in seen:
                seen.add(other)
                waiting.extend(below[other] - seen)
        reach[unit] = seen
    return reach


def _largest_circle(units: set[str], kept: Mapping[tuple[str, str], int]) -> set[str]:
    reach = reachable(units, kept)
    circles = [
        {unit} | {other for other in reach[unit] if unit in reach[other]}
        for unit in sorted(units)
        if unit in reach[unit]
    ]
    return max(circles, key=len, default=set())


def sibling_rate(found: ModuleMap) -> float:
    """How likely it is in this code that one sibling imports another: the base of every 'could have, never did'.

    Measured over all packages with at least two children; smoothed, so that it is never 0 or 1.
    """
    pairs = edges = 0
    parents: dict[str, str] = {}
    for package, children in found.children.items():
        if 2 <= len(children) <= _MOST_SIBLINGS:
            pairs += len(children) * (len(children) - 1)
            parents |= dict.fromkeys(children, package)
    seen: set[tuple[str, str]] = set()
    for site in found.internal:
        pair = _siblings_above(site.importer, site.imported, parents)
        if pair and pair not in seen:
            seen.add(pair)
            edges += 1
    return (edges + 0.5) / (pairs + 1)


def _siblings_above(importer: str, imported: str, parents: Mapping[str, str]) -> tuple[str, str] | None:
    left, right = importer.split("."), imported.split(".")
    shared = 0
    while shared < min(len(left), len(right)) and left[shared] == right[shared]:
        shared += 1
    pair = ".".join(left[: shared + 1]), ".".join(right[: shared + 1])
    known = 0 < shared < min(len(left), len(right)) and pair[0] in parents and pair[1] in parents
    return pair if known else None


def surprise(opportunities: int, rate: float) -> float:
    """How surprising it is that none of `opportunities` was taken when each is taken at `rate`: 0 (not) to 1."""
    return 1.0 - math.exp(opportunities * math.log1p(-min(rate, 0.9)))


def chosen_units(found: ModuleMap, container: str) -> tuple[str, ...]:
    """The units to look at below a package: its children, taken apart where two of them import each other.

    Children without a subpackage that only bind things together (`__main__`, version files) stay in; at most
    `MOST_UNITS` are given, packages and much imported modules first.
    """
    units = [child for child in found.children.get(container, ()) if not child.endswith(".__main__")]
    if len(units) > MOST_UNITS:
        units = _most_connected(found, units)
    flow = flow_between(found, units)
    for unit in sorted(units, key=lambda each: -found.sizes.get(each, 0)):
        grandchildren = [child for child in found.children.get(unit, ()) if found.is_package(child)]
        if len(grandchildren) < 2:
            continue
        tangled = any(
            flow.weight(unit, other) and flow.weight(other, unit) and not _one_sided(flow, unit, other)
            for other in units
        )
        if tangled:
            whole = list(found.children[unit])
            units = [each for each in units if each != unit] + [
                child for child in whole if found.is_package(child)
            ]
            flow = flow_between(found, units)
    return tuple(sorted(units if len(units) <= MOST_UNITS else _most_connected(found, units)))


def _one_sided(flow: Flow, one: str, other: str) -> bool:
    there, back = flow.weight(one, other), flow.weight(other, one)
    return _is_exception(there, back) or _is_exception(back, there)


def _most_connected(found: ModuleMap, units: Sequence[str]) -> list[str]:
    flow = flow_between(found, units)
    degree = dict.fromkeys(units, 0)
    for importer, imported in flow.sites:
        degree[importer] += 1
        degree[imported] += 2  # what others build on is more of a boundary than what uses much
    ranked = sorted(units, key=lambda unit: (not found.is_package(unit), -degree[unit], unit))
    return ranked[:MOST_UNITS]

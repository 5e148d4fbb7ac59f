"""Whether the layers that several rules state can be one order (spec 6.4).

A `layers` rule places modules above and below each other. Two rules that place the same two modules the other way round
can both be kept, by code without any import between them; but what the one permits the other forbids, so both cannot
be meant. The same holds for a circle of several rules: no order of layers keeps them all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import combinations, pairwise

from alloynb.intent.boundary_rule import LayersRule
from alloynb.intent.conflicts.boundary_meaning import forbids, layer_names, place_in
from alloynb.intent.conflicts.module_overlap import ModuleIndex, TooManyOverlaps, overlaps, stand_ins

Step = tuple[LayersRule, str, str]
"""A rule that places one module (the second) above another one (the third)."""

_Places = Mapping[int, Mapping[str, int]]
_Node = str | tuple[int, int]


def broken_orders(rules: Sequence[LayersRule]) -> Iterator[tuple[Step, ...]]:
    """Find the smallest sets of rules whose layers cannot be one order, each as the circle that it makes.

    Every two rules that reverse each other are found. Of the rules that reverse no other one, longer circles are
    found until none is left that shares no rule with one found before.

    Args:
        rules: different from each other, over the same source roots.
    """
    places = _places(rules)
    suspects = _on_a_circle(places, set(places))
    reversed_ones: set[int] = set()
    for one, other in combinations(sorted(suspects), 2):
        step = _reversal(rules, places, one, other)
        if step is not None:
            reversed_ones |= {one, other}
            yield step
    left = suspects - reversed_ones
    while circle := _circle(places, left):
        needed = sorted({rule for _, rule, _ in circle})
        for each in list(needed):
            if _circle(places, set(needed) - {each}):
                needed.remove(each)
        smallest = _circle(places, set(needed))
        assert smallest is not None
        left = left - set(needed)
        steps = tuple((rules[rule], above, below) for above, rule, below in smallest)
        if all(_is_judged(*step) for step in steps):
            yield steps


def _places(rules: Sequence[LayersRule]) -> _Places:
    """For each rule, the modules that it and others speak about, with their heights; 0 is at the top."""
    placing: ModuleIndex[int] = ModuleIndex()
    names: ModuleIndex[str] = ModuleIndex()
    for number, rule in enumerate(rules):
        for name in layer_names(rule):
            placing.file(name, number)
    for name in sorted({name for rule in rules for name in layer_names(rule)}):
        names.file(name, name)
    found: dict[int, dict[str, int]] = {number: {} for number in range(len(rules))}
    for module in sorted({module for name in names.all() for module in _modules(name, names.near(name))}):
        for number in set(placing.over(module)):
            placed = place_in(rules[number], module)
            if placed is not None:
                found[number][module] = placed[0]
    return found


def _modules(name: str, others: Collection[str]) -> set[str]:
    """Modules of a layer that stand for its overlaps with other layers."""
    wild = [other for other in others if "*" in other]
    if "*" not in name and not wild:
        return {name}  # the overlap of two plain names is the longer one, which is a name of its own rule
    try:
        found = overlaps(name, others if "*" in name else wild)
    except TooManyOverlaps:
        found = (name,)
    return {each if "*" not in each else next(stand_ins(each)) for each in found}


def _graph(places: _Places, rules: Collection[int]) -> dict[_Node, set[_Node]]:
    """What lies above what, by each rule; a step leads from a module over the heights of a rule to a lower module."""
    below: dict[_Node, set[_Node]] = {}
    for rule in rules:
        heights = sorted(set(places[rule].values()))
        for module, height in places[rule].items():
            below.setdefault(module, set()).add((rule, height))
        for upper, lower in pairwise(heights):
            reached = below.setdefault((rule, upper), set())
            reached.add((rule, lower))
            reached.update(module for module, height in places[rule].items() if height == lower)
    return below


def _on_a_circle(places: _Places, rules: set[int]) -> set[int]:
    """Leave out the rules that cannot lie on a circle, because nothing leads back to them."""
    below = _graph(places, rules)
    above: dict[_Node, set[_Node]] = {}
    for node, reached in below.items():
        for each in reached:
            above.setdefault(each, set()).add(node)
    left = set(below) | set(above)
    waiting = [node for node in left if not below.get(node) or not above.get(node)]
    while waiting:
        node = waiting.pop()
        if node not in left:
            continue
        left.discard(node)
        for there, back in ((below, above), (above, below)):
            for each in there.get(node, ()):
                back[each].discard(node)
                if each in left and not back[each]:
                    waiting.append(each)
    return {node[0] for node in left if isinstance(node, tuple)}


def _reversal(rules: Sequence[LayersRule], places: _Places, one: int, other: int) -> tuple[Step, Step] | None:
    ours, theirs = places[one], places[other]
    for upper, lower in combinations(sorted(ours.keys() & theirs.keys()), 2):
        if (ours[upper] - ours[lower]) * (theirs[upper] - theirs[lower]) < 0:
            above, below = (upper, lower) if ours[upper] < ours[lower] else (lower, upper)
            steps = ((rules[one], above, below), (rules[other], below, above))
            if all(_is_judged(*step) for step in steps):
                return steps
    return None


def _circle(places: _Places, rules: Collection[int]) -> list[tuple[str, int, str]] | None:
    """Find a circle among rules: steps of module, rule, module below it; None when there is an order."""
    if len(rules) < 2:
        return None
    try:
        TopologicalSorter(_graph(places, rules)).prepare()
    except CycleError as error:
        nodes = list(reversed(error.args[1]))[:-1]  # graphlib walks from below to above
        start = next(number for number, node in enumerate(nodes) if isinstance(node, str))
        steps: list[tuple[str, int, str]] = []
        for node in (*nodes[start:], *nodes[:start], nodes[start]):
            if isinstance(node, str):
                if steps:
                    steps[-1] = (*steps[-1][:2], node)
                steps.append((node, -1, ""))
            else:
                steps[-1] = (steps[-1][0], node[0], "")
        return _shortened(places, steps[:-1])
    return None


def _shortened(places: _Places, circle: list[tuple[str, int, str]]) -> list[tuple[str, int, str]]:
    """Let each rule take one step alone: it can always stand in for what lies between two of its steps, or around."""
    for start, later in combinations(range(len(circle)), 2):
        (top, rule, under), (over, again, bottom) = circle[start], circle[later]
        if rule != again:
            continue
        if places[rule][top] < places[rule][bottom]:
            return _shortened(places, [*circle[:start], (top, rule, bottom), *circle[later + 1 :]])
        return _shortened(places, [*circle[start + 1 : later], (over, rule, under)])
    return circle


def _is_judged(rule: LayersRule, above: str, below: str) -> bool:
    """Whether the rule forbids the import upwards, so that its order says something about these two."""
    return any(
        forbids(rule, importer, imported)
        for importer, imported in zip(stand_ins(below), stand_ins(above), strict=True)
    )

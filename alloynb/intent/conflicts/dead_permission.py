"""Imports that one rule expressly permits and other rules forbid altogether (spec 6.4).

Only `allowed_only` permits expressly: it writes down what is to remain. An entry of its targets is dead when the other
rules leave no import of it to any of its sources. A rule that takes away a part of an entry narrows it; that is no
conflict. Nor is a `forbidden` or `independence` rule beside `layers`: layers promise a direction, not each import.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from alloynb.intent.boundary_rule import AllowedOnlyRule, ImportBoundaryRule
from alloynb.intent.conflicts.boundary_meaning import expressions_of, forbids, importing_expressions
from alloynb.intent.conflicts.module_overlap import (
    ModuleIndex,
    TooManyOverlaps,
    overlaps,
    segments_of,
    stand_ins,
)

MOST_PAIRS = 5000
"""Pairs of modules that are tried for one entry; with more nothing is claimed."""

DeadPermission = tuple[AllowedOnlyRule, str, tuple[ImportBoundaryRule, ...]]
"""The rule that permits, the entry, and a smallest set of rules that leave nothing of it."""

_Imports = tuple[str, str]
_Killers = Mapping[_Imports, frozenset[int]]


def dead_permissions(rules: Sequence[ImportBoundaryRule]) -> Iterator[DeadPermission]:
    """Find every entry of an `allowed_only` rule that other rules leave nothing of.

    Args:
        rules: different from each other, over the same source roots.

    Yields:
        Each rule that kills an entry alone; a smallest set of several where none does so alone.
    """
    index: ModuleIndex[int] = ModuleIndex()
    for number, rule in enumerate(rules):
        for expression in set(importing_expressions(rule)):
            index.file(expression, number)
    for number, rule in enumerate(rules):
        if isinstance(rule, AllowedOnlyRule):
            for target in rule.targets:
                for killers in _killing(rules, index, number, target):
                    yield rule, target, tuple(rules[each] for each in killers)


def _killing(
    rules: Sequence[ImportBoundaryRule], index: ModuleIndex[int], holder: int, target: str
) -> Iterator[tuple[int, ...]]:
    rule = rules[holder]
    assert isinstance(rule, AllowedOnlyRule)
    found: dict[_Imports, frozenset[int]] = {}
    known: frozenset[int] | None = None
    involved: frozenset[int] = frozenset()
    while (
        involved != known
    ):  # what forbids the general case may except some of it; others may forbid that in turn
        known = involved
        said = {each for number in involved for each in expressions_of(rules[number])}
        try:
            wanted = _permitted(rule, target, said)
        except TooManyOverlaps:
            return
        for pair in wanted:
            if pair not in found:
                over = set(index.over(pair[0])) - {holder}
                found[pair] = frozenset(each for each in over if forbids(rules[each], *pair))
                if not found[pair]:
                    return
        involved = frozenset().union(*found.values())
    yield from _smallest(found)


def _permitted(rule: AllowedOnlyRule, target: str, said: Iterable[str]) -> list[_Imports]:
    """Pairs of modules that stand for everything that the entry permits.

    Args:
        said: expressions of the rules that may forbid some of it.
    """
    known = {*said, *rule.sources, *rule.targets}
    segments = segments_of(known)
    importers = _stand_ins((each for source in rule.sources for each in overlaps(source, known)), segments)
    imported = _stand_ins(overlaps(target, known), segments)
    if len(importers) * len(imported) > MOST_PAIRS:
        raise TooManyOverlaps
    return [(one, other) for one in importers for other in imported if one != other]


def _stand_ins(expressions: Iterable[str], segments: Iterable[str]) -> list[str]:
    found = {name for each in expressions for name in islice(stand_ins(each, segments), MOST_PAIRS)}
    return sorted(found)


def _smallest(found: _Killers) -> Iterator[tuple[int, ...]]:
    everyone = sorted(frozenset().union(*found.values()))
    alone = [each for each in everyone if all(each in killers for killers in found.values())]
    if alone or not everyone:
        yield from ((each,) for each in alone)
        return
    needed = list(everyone)
    for each in everyone:
        without = set(needed) - {each}
        if all(without & killers for killers in found.values()):
            needed.remove(each)
    yield tuple(needed)

"""Names of modules that stand for all others: where expressions of several rules overlap (spec 2.3).

Rules speak about infinitely many modules. What they say of a module depends only on which of their expressions cover
it, so a few names are enough: each expression itself, something below it that no rule names, and the same for each
overlap of two expressions. A wildcard is filled with every segment that the rules name, and with two that they do not.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Generic, TypeVar

MOST_OVERLAPS = 200
"""More overlaps than this are not looked at; nothing is claimed then."""

UNNAMED = ("…", "……")
"""Segments that no rule can name."""

ItemT = TypeVar("ItemT")
_Segments = tuple[str, ...]


class TooManyOverlaps(Exception):
    """The expressions overlap in more ways than are looked at."""


def overlaps(base: str, others: Iterable[str]) -> tuple[str, ...]:
    """Give `base` and every expression that covers just what `base` and some of `others` cover together.

    Raises:
        TooManyOverlaps: there are more than `MOST_OVERLAPS`.
    """
    found = {tuple(base.split("."))}
    for other in sorted(set(others)):
        parts = tuple(other.split("."))
        for known in list(found):
            found.update(_meet(known, parts))
        if len(found) > MOST_OVERLAPS:
            raise TooManyOverlaps
    return tuple(sorted(".".join(parts) for parts in found))


def stand_ins(expression: str, segments: Iterable[str] = ()) -> Iterator[str]:
    """Give modules that stand for all that an expression covers: itself, and what lies below it that no rule names.

    Args:
        segments: names with which each wildcard is filled, besides two that no rule has; the others that rules use.
    """
    filling = (*UNNAMED, *segments)
    for shape in _without_stars(tuple(expression.split("."))):
        for filled in product(*(filling if part == "*" else (part,) for part in shape)):
            named = ".".join(filled)
            yield named
            yield from (f"{named}.{below}" for below in UNNAMED)


def segments_of(expressions: Iterable[str]) -> tuple[str, ...]:
    """Every segment that expressions name, sorted; empty when none of them has a wildcard to be filled with it."""
    known = set(expressions)
    if not any("*" in each for each in known):
        return ()
    return tuple(sorted({part for each in known for part in each.split(".")} - {"*", "**"}))


def _without_stars(parts: _Segments) -> Iterator[_Segments]:
    """Let `**` be one segment, and two."""
    if "**" not in parts:
        yield parts
        return
    place = parts.index("**")
    for many in (("*",), ("*", "*")):
        yield from _without_stars((*parts[:place], *many, *parts[place + 1 :]))


def literal_prefix(expression: str) -> str:
    """The segments before the first wildcard."""
    parts = expression.split(".")
    cut = next((number for number, part in enumerate(parts) if "*" in part), len(parts))
    return ".".join(parts[:cut])


def prefixes(name: str) -> Iterator[str]:
    """The empty name, each ancestor of `name`, and itself."""
    yield ""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        yield ".".join(parts[:length])


class ModuleIndex(Generic[ItemT]):
    """Finds what was filed under expressions that may cover a module, without looking at the others."""

    def __init__(self) -> None:
        self._filed: dict[str, list[ItemT]] = {}
        self._order: list[str] = []

    def file(self, expression: str, item: ItemT) -> None:
        """File an item under an expression."""
        self._filed.setdefault(literal_prefix(expression), []).append(item)
        self._order = []

    def all(self) -> list[ItemT]:
        """Everything that was filed."""
        return [item for items in self._filed.values() for item in items]

    def over(self, module: str) -> list[ItemT]:
        """Items filed under an expression that may cover a module."""
        return [item for prefix in prefixes(module) for item in self._filed.get(prefix, ())]

    def near(self, expression: str) -> list[ItemT]:
        """Items filed under an expression that may overlap with this one."""
        if not self._order:
            self._order = sorted(self._filed)
        start = literal_prefix(expression)
        found = self.over(start) if start else list(self._filed.get("", ()))
        beginning = f"{start}." if start else ""
        for place in range(bisect_left(self._order, beginning), len(self._order)):
            key = self._order[place]
            if not key.startswith(beginning):
                break
            if key:
                found.extend(self._filed[key])
        return found


def _meet(one: _Segments, other: _Segments) -> Iterator[_Segments]:
    """Expressions that cover what both cover: as long as the longer, and nowhere wider than either."""
    if not one or not other:
        yield one or other
        return
    (first, *rest), (second, *others) = one, other
    if first == "**" or second == "**":
        if second == "**" and first != "**":
            first, rest, second, others = second, others, first, rest
        kept = "*" if second == "**" else second
        for tail in _meet(tuple(rest), tuple(others)):
            yield (kept, *tail)
        if others:
            for tail in _meet(("**", *rest), tuple(others)):
                yield (kept, *tail)
        elif second != "**":
            yield (kept, "**", *rest)
        return
    if first == "*" or second in ("*", first):
        kept = second if first == "*" else first
        for tail in _meet(tuple(rest), tuple(others)):
            yield (kept, *tail)

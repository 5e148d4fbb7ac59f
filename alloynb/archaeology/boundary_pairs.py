"""Boundaries as sets of forbidden pairs, so that two wordings of one boundary are recognised as near (spec 2.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import combinations, permutations, product
from typing import Any

Pair = tuple[str, str]
Pairs = frozenset[Pair]

_WORD = re.compile(r"[^\W_]+")
_EMPTY_WORDS = frozenset(
    {
        *(
            "a",
            "an",
            "and",
            "are",
            "as",
            "at",
            "be",
            "by",
            "can",
            "for",
            "from",
            "has",
            "have",
            "in",
        ),
        *(
            "is",
            "it",
            "its",
            "may",
            "must",
            "never",
            "no",
            "not",
            "of",
            "on",
            "one",
            "only",
            "or",
        ),
        *(
            "should",
            "so",
            "stay",
            "than",
            "that",
            "the",
            "their",
            "them",
            "they",
            "this",
            "to",
        ),
        *(
            "with",
            "without",
        ),
    }
)


def pairs_of(rule: Mapping[str, Any] | None) -> Pairs:
    """Which module may not import which, by the names in an `import_boundary` rule; empty for anything else."""
    kind = rule.get("type") if rule else None
    if rule is None or kind is None:
        return frozenset()
    if kind == "forbidden":
        return frozenset(product(rule["sources"], rule["targets"]))
    if kind == "independence":
        return frozenset(permutations(rule["modules"], 2))
    if kind == "allowed_only":
        return frozenset((source, f"!{'|'.join(sorted(rule['targets']))}") for source in rule["sources"])
    layers = [[name.strip() for name in entry.split("|")] for entry in rule["layers"]]
    found: set[Pair] = set()
    for higher, lower in combinations(layers, 2):
        found.update(product(lower, higher))
    ignored = set(rule.get("ignore_imports", ()))
    for siblings in layers:
        found.update(pair for pair in permutations(siblings, 2) if f"{pair[0]} -> {pair[1]}" not in ignored)
    return frozenset(found)


def share_covered(inner: Pairs, outer: Pairs) -> float:
    """How much of `inner` is forbidden by `outer` too, 0..1; a name covers its descendants."""
    if not inner:
        return 0.0
    return sum(1 for pair in inner if _is_covered(pair, outer)) / len(inner)


def nearness(one: Pairs, other: Pairs) -> float:
    """How near two boundaries are: 1 when each covers the other, 0 when they share nothing."""
    return min(share_covered(one, other), share_covered(other, one))


def words_of(*texts: str | None) -> frozenset[str]:
    """The meaningful words of some texts, folded, without endings that only bend them."""
    words = (word.casefold() for text in texts if text for word in _WORD.findall(text))
    return frozenset(_stem(word) for word in words if word not in _EMPTY_WORDS and len(word) > 1)


def wording_nearness(one: Iterable[str], other: Iterable[str]) -> float:
    """Share of words that two sets of words have in common, 0..1."""
    left, right = frozenset(one), frozenset(other)
    return len(left & right) / len(left | right) if left and right else 0.0


def _is_covered(pair: Pair, outer: Pairs) -> bool:
    if pair in outer:
        return True
    return any((left, right) in outer for left in _above(pair[0]) for right in _above(pair[1]))


def _above(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word

"""What is known already: accepted records, rejected hypotheses, and near copies of either (spec 2.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from alloynb.archaeology.boundary_pairs import (
    Pairs,
    nearness,
    pairs_of,
    share_covered,
    wording_nearness,
    words_of,
)
from alloynb.archaeology.observation import Hypothesis

_COVERED = 0.8
_NEAR = 0.5
_SAME_WORDS = 0.7


@dataclass(frozen=True)
class KnownThing:
    """One record or rejected hypothesis, as far as nearness goes.

    Attributes:
        name: id, to say what a new hypothesis is a copy of.
        pairs: its boundary; empty for a practice.
        words: its wording.
        marks: ids of hypotheses that it came from, and commands and tests that it demands already.
    """

    name: str
    pairs: Pairs
    words: frozenset[str]
    marks: frozenset[str]
    rejected: bool = False


@dataclass(frozen=True)
class Known:
    """Everything that must not be raised again."""

    things: tuple[KnownThing, ...] = ()
    _all_pairs: Pairs = field(default=frozenset(), repr=False)

    @classmethod
    def of(cls, things: Iterable[KnownThing]) -> Known:
        """Gather; the boundaries of records count together, since several may cover one."""
        gathered = tuple(things)
        return cls(gathered, frozenset(pair for each in gathered if not each.rejected for pair in each.pairs))

    def copy_of(self, hypothesis: Hypothesis) -> str | None:
        """Name what a hypothesis repeats, or None when it is new."""
        mine = boundary_of(hypothesis.possible_intent)
        words = wording_of(hypothesis.possible_intent)
        marks = marks_of(hypothesis.possible_intent) | {hypothesis.hypothesis_id}
        for each in self.things:
            near = nearness(mine, each.pairs) >= _NEAR or share_covered(mine, each.pairs) >= _COVERED
            if (
                near
                or marks & each.marks
                or (not mine and wording_nearness(words, each.words) >= _SAME_WORDS)
            ):
                return each.name
        if mine and share_covered(mine, self._all_pairs) >= _COVERED:
            return "several records together"
        return None


def known_of(
    name: str, fields: Mapping[str, Any], *, marks: Iterable[str] = (), rejected: bool = False
) -> KnownThing:
    """Make a known thing of a record's fields, or of a hypothesis' possible intent."""
    found = marks_of(fields) | frozenset(marks)
    return KnownThing(name, boundary_of(fields), wording_of(fields), found, rejected)


def boundary_of(fields: Mapping[str, Any]) -> Pairs:
    """The forbidden pairs of all import boundaries among the evidence; empty when there are none."""
    pairs: set[tuple[str, str]] = set()
    for definition in fields.get("evidence", ()):
        if definition.get("kind") == "import_boundary":
            pairs |= pairs_of(definition.get("rule"))
    return frozenset(pairs)


def wording_of(fields: Mapping[str, Any]) -> frozenset[str]:
    """The words that carry what it says."""
    return words_of(*(fields.get(name) for name in ("title", "capability", "strategy")))


def marks_of(fields: Mapping[str, Any]) -> frozenset[str]:
    """Commands and patterns that its evidence demands: two things that demand the same are one."""
    found = set()
    for definition in fields.get("evidence", ()):
        if definition.get("kind") == "gate":
            found.add("gate " + " ".join(definition["gate"]["command"]))
        elif definition.get("kind") == "pattern":
            found.add("pattern {must} {query} {paths}".format(**definition["pattern"]))
    return frozenset(found)

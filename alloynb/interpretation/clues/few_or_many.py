"""How many places left the intent, of how many that it governs (spec 6.4)."""

from __future__ import annotations

from collections.abc import Iterator

from alloynb.interpretation.verdict import Case, Clue, ClueReader

_FEW, _MANY = 0.1, 0.4
_MOST_FEW, _LEAST_MANY = 3, 4
_LEAST_HANDS = 2


class FewOrMany:
    """One place of many that left is drift; half of them, by several people, is what the code does now.

    What one person did everywhere, say in one sweep, is no change of mind of the others.
    """

    name = "few_or_many"

    def look(self, case: Case) -> Iterator[Clue]:
        """Yield the share of places, where it is known and says something."""
        if case.finding is None or case.governed < 1:
            return
        places = {each.path for each in case.siblings}
        share = len(places) / max(case.governed, len(places))
        told = f"{len(places)} of {case.governed} places that the evidence governs left it"
        if share <= _FEW and len(places) <= _MOST_FEW:
            yield Clue(self.name, "code_left_intent", 0.35, told, case.finding.path)
        elif share >= _MANY and len(places) >= _LEAST_MANY and _hands(case) >= _LEAST_HANDS:
            told = f"{told}, by {_hands(case)} people"
            yield Clue(self.name, "intent_is_stale", 0.5, told, case.record.id)


def _hands(case: Case) -> int:
    """How many people brought the deviations in, as far as git tells."""
    return len(
        {each.introduced.author for each in case.siblings if each.introduced and each.introduced.author}
    )


CLUE: ClueReader = FewOrMany()

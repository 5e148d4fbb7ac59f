"""How many places left the intent, of how many that it governs (spec 6.4)."""

from __future__ import annotations

from collections.abc import Iterator

from alloynb.interpretation.verdict import Case, Clue, ClueReader

_FEW, _MANY = 0.1, 0.4
_MOST_FEW, _LEAST_MANY = 3, 4


class FewOrMany:
    """One place of many that left is drift; half of them that left is what the code does now."""

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
        elif share >= _MANY and len(places) >= _LEAST_MANY:
            yield Clue(self.name, "intent_is_stale", 0.5, told, case.record.id)


CLUE: ClueReader = FewOrMany()

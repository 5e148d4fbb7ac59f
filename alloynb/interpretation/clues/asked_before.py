"""Whether somebody asked about the record before: triggers, leniencies, newer records (spec 2.6, 6.4)."""

from __future__ import annotations

from collections.abc import Iterator

from alloynb.interpretation.verdict import Case, Clue, ClueReader

_OFTEN = 2


class AskedBefore:
    """Reasons to look at the record again that have nothing to do with this finding."""

    name = "asked_before"

    def look(self, case: Case) -> Iterator[Clue]:
        """Yield fired triggers, repeated leniency, and newer records that speak against this one."""
        for told in case.fired:
            yield Clue(self.name, "intent_is_stale", 0.35, f"a review trigger fired: {told}", case.record.id)
        if case.leniencies >= _OFTEN:
            told = f"the record was waived or excepted {case.leniencies} times"
            yield Clue(self.name, "intent_is_stale", 0.3, told, case.record.id)
        for record_id in case.newer:
            told = f"{record_id} is accepted and speaks against it"
            yield Clue(self.name, "intent_is_stale", 0.55, told, record_id)


CLUE: ClueReader = AskedBefore()

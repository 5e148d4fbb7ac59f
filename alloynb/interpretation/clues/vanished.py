"""What the record speaks about is gone: nothing moved, it was taken out (spec 6.4)."""

from __future__ import annotations

from collections.abc import Iterator

from alloynb.archaeology.renames import module_now
from alloynb.interpretation.verdict import Case, Clue, ClueReader


class Vanished:
    """A rule about something that does not exist any more protects nothing."""

    name = "vanished"

    def look(self, case: Case) -> Iterator[Clue]:
        """Yield each name of the rule that was deleted and went nowhere."""
        for name in case.lost_names:
            if module_now(name, case.now_called) is None:
                told = f"the record names `{name}`, which was deleted"
                place = case.change.place if case.change else case.record.id
                yield Clue(self.name, "intent_is_stale", 0.55, told, place)


CLUE: ClueReader = Vanished()

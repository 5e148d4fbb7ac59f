"""An import that type checkers read and programs do not (spec 6.4)."""

from __future__ import annotations

from collections.abc import Iterator

from alloynb.interpretation.verdict import Case, Clue, ClueReader


class ForTypesAlone:
    """A name that is imported for annotations makes nothing depend on anything when the program runs."""

    name = "for_types_alone"

    def look(self, case: Case) -> Iterator[Clue]:
        """Yield the import if it stands under `if TYPE_CHECKING:`."""
        if case.finding is not None and case.for_types_alone:
            line = f":{case.finding.lines[0]}" if case.finding.lines else ""
            told = "the import stands under `if TYPE_CHECKING:` and is never run"
            yield Clue(self.name, "refactor_keeps_intent", 0.75, told, f"{case.finding.path}{line}")


CLUE: ClueReader = ForTypesAlone()

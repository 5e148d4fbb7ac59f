"""Whether a deviation is fresh, or stayed, spread and was built upon (spec 6.4)."""

from __future__ import annotations

from collections.abc import Iterator

from alloynb.interpretation.verdict import Case, Clue, ClueReader

_LONG_DAYS = 180
_FRESH_DAYS = 14


class Persistence:
    """What stood half a year and was copied by several people is how the code is written now.

    A shortcut that stands alone does not become right by standing.
    """

    name = "persistence"

    def look(self, case: Case) -> Iterator[Clue]:
        """Yield age, spread, and what was built upon it."""
        finding = case.finding
        if finding is None or finding.introduced is None:
            return
        if finding.introduced.at is None:
            yield Clue(self.name, "code_left_intent", 0.15, "it is not committed yet", finding.path)
            return
        days = (case.at - finding.introduced.at).days
        place = f"commit {finding.introduced.commit[:12]}"
        alone = len({each.path for each in case.siblings}) <= 1
        if days >= _LONG_DAYS and not alone:
            told = f"it has stood for {days} days"
            yield Clue(self.name, "intent_is_stale", 0.25, told, place)
            if case.commits_since >= 3:
                told = f"{case.commits_since} later commits touched the file and left it standing"
                yield Clue(self.name, "intent_is_stale", 0.25, told, finding.path)
        elif days <= _FRESH_DAYS and alone:
            yield Clue(self.name, "code_left_intent", 0.15, f"it is {days} days old and alone", place)
        dated = [each.introduced for each in case.siblings if each.introduced and each.introduced.at]
        authors = {each.author for each in dated}
        commits = {each.commit for each in dated}
        if len(authors) >= 3 and len(commits) >= 3:
            told = f"{len(authors)} people brought the same deviation in, in {len(commits)} commits"
            yield Clue(self.name, "intent_is_stale", 0.35, told, case.record.id)


CLUE: ClueReader = Persistence()

"""What changed in the same commit as the deviation: the record, decisions, or the tests that guard it (spec 6.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from alloynb.intent.evidence_definition import TestEvidence
from alloynb.interpretation.verdict import Case, Change, Clue, ClueReader

_DECISIONS = re.compile(r"(^|/)(adrs?|decisions?|rfcs?)/|(^|/)adr[-_]?\d", re.IGNORECASE)
_ARCHITECTURE = re.compile(r"(^|/)(ARCHITECTURE|CHARTER|AGENTS|DESIGN)[^/]*\.(md|rst)$", re.IGNORECASE)
_REVERSAL = re.compile(
    r"\b(supersede[sd]?|replaces|no longer|instead|withdrawn|may now|is allowed)\b", re.IGNORECASE
)
_NOT_DECIDED = re.compile(
    r"^\W*(status\W+)?(proposed|draft|rejected|withdrawn|under discussion)\b", re.IGNORECASE
)
_LIFECYCLE = re.compile(r"(status|updated_at|version):")
_SHORTEST_NAME = 3


class ChangedTogether:
    """A change of code and of what governs it, in one commit, was meant; a change of code alone says nothing."""

    name = "changed_together"

    def look(self, case: Case) -> Iterator[Clue]:
        """Yield what of the record's own words, of decisions and of tests the same change touched."""
        change = case.change
        if change is None:
            return
        record_file = _file_of(case)
        if _edits_record(case, change):
            by_owner = _is_by_owner(case, change)
            told = f"the same change edits the record itself{', by its owner' if by_owner else ''}"
            yield Clue(self.name, "intent_is_stale", 0.6 if by_owner else 0.4, told, record_file)
        names = _names(case)
        for path, lines in sorted(change.added.items()):
            if not _governs(path, lines):
                continue
            at = next(
                (n for n, line in enumerate(lines, 1) if any(name in line.lower() for name in names)), None
            )
            if at is None:
                continue
            reverses = any(_REVERSAL.search(line) for line in lines)
            weight = 0.6 if reverses else 0.4
            what = "takes an earlier decision back" if reverses else "writes a decision down"
            told = f"the same change {what} that speaks of `{_first(names, lines)}`"
            yield Clue(self.name, "intent_is_stale", weight, told, f"{path}:{at}")
        yield from self._tests(case, change)
        if _is_by_owner(case, change) and _is_stated(case, change):
            told = f"{change.author}, who owns the record, changed code and words together"
            yield Clue(self.name, "intent_is_stale", 0.25, told, change.place)

    def _tests(self, case: Case, change: Change) -> Iterator[Clue]:
        guarded = [
            test.partition("::")[0]
            for each in case.record.evidence
            if isinstance(each, TestEvidence)
            for test in each.test.tests
        ]
        for path in guarded:
            lost, won = len(change.removed.get(path, ())), len(change.added.get(path, ()))
            if lost > won + 3 and path not in change.renamed:
                told = f"the same change takes {lost} lines out of the test that guards the record"
                yield Clue(self.name, "code_left_intent", 0.3, told, path)


def _governs(path: str, lines: tuple[str, ...]) -> bool:
    """Whether a file says what shall be; a decision that is only proposed says nothing yet."""
    if _DECISIONS.search(path):
        return not any(_NOT_DECIDED.match(line) for line in lines)
    return _ARCHITECTURE.search(path) is not None


def _is_by_owner(case: Case, change: Change) -> bool:
    return bool(case.record.owner) and change.author.lower() == str(case.record.owner).lower()


def _file_of(case: Case) -> str:
    return f".alloy/intent/{case.record.slug}.yaml"


def _edits_record(case: Case, change: Change) -> bool:
    """Whether words of the record changed; that a run made it active, and somebody committed that, says nothing."""
    return any(not _LIFECYCLE.match(line) for line in change.removed.get(_file_of(case), ()))


def _is_stated(case: Case, change: Change) -> bool:
    governs = any(_governs(path, lines) for path, lines in change.added.items())
    return governs or _edits_record(case, change)


def _names(case: Case) -> list[str]:
    """Names that a decision about this case would use, the longest first."""
    subject = case.finding.subject if case.finding else case.lost_names
    parts = {part for name in subject for part in (name, *re.split(r"[./:]+", name))}
    common = {"src", "py", "absent", "missing", "condition", "answer", *_tops(subject)}
    wanted = {part.lower() for part in parts if len(part) >= _SHORTEST_NAME and part.lower() not in common}
    return sorted(wanted, key=lambda name: (-len(name), name))


def _tops(subject: tuple[str, ...]) -> set[str]:
    """The name that every part of a subject begins with says nothing about this case."""
    tops = {re.split(r"[./]", name, maxsplit=1)[0].lower() for name in subject if re.search(r"[./]", name)}
    return tops if len(subject) > 1 and len(tops) == 1 else set()


def _first(names: list[str], lines: tuple[str, ...]) -> str:
    text = "\n".join(lines).lower()
    return next(name for name in names if name in text)


CLUE: ClueReader = ChangedTogether()

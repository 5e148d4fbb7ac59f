"""Behavioural: files that are mended or rearranged again and again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from statistics import median

from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.history import Commit
from alloynb.archaeology.observation import Family, Lead, Observation
from alloynb.archaeology.practice_drafts import practice_subject
from alloynb.archaeology.repository import is_test

_REWORKS = re.compile(r"\b(refactor|rework|rewrite|restructur|simplif|clean ?up|split|move)\w*", re.I)
_FEWEST_COMMITS = 30
_FEWEST_REPAIRS = 4
_MOST_LEADS = 5


class RepeatedRepair:
    """Compares how often each file is mended with how often files are mended here."""

    name = "repeated_repair"
    family: Family = "behavioural"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield the files whose repairs stand out; changes to them that mended nothing are counter-evidence."""
        history = codebase.history
        if len(history.commits) < _FEWEST_COMMITS:
            return
        repairs: dict[str, list[Commit]] = defaultdict(list)
        for commit in history.commits:
            if commit.is_fix or _REWORKS.search(commit.subject):
                for path in commit.paths:
                    repairs[path].append(commit)
        product = {
            file.path
            for file in codebase.repository.files
            if file.language not in ("", "document") and not is_test(file.path)
        }
        counts = {path: len(found) for path, found in repairs.items() if path in product}
        usual = median(counts.values()) if counts else 0
        hot = [path for path, count in counts.items() if count >= max(_FEWEST_REPAIRS, 4 * usual)]
        for path in sorted(hot, key=lambda each: (-counts[each], each))[:_MOST_LEADS]:
            yield self._lead(path, repairs[path], history.touches[path], usual)

    def _lead(self, path: str, repairs: list[Commit], touches: int, usual: float) -> Lead:
        share = len(repairs) / max(touches, len(repairs))
        told = f"mended or rearranged in {len(repairs)} of {touches} commits; {usual:g} is usual here"
        observed = [Observation(self.name, told, round(0.25 + 0.35 * share, 3), path=path)]
        observed += [
            Observation(self.name, "mended here", 0.1, commit=each.commit, text=each.subject)
            for each in repairs[:4]
        ]
        if share < 0.4:
            told = f"most changes to it ({touches - len(repairs)}) mended nothing"
            observed.append(Observation(self.name, told, round(0.4 - share, 3), False, path))
        texts = {
            "title": f"{path} breaks more often than its neighbours",
            "capability": f"What {path} does keeps working while it is changed.",
            "threat": "A change that looks local and breaks a case which nobody wrote down.",
            "expectation": f"It will be changed again: it was mended {len(repairs)} times already.",
            "strategy": "A change to this file comes with a test of the case that failed last.",
            "tradeoff": "Small changes to it take longer than elsewhere.",
        }
        questions = (
            "Which past failure must not happen again?",
            "What does this file know that it should not have to know?",
        )
        return Lead(
            practice_subject("fragile", (path,), texts, paths=(path,), questions=questions), tuple(observed)
        )


SIGNAL = RepeatedRepair()

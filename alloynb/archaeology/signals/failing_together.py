"""Behavioural: tests that have to be mended together, as a trace of gates that fail in clusters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import combinations

from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.observation import Family, Lead, Observation
from alloynb.archaeology.practice_drafts import covered_by_tests, practice_subject
from alloynb.archaeology.repository import is_test

_FEWEST = 3
_WIDEST = 12
_MOST_LEADS = 3


class FailingTogether:
    """Counts which test files are mended by the same repairs."""

    name = "failing_together"
    family: Family = "behavioural"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield the pairs of test files in different folders that repairs touch together."""
        repairs = [commit for commit in codebase.history.commits if commit.is_fix]
        tests = {
            commit.commit: sorted({path for path in commit.paths if is_test(path)}) for commit in repairs
        }
        alone = Counter(path for found in tests.values() for path in found)
        pairs = Counter(
            pair for found in tests.values() if 2 <= len(found) <= _WIDEST for pair in combinations(found, 2)
        )
        ranked = [
            (pair, count)
            for pair, count in sorted(pairs.items(), key=lambda each: (-each[1], each[0]))
            if count >= _FEWEST
            and set(pair) <= codebase.repository.paths
            and pair[0].rpartition("/")[0] != pair[1].rpartition("/")[0]
        ]
        for (one, other), count in ranked[:_MOST_LEADS]:
            commits = [commit for commit in repairs if {one, other} <= set(tests[commit.commit])]
            least = min(alone[one], alone[other])
            told = f"{count} repairs had to change both tests, of {least} that changed the rarer one"
            observed = [Observation(self.name, told, round(0.55 * count / (least + 1), 3), path=one)]
            observed += [
                Observation(self.name, "both mended here", 0.1, commit=each.commit, text=each.subject)
                for each in commits[:3]
            ]
            if least > count:
                told = f"{least - count} repairs changed only one of them"
                observed.append(
                    Observation(self.name, told, round(0.3 * (least - count) / least, 3), False, other)
                )
            texts = {
                "title": f"{one} and {other} fail together",
                "capability": "A failing test says which part is broken.",
                "threat": "Something that two suites share breaks, and both point at the wrong place.",
                "expectation": "What they share will change again.",
                "strategy": "What both suites rest on has a test of its own, which fails first.",
                "tradeoff": "One more test for something that is covered twice already.",
            }
            evidence = (covered_by_tests([one, other], "Both suites pass."),)
            subject = practice_subject(
                "failing_together",
                (one, other),
                texts,
                evidence=evidence,
                paths=(one, other),
                questions=("What do both suites rest on?",),
                severity="low",
            )
            yield Lead(subject, tuple(observed))


SIGNAL = FailingTogether()

"""Behavioural: files that always change together although they lie apart."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.observation import Family, Lead, Observation
from alloynb.archaeology.practice_drafts import practice_subject
from alloynb.archaeology.repository import is_test

_FEWEST = 5
_LEAST_SHARE = 0.6
_MOST_LEADS = 6
_LOCKS = {
    "uv.lock",
    "poetry.lock",
    "package-lock.json",
    "Cargo.lock",
    "go.sum",
    "yarn.lock",
    "pnpm-lock.yaml",
    "CHANGELOG.md",
}


class ChangeCoupling:
    """Finds pairs of product files in different folders of which one hardly ever changes without the other."""

    name = "change_coupling"
    family: Family = "behavioural"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield the pairs that changed together most; changes of one alone are counter-evidence."""
        history = codebase.history
        known = codebase.repository.paths
        ranked = sorted(history.together.items(), key=lambda each: (-each[1], each[0]))
        made = 0
        for (one, other), count in ranked:
            if made >= _MOST_LEADS or count < _FEWEST:
                return
            least = min(history.touches[one], history.touches[other])
            apart = PurePosixPath(one).parent != PurePosixPath(other).parent
            if (
                not apart
                or count < _LEAST_SHARE * least
                or not {one, other} <= known
                or _expected(one, other)
            ):
                continue
            made += 1
            yield self._lead(codebase, one, other, count, least)

    def _lead(self, codebase: Codebase, one: str, other: str, count: int, least: int) -> Lead:
        both = [each for each in codebase.history.commits if one in each.paths and other in each.paths]
        told = f"changed together in {count} commits; the rarer one changed {least} times in all"
        observed = [Observation(self.name, told, round(0.6 * count / (least + 2), 3), path=one)]
        observed += [
            Observation(self.name, "both changed here", 0.1, commit=each.commit, text=each.subject)
            for each in both[:3]
        ]
        alone = [each for each in codebase.history.commits if (one in each.paths) != (other in each.paths)]
        if least > count:
            observed += [
                Observation(
                    self.name,
                    "only one of them changed here",
                    0.1,
                    False,
                    commit=each.commit,
                    text=each.subject,
                )
                for each in alone[:2]
            ]
        texts = {
            "title": f"{one} and {other} change together",
            "capability": "Whoever changes one of two files that belong together does not forget the other.",
            "threat": "A change to one file alone: it works where it was tested and fails where the other is used.",
            "expectation": f"They have changed together {count} times and will again.",
            "strategy": f"A change to {one} looks at {other} in the same commit, or the two are brought together.",
            "tradeoff": "The coupling is accepted as it is, instead of paying for its removal.",
        }
        questions = (f"What do {one} and {other} both know?", "Should that live in one place?")
        return Lead(
            practice_subject("change_together", (one, other), texts, paths=(one, other), questions=questions),
            tuple(observed),
        )


def _expected(one: str, other: str) -> bool:
    """Tests with what they test, lock files and documents change together by nature."""
    names = {PurePosixPath(one).name, PurePosixPath(other).name}
    documents = any(
        path.endswith((".md", ".rst", ".txt", ".toml", ".lock", ".json")) for path in (one, other)
    )
    return is_test(one) or is_test(other) or documents or bool(names & _LOCKS)


SIGNAL = ChangeCoupling()

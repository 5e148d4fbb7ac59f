"""Historical: a check that was added after the same thing had gone wrong repeatedly."""

from __future__ import annotations

import re
from collections.abc import Iterable

from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.history import Commit
from alloynb.archaeology.observation import Family, Lead, Observation
from alloynb.archaeology.practice_drafts import asked, practice_subject

_CHECK_FILES = re.compile(
    r"(^|/)(\.importlinter|tach\.toml|\.pre-commit-config\.yaml|\.hone-gates\.json|mypy\.ini|\.semgrep\.ya?ml|\.dependency-cruiser\.\w+)$"
    r"|\.github/workflows/|(^|/)tests?/(arch\w*|contract\w*)/|test_arch\w*\.py$"
)
_ADDS = re.compile(r"\b(add|enforce|introduce|enable|forbid|ban|require|check)\w*\b", re.I)
_THEMES = {
    "imports": re.compile(r"circular|import|cycle|layer|dependenc", re.I),
    "types": re.compile(r"\bmypy|pyright|typing|type (?:error|hint|check)", re.I),
    "secrets": re.compile(r"secret|credential|leak|token", re.I),
    "tests": re.compile(r"flaky|coverage|test", re.I),
    "formatting": re.compile(r"format|lint|style|ruff|black|eslint|prettier", re.I),
}
_FEWEST_VIOLATIONS = 2


class CheckAfterViolations:
    """Looks for a commit that adds a check, and for repairs of the same theme before it."""

    name = "check_after_violations"
    family: Family = "historical"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield one lead per theme; repairs of the theme after the check are counter-evidence: it did not help."""
        commits = codebase.history.commits
        for theme, pattern in _THEMES.items():
            adds = [
                (place, commit)
                for place, commit in enumerate(commits)
                if _ADDS.search(commit.subject)
                and pattern.search(commit.subject)
                and any(_CHECK_FILES.search(path) for path in commit.paths)
            ]
            if not adds:
                continue
            place, added = adds[-1]
            repairs = [
                (at, each) for at, each in enumerate(commits) if each.is_fix and pattern.search(each.subject)
            ]
            before = [each for at, each in repairs if at > place]
            after = [each for at, each in repairs if at < place]
            if len(before) >= _FEWEST_VIOLATIONS:
                yield self._lead(theme, added, before, after)

    def _lead(self, theme: str, added: Commit, before: list[Commit], after: list[Commit]) -> Lead:
        observed = [Observation(self.name, "adds a check", 0.4, commit=added.commit, text=added.subject)]
        observed += [
            Observation(
                self.name,
                f"had gone wrong before ({len(before)} times)",
                0.2,
                commit=each.commit,
                text=each.subject,
            )
            for each in before[:3]
        ]
        observed += [
            Observation(
                self.name,
                f"went wrong all the same ({len(after)} times)",
                0.15,
                False,
                commit=each.commit,
                text=each.subject,
            )
            for each in after[:3]
        ]
        files = sorted({path for path in added.paths if _CHECK_FILES.search(path)})[:4]
        texts = {
            "title": f"The check on {theme} was paid for with {len(before)} repairs",
            "capability": f"Faults of {theme} are found before they are merged.",
            "threat": "The check is loosened or passed over to get one change through.",
            "expectation": f"The faults come back: {len(before)} repairs came before the check.",
            "strategy": f"The check on {theme} stays required; exceptions are written down with an end.",
            "tradeoff": "Some changes that are fine have to argue with the check.",
        }
        question = f"Does the check on {theme} still find what it was added for?"
        subject = practice_subject(
            "paid_check",
            (theme,),
            texts,
            evidence=(asked(question),),
            paths=tuple(files),
            questions=("Which failure was it that made you add the check?",),
        )
        return Lead(subject, tuple(observed))


SIGNAL = CheckAfterViolations()

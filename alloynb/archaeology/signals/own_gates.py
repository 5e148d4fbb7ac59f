"""Evidence: commands by which a project checks itself: gate files, CI workflows, pre-commit hooks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.manifests import OwnCheck
from alloynb.archaeology.observation import DECLARED, Family, Lead, Observation
from alloynb.archaeology.practice_drafts import asked, gated, practice_subject

_KINDS = {
    "architecture": (
        r"lint-imports|import-?linter|tach\b|depcruise|dependency-cruiser|archunit|deptry",
        "who may import whom",
    ),
    "types": (r"mypy|pyright|\btsc\b|pytype", "types that fit"),
    "tests": (
        r"pytest|tox\b|nox\b|go test|cargo test|npm test|jest|vitest|mvn|gradle",
        "behaviour that tests describe",
    ),
    "security": (
        r"bandit|semgrep|gitleaks|detect-secrets|pip-audit|cargo deny|detect-private-key",
        "nothing dangerous or secret",
    ),
    "style": (r"ruff|flake8|pylint|eslint|golangci|clippy|black|prettier|vulture", "one style"),
}


class OwnGates:
    """Groups the project's own checks by what they protect."""

    name = "own_gates"
    family: Family = "evidence"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield one lead per kind of check; checks that are not required are counter-evidence."""
        for kind, (pattern, protects) in _KINDS.items():
            found = [
                each
                for each in codebase.checks
                if re.search(pattern, f"{each.name} {' '.join(each.command)} {each.text}", re.I)
            ]
            if found:
                yield self._lead(kind, protects, found)

    def _lead(self, kind: str, protects: str, found: Sequence[OwnCheck]) -> Lead:
        observed = [
            Observation(
                self.name,
                "the project checks this" if each.required else "checked, but not required",
                0.5 if each.required else 0.3,
                each.required,
                each.path,
                each.line,
                text=each.text,
            )
            for each in found[:5]
        ]
        runnable = [each for each in found if each.command]
        first = next(
            iter(sorted(runnable, key=lambda each: not each.path.endswith(".hone-gates.json"))), None
        )
        evidence = (
            (gated(kind, first.command, f"`{first.name}` passes."),)
            if first
            else (asked(f"Which command proves that {protects} still holds?"),)
        )
        texts = {
            "title": f"Every change is checked for {protects}",
            "capability": f"A change that breaks {protects} is noticed before anybody builds on it.",
            "threat": "The check is switched off, loosened, or passes because it looks at nothing.",
            "expectation": "People and programs change this code who do not know all of it.",
            "strategy": f"The check for {protects} is required and runs on every change.",
            "tradeoff": "Changes wait for the check, and its false alarms cost time.",
        }
        questions = (f"When did the check for {protects} last stop something that mattered?",)
        return Lead(
            practice_subject(
                "gate", (kind,), texts, evidence=evidence, questions=questions, standing=DECLARED
            ),
            tuple(observed),
        )


SIGNAL = OwnGates()

"""Historical: commits that speak of decoupling, isolating, stabilising, extracting."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.history import Commit
from alloynb.archaeology.observation import Family, Lead, Observation
from alloynb.archaeology.practice_drafts import practice_subject
from alloynb.archaeology.repository import is_test

_SPEAKS = re.compile(
    r"\b(decoupl\w*|isolat\w*|extract(?:ed|ing|s)?\b(?!ion)|untangl\w*|circular import\w*"
    r"|import cycle\w*|break(?:ing)? the cycle"
    r"|separat(?:e|es|ed|ing)\b|stabili[sz]\w*|dependency inversion|abstract(?:ed|ing)? away"
    r"|behind (?:a|an|the) (?:port|interface))",
    re.I,
)
_TAKES_BACK = re.compile(r"\b(inline[sd]?|merge[sd]? .{0,30}\binto|collapse[sd]?|revert)\b", re.I)
_FEWEST = 2
_MOST_LEADS = 5
_WIDEST = 60


class DecouplingCommits:
    """Groups such commits by the folder that they touched most."""

    name = "decoupling_commits"
    family: Family = "historical"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield a lead per folder that was taken apart at least twice; commits that undo it are counter-evidence."""
        apart: dict[str, list[Commit]] = defaultdict(list)
        undone: dict[str, list[Commit]] = defaultdict(list)
        folders = {
            file.path.rpartition("/")[0]
            for file in codebase.repository.files
            if file.language not in ("", "document")
        }
        for commit in codebase.history.commits:
            if len(commit.paths) > _WIDEST:
                continue
            speaks, takes_back = _SPEAKS.search(commit.message), _TAKES_BACK.search(commit.subject)
            if not speaks and not takes_back:
                continue
            for folder in sorted(
                {path.rpartition("/")[0] for path in commit.paths if not is_test(path)} & folders
            ):
                (undone if takes_back else apart)[folder].append(commit)
        ranked = sorted(apart, key=lambda folder: (-len(apart[folder]), folder))
        for folder in [each for each in ranked if each and len(apart[each]) >= _FEWEST][:_MOST_LEADS]:
            yield self._lead(folder, apart[folder], undone[folder])

    def _lead(self, folder: str, apart: list[Commit], undone: list[Commit]) -> Lead:
        observed = [
            Observation(
                self.name,
                f"speaks of taking apart ({len(apart)} such)",
                0.35,
                commit=each.commit,
                text=each.subject,
            )
            for each in apart[:4]
        ]
        observed += [
            Observation(
                self.name, "puts things together again", 0.25, False, commit=each.commit, text=each.subject
            )
            for each in undone[:3]
        ]
        texts = {
            "title": f"{folder} was taken apart on purpose",
            "capability": f"The parts of {folder} can be changed one at a time.",
            "threat": "The parts grow together again, one convenient shortcut at a time.",
            "expectation": f"What made {len(apart)} commits take it apart will come back.",
            "strategy": f"New code in {folder} keeps the separation that was paid for.",
            "tradeoff": "More files, more names, and detours between them.",
        }
        questions = (
            "What was so hard before that somebody paid for the separation?",
            "Which import would undo it?",
        )
        return Lead(
            practice_subject("separated", (folder,), texts, paths=(f"{folder}/**",), questions=questions),
            tuple(observed),
        )


SIGNAL = DecouplingCommits()

"""Textual: CODEOWNERS: who must agree to a change of what."""

from __future__ import annotations

from collections.abc import Iterable

from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.observation import Family, Lead, Observation
from alloynb.archaeology.practice_drafts import asked, practice_subject

_MOST_LEADS = 6


class CodeOwners:
    """Finds parts of the repository that have owners of their own, other than those of the rest."""

    name = "code_owners"
    family: Family = "textual"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield a lead per owned part; a pattern that fits no file is counter-evidence."""
        for path, text in codebase.repository.named("CODEOWNERS"):
            rules = [
                (number, line.split()[0], tuple(line.split()[1:]))
                for number, line in enumerate(text.splitlines(), start=1)
                if line.strip() and not line.lstrip().startswith(("#", "[")) and len(line.split()) >= 2
            ]
            everywhere = next((owners for _, pattern, owners in rules if pattern in ("*", "/", "/**")), ())
            special = [
                (number, pattern, owners)
                for number, pattern, owners in rules
                if pattern not in ("*", "/", "/**")
            ]
            for number, pattern, owners in [each for each in special if each[2] != everywhere][:_MOST_LEADS]:
                yield self._lead(codebase, path, number, pattern, owners)
            return  # the nearest file is the one that counts

    def _lead(
        self, codebase: Codebase, path: str, number: int, pattern: str, owners: tuple[str, ...]
    ) -> Lead:
        glob = f"{pattern.strip('/')}/**" if pattern.endswith("/") else pattern.strip("/")
        who = ", ".join(owner for owner in owners if not owner.startswith("#"))[:120]
        fits = [each for each in codebase.repository.paths if _fits(pattern, each)]
        told = f"{who} must agree to changes of {pattern}"
        observed = [Observation(self.name, told, 0.4, path=path, line=number, text=f"{pattern} {who}")]
        if not fits:
            observed.append(Observation(self.name, f"no file fits {pattern}", 0.8, False, path, number))
        texts = {
            "title": f"{pattern} changes only with its owners",
            "capability": f"What lies in {pattern} is changed with the knowledge of {who}.",
            "threat": "A change by somebody who does not know what depends on it.",
            "expectation": f"{who} know something of {pattern} that others do not.",
            "strategy": f"Changes of {pattern} are reviewed by {who}.",
            "tradeoff": "Changes wait for a particular person.",
        }
        questions = (f"What do {who} know about {pattern} that is not written down?",)
        evidence = (asked(f"Were all changes of {pattern} reviewed by {who}?", "owner"),)
        subject = practice_subject(
            "owned",
            (pattern,),
            texts,
            evidence=evidence,
            paths=(glob,),
            questions=questions,
            standing=1,
            severity="low",
        )
        return Lead(subject, tuple(observed))


def _fits(pattern: str, path: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines([pattern]).match_file(path)
    except ValueError:  # not a pattern at all
        return False


SIGNAL = CodeOwners()

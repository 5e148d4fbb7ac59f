"""Historical: a library was replaced, and a wrapper stands where it was."""

from __future__ import annotations

import re
from collections.abc import Iterable

from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.history import Commit
from alloynb.archaeology.observation import Family, Lead, Observation
from alloynb.archaeology.practice_drafts import practice_subject

_REPLACES = re.compile(
    r"\b(?:replac|migrat|switch|mov|port)\w*\s+(?:away\s+)?(?:from\s+)?[`'\"]?(?P<old>[\w./@-]{2,40})[`'\"]?\s+"
    r"(?:with|by|to|for|→|->)\s+[`'\"]?(?P<new>[\w./@-]{2,40})",
    re.I,
)
_MANIFEST = re.compile(
    r"(^|/)(pyproject\.toml|setup\.(py|cfg)|requirements[^/]*\.txt|package\.json|go\.mod|Cargo\.toml|pom\.xml)$"
)
_MOST_LEADS = 4


class VendorChange:
    """Finds commits that replace one library by another in a manifest, and how many files that cost."""

    name = "vendor_change"
    family: Family = "historical"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield a lead per replacement; a library that is imported all over is counter-evidence."""
        seen: set[str] = set()
        for commit in codebase.history.commits:
            found = _REPLACES.search(commit.subject)
            if (
                not found
                or not any(_MANIFEST.search(path) for path in commit.paths)
                or len(seen) >= _MOST_LEADS
            ):
                continue
            old, new = (found[name].strip("`'\".,").lower() for name in ("old", "new"))
            library = new.replace("-", "_")
            if new in seen:
                continue
            seen.add(new)
            users = sorted({site.importer for each in codebase.maps for site in each.users.get(library, ())})
            yield self._lead(codebase, commit, old, new, users)

    def _lead(self, codebase: Codebase, commit: Commit, old: str, new: str, users: list[str]) -> Lead:
        told = f"{old} was replaced by {new}; {len(commit.paths)} files changed"
        observed = [Observation(self.name, told, 0.4, commit=commit.commit, text=commit.subject)]
        sites = [site for each in codebase.maps for site in each.users.get(new.replace("-", "_"), ())]
        if 0 < len(users) <= 3:
            observed += [
                Observation(
                    self.name,
                    f"only {len(users)} modules know {new} now",
                    0.3,
                    True,
                    site.path,
                    site.line,
                    text=site.text,
                )
                for site in sites[:2]
            ]
        elif len(users) > 3:
            site = sites[0]
            told = f"{len(users)} modules import {new} directly: the next change costs as much"
            observed.append(Observation(self.name, told, 0.35, False, site.path, site.line, text=site.text))
        texts = {
            "title": f"{new} can be replaced as {old} was",
            "capability": f"{new} can be exchanged for something else without touching what uses it.",
            "threat": f"Types and errors of {new} leak into code that should not care.",
            "expectation": f"It happened once ({old}); it will happen again.",
            "strategy": f"Few modules know {new}; the rest speaks to them.",
            "tradeoff": f"A wrapper hides features of {new} until somebody adds them.",
        }
        paths = tuple(sorted({site.path for site in sites}))[:6]
        questions = (f"What did leaving {old} cost, and what would leaving {new} cost today?",)
        return Lead(
            practice_subject("replaceable", (new,), texts, paths=paths, questions=questions), tuple(observed)
        )


SIGNAL = VendorChange()

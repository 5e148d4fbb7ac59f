"""Structural: folders whose files carry one name pattern."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.observation import Family, Lead, Observation
from alloynb.archaeology.practice_drafts import practice_subject

_FEWEST = 5
_LEAST_SHARE = 0.75
_MOST_LEADS = 5
_NEUTRAL = {"__init__", "index", "mod", "main", "lib", "conftest"}


class NamingConvention:
    """Finds folders in which nearly all modules share the first or last word of their names."""

    name = "naming_convention"
    family: Family = "structural"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield a lead per such folder; files that are named otherwise are counter-evidence."""
        folders: dict[str, list[str]] = {}
        for found in codebase.maps:
            for path in found.paths.values():
                folder, _, file = path.rpartition("/")
                stem = file.rpartition(".")[0]
                if stem and stem not in _NEUTRAL and not stem.startswith("_"):
                    folders.setdefault(folder, []).append(path)
        leads = [
            lead for folder, paths in sorted(folders.items()) if (lead := self._lead(folder, sorted(paths)))
        ]
        yield from sorted(leads, key=lambda lead: -len(lead.observations))[:_MOST_LEADS]

    def _lead(self, folder: str, paths: list[str]) -> Lead | None:
        if len(paths) < _FEWEST:
            return None
        stems = {path: path.rpartition("/")[2].rpartition(".")[0] for path in paths}
        patterns = Counter(
            pattern
            for stem in stems.values()
            if "_" in stem
            for pattern in (f"{stem.split('_')[0]}_*", f"*_{stem.split('_')[-1]}")
        )
        if not patterns:
            return None
        pattern, count = max(patterns.items(), key=lambda each: (each[1], each[0]))
        if count < _LEAST_SHARE * len(paths) or count < _FEWEST:
            return None
        start, end = pattern.split("*")
        fits = {path: stem.startswith(start) and stem.endswith(end) for path, stem in stems.items()}
        observed = [
            Observation(self.name, f"named {pattern}", 0.2, True, path) for path, good in fits.items() if good
        ][:4]
        observed += [
            Observation(self.name, f"not named {pattern}", 0.25, False, path)
            for path, good in fits.items()
            if not good
        ][:3]
        texts = {
            "title": f"Modules in {folder} are named {pattern}",
            "capability": f"Whoever looks for one of these modules finds it in {folder} by its name alone.",
            "threat": "A module that is named after its author's mood; the next one is put elsewhere.",
            "expectation": f"More modules of this kind will come ({count} so far).",
            "strategy": f"One module for each, named {pattern}, in {folder}.",
            "tradeoff": "Small things that would fit into a neighbour get a file of their own.",
        }
        question = "Is the name looked up by a program, or only by people?"
        subject = practice_subject(
            "naming", (folder, pattern), texts, paths=(f"{folder}/**",), questions=(question,), severity="low"
        )
        return Lead(subject, tuple(observed))


SIGNAL = NamingConvention()

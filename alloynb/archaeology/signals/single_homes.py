"""Structural: libraries that each have exactly one place where they are known."""

from __future__ import annotations

from collections.abc import Iterable

from alloynb.archaeology.boundary_drafts import library_subject
from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.library_homes import homes_of
from alloynb.archaeology.library_kinds import kind_of
from alloynb.archaeology.module_map import ModuleMap
from alloynb.archaeology.observation import Draft, Family, Lead, Observation, Subject

_FEWEST = 3
_MOST = 12
_FEWEST_MODULES = 20
_MOST_IMPORTERS = 2


class SingleHomes:
    """Gathers the libraries that one or two modules of one package import, into one hypothesis about all of them.

    One such library says little; that most are kept so is a habit.
    """

    name = "single_homes"
    family: Family = "structural"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield at most one lead, for Python; libraries that are imported all over are counter-evidence."""
        found = codebase.python
        if found is None or len(found.paths) < _FEWEST_MODULES:
            return
        users = {
            library: {site.importer for site in sites}
            for library, sites in found.users.items()
            if kind_of(library)
        }
        homes = {
            library: homes_of(found, importers)
            for library, importers in sorted(users.items())
            if len(importers) <= _MOST_IMPORTERS
        }
        single = [library for library, (inside, outside) in homes.items() if len(inside) == 1 and outside][
            :_MOST
        ]
        if len(single) < _FEWEST:
            return
        scattered = sorted(library for library in users if len(homes_of(found, users[library])[0]) >= _FEWEST)
        yield Lead(_subject(found, single, homes), tuple(self._observe(found, single, scattered, len(users))))

    def _observe(
        self, found: ModuleMap, single: list[str], scattered: list[str], libraries: int
    ) -> Iterable[Observation]:
        told = f"{len(single)} of {libraries} libraries are known to one place each"
        first = found.users[single[0]][0]
        yield Observation(self.name, told, round(0.55 * len(single) / (len(single) + 2), 3), path=first.path)
        for library in single[:4]:
            site = found.users[library][0]
            told = f"{library} is known here alone"
            yield Observation(self.name, told, 0.08, True, site.path, site.line, text=site.text)
        for library in scattered[:3]:
            site = found.users[library][0]
            told = f"{library} is imported in {len(found.users[library])} places"
            yield Observation(self.name, told, 0.1, False, site.path, site.line, text=site.text)


def _subject(
    found: ModuleMap, single: list[str], homes: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
) -> Subject:
    evidence = []
    for library in single:
        inside, outside = homes[library]
        (definition,) = library_subject(found, library, outside, inside, "a library").draft.evidence
        slug = library.lower().replace("_", "-").replace(".", "-")
        evidence.append({**definition, "id": f"{slug}-imports"})
    where = ", ".join(f"{library} in {homes[library][0][0]}" for library in single[:4])
    more = f" and {len(single) - 4} more" if len(single) > 4 else ""
    draft = Draft(
        title=f"Each library has one home: {where}{more}",
        capability="A library can be replaced, updated or dropped by changing one place.",
        threat="A second import of it somewhere else, because it was at hand.",
        expectation="Libraries change, die and get holes faster than this code does.",
        strategy="Whoever needs what such a library does asks the place that knows it.",
        tradeoff="A use that would take one line takes a function in another module.",
        evidence=tuple(evidence),
        modules=tuple(sorted({homes[library][0][0] for library in single})),
        questions=("Which of these would you let in elsewhere, and which never?",),
    )
    return Subject("single_homes", tuple(sorted(single)), draft)


SIGNAL = SingleHomes()

"""Structural: vendor libraries and frameworks that only few parts of a code base know."""

from __future__ import annotations

from collections.abc import Iterable

from alloynb.archaeology.boundary_drafts import library_subject
from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.import_graph import ImportSite
from alloynb.archaeology.library_homes import homes_of
from alloynb.archaeology.library_kinds import OUTER_KINDS, kind_of
from alloynb.archaeology.module_map import ModuleMap, unit_of
from alloynb.archaeology.observation import Family, Lead, Observation
from alloynb.archaeology.units import surprise

_FEWEST_OUTSIDE = 6
_FEWEST_IMPORTERS = 3
_MOST_HOMES = 3
_MOST_LEADS = 8
_STRONG, _WEAK = 0.6, 0.22


class LibraryConfinement:
    """For each library that one or two units import, asks whether all others stay free of it on purpose."""

    name = "library_confinement"
    family: Family = "structural"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield leads for the libraries that say most, per language."""
        for found in codebase.maps:
            leads = [
                lead
                for library, sites in sorted(found.users.items())
                if (lead := self._lead(found, library, sites))
            ]
            leads.sort(key=lambda lead: -lead.observations[0].weight)
            yield from leads[:_MOST_LEADS]

    def _lead(self, found: ModuleMap, library: str, sites: tuple[ImportSite, ...]) -> Lead | None:
        reason = kind_of(library)
        importers = {site.importer for site in sites}
        remarkable = reason in OUTER_KINDS
        if not reason or (not remarkable and len(importers) < _FEWEST_IMPORTERS):
            return None
        inside, outside = homes_of(found, importers)
        free = sum(found.sizes[unit] for unit in outside)
        if not inside or not outside or len(inside) > _MOST_HOMES or free < _FEWEST_OUTSIDE:
            return None
        at_home = {importer for importer in importers if unit_of(importer, set(inside))}
        density = len(at_home) / max(1, sum(found.sizes[unit] for unit in inside))
        chance = surprise(free, min(0.5, density / 2))
        strength = (_STRONG if remarkable else _WEAK) / len(inside) ** 0.5
        leaks = len(importers) - len(at_home)
        told = f"{free} modules outside {', '.join(inside)} import {library} {leaks} times"
        observed = [
            Observation(self.name, told, round(strength * chance, 3), path=found.place_of(inside[0]) or None)
        ]
        for site in sites:
            if site.importer in at_home:
                observed.append(
                    Observation(
                        self.name,
                        f"{library} is known here",
                        0.08,
                        True,
                        site.path,
                        site.line,
                        text=site.text,
                    )
                )
            elif unit_of(site.importer, set(outside)):
                told = f"{library} has leaked into {site.importer}"
                observed.append(
                    Observation(self.name, told, 0.25, False, site.path, site.line, text=site.text)
                )
        return Lead(library_subject(found, library, outside, inside, reason), tuple(observed))


SIGNAL = LibraryConfinement()

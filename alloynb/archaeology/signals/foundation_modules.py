"""Structural: dependency direction at the bottom: what everybody imports and what imports nobody."""

from __future__ import annotations

from collections.abc import Iterable

from alloynb.archaeology.boundary_drafts import forbidden_subject
from alloynb.archaeology.codebase import Codebase, Container
from alloynb.archaeology.module_map import unit_of
from alloynb.archaeology.observation import Family, Lead, Observation
from alloynb.archaeology.units import reachable

_FEWEST_USERS = 3


class FoundationModules:
    """Finds units that at least three siblings build on and that import none of them in return."""

    name = "foundation_modules"
    family: Family = "structural"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield a lead per foundation of a top-level package; one import back is told as counter-evidence."""
        for container in codebase.containers:
            if container.name not in container.found.packages:
                continue
            for unit in container.flow.units:
                lead = self._lead(container, unit)
                if lead is not None:
                    yield lead

    def _lead(self, container: Container, unit: str) -> Lead | None:
        flow = container.flow
        users = [importer for importer, imported in flow.sites if imported == unit]
        back = [imported for importer, imported in flow.sites if importer == unit]
        incoming = sum(flow.weight(user, unit) for user in users)
        outgoing = sum(flow.weight(unit, other) for other in back)
        if len(users) < _FEWEST_USERS or outgoing > incoming / 6:
            return None
        above = reachable(flow.units, [(imported, importer) for importer, imported in flow.sites])[unit]
        others = sorted(above - {unit, *back})
        if not others:
            return None
        weight = min(0.6, 0.12 * len(users))
        told = f"{len(users)} siblings import {unit} ({incoming} imports between modules); it imports {outgoing} back"
        observed = [
            Observation(self.name, told, round(weight, 3), path=container.found.place_of(unit) or None)
        ]
        for site in container.found.internal:
            if (
                site.importer != unit
                and unit_of(site.imported, {unit})
                and not unit_of(site.importer, {unit})
            ):
                observed.append(
                    Observation(
                        self.name,
                        f"{site.importer} builds on it",
                        0.05,
                        True,
                        site.path,
                        site.line,
                        text=site.text,
                    )
                )
                if len(observed) > 3:
                    break
        for other in back:
            site = flow.sites[unit, other][0]
            told = f"{unit} imports {other} back"
            observed.append(Observation(self.name, told, 0.3, False, site.path, site.line, text=site.text))
        return Lead(forbidden_subject(container.found, [unit], others), tuple(observed))


SIGNAL = FoundationModules()

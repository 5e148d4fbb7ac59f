"""Structural: siblings that could import each other and never do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alloynb.archaeology.boundary_drafts import independence_subject
from alloynb.archaeology.codebase import Codebase, Container
from alloynb.archaeology.observation import Family, Lead, Observation
from alloynb.archaeology.units import flow_between, surprise

_FEWEST = 4
_MOST = 40
_HUB_SHARE = 0.4


class SiblingIndependence:
    """Finds children of a package that never import each other, apart from what all of them share or what binds them.

    Silence between two siblings counts as much as siblings import each other elsewhere in this code.
    """

    name = "sibling_independence"
    family: Family = "structural"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield a lead for each package with at least four silent siblings that are busy otherwise."""
        for container in codebase.containers:
            children = container.found.children.get(container.name, ())
            if not _FEWEST <= len(children) <= _MOST:
                continue
            edges = dict.fromkeys(flow_between(container.found, children).sites)
            silent, broken = _silent(children, edges)
            busy = [unit for unit in silent if _imports_something(container, unit)]
            if len(busy) < _FEWEST:
                continue
            rate = codebase.sibling_rates[container.found.language]
            subject = independence_subject(container.found, container.name, busy)
            yield Lead(subject, tuple(self._observe(container, busy, rate, broken)))

    def _observe(
        self, container: Container, busy: list[str], rate: float, broken: list[tuple[str, str]]
    ) -> Iterable[Observation]:
        chances = len(busy) * (len(busy) - 1)
        alike = _alike([unit.rpartition(".")[2] for unit in busy], container.name)
        weight = (0.7 if alike else 0.3) * surprise(chances, rate)
        told = f"none of {chances} possible imports between {len(busy)} siblings of {container.name} exists"
        yield Observation(
            self.name, told, round(weight, 3), path=container.found.place_of(container.name) or None
        )
        for unit in busy[:3]:
            site = next(site for site in container.found.internal if _covers(unit, site.importer))
            told = f"{unit} imports others, but no sibling"
            yield Observation(self.name, told, 0.05, path=site.path, line=site.line, text=site.text)
        for importer, imported in broken[:4]:
            told = f"siblings beside them do import each other: {importer} imports {imported}"
            yield Observation(
                self.name, told, 0.12, supports=False, path=container.found.paths.get(importer) or None
            )


def _silent(
    children: tuple[str, ...], edges: Mapping[tuple[str, str], object]
) -> tuple[list[str], list[tuple[str, str]]]:
    """The siblings that are left when hubs, and then those with an import among them, are set aside."""
    limit = max(2.0, _HUB_SHARE * (len(children) - 1))
    hubs = {
        child
        for child in children
        if sum(1 for pair in edges if pair[0] == child) >= limit
        or sum(1 for pair in edges if pair[1] == child) >= limit
    }
    left = [child for child in children if child not in hubs and not child.endswith(".__main__")]
    broken = [pair for pair in sorted(edges) if not hubs & set(pair)]
    noisy = {unit for pair in broken for unit in pair}
    return [child for child in left if child not in noisy], broken


def _imports_something(container: Container, unit: str) -> bool:
    return any(
        _covers(unit, site.importer) and not _covers(unit, site.imported) for site in container.found.internal
    )


def _covers(unit: str, module: str) -> bool:
    return module == unit or module.startswith(f"{unit}.")


def _alike(names: list[str], container: str) -> bool:
    """Whether siblings share a first or last word of their names, or live in a folder named after many of one kind."""
    firsts, lasts = ({name.split("_")[index] for name in names} for index in (0, -1))
    plural = "." in container and container.endswith("s") and not container.endswith("ss")
    return len(firsts) == 1 or len(lasts) == 1 or plural


SIGNAL = SiblingIndependence()

"""Structural: imports that run one way through the packages of a code base."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from alloynb.archaeology.boundary_drafts import layers_subject
from alloynb.archaeology.codebase import Codebase, Container
from alloynb.archaeology.observation import Family, Lead, Observation
from alloynb.archaeology.units import Layering, surprise

_BY_DEPTH = (1.0, 0.75, 0.55)
_MOST_EXAMPLES = 4
_MOST_COUNTER = 6
_FEW_MODULES = 8
_LEAST_WEIGHT = 0.15


class ImportLayers:
    """Orders the units of each package by the direction of their imports (the condensation of the graph).

    The direction counts for as much as it could have been broken: every pair of a lower and a higher unit is an
    opportunity, taken as often as siblings import each other elsewhere in this code.
    """

    name = "import_layers"
    family: Family = "structural"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield one lead for each package whose units fall into at least two levels."""
        for container in codebase.containers:
            layering = container.layering
            if layering is None or sum(map(len, layering.levels)) < 3:
                continue
            subject = layers_subject(container.found, container.name, layering.levels)
            rate = codebase.sibling_rates[container.found.language]
            support = tuple(self._support(container, layering, rate))
            if support[0].weight >= _LEAST_WEIGHT:
                yield Lead(subject, (*support, *self._counter(container, layering)))

    def _support(self, container: Container, layering: Layering, rate: float) -> Iterable[Observation]:
        upward = sum(len(high) * len(low) for high, low in combinations(layering.levels, 2))
        depth = min(container.name.count(".") - container.found.packages[0].count("."), len(_BY_DEPTH) - 1)
        modules = sum(container.found.sizes.get(unit, 1) for level in layering.levels for unit in level)
        weight = 0.8 * surprise(upward, rate) * (0.35 + 0.65 * layering.backed) * _BY_DEPTH[max(depth, 0)]
        if modules < _FEW_MODULES:
            weight *= modules / _FEW_MODULES
        told = (
            f"{len(layering.along)} imports run down through {len(layering.levels)} levels of {container.name}, "
            f"{len(layering.against)} run up, of {upward} pairs that could"
        )
        yield Observation(
            self.name, told, round(weight, 3), path=container.found.place_of(container.name) or None
        )
        seen: set[tuple[str, str]] = set()
        for site in layering.along:
            pair = site.importer, site.imported
            if pair not in seen and len(seen) < _MOST_EXAMPLES:
                seen.add(pair)
                yield Observation(
                    self.name,
                    f"{site.importer} imports {site.imported}",
                    0.05,
                    path=site.path,
                    line=site.line,
                    text=site.text,
                )

    def _counter(self, container: Container, layering: Layering) -> Iterable[Observation]:
        for site in layering.against[:_MOST_COUNTER]:
            told = f"against the direction: {site.importer} imports {site.imported}"
            yield Observation(self.name, told, 0.15, False, site.path, site.line, text=site.text)
        for unit in layering.tangled[:_MOST_COUNTER]:
            yield Observation(
                self.name,
                f"{unit} is left out: it imports and is imported in a circle",
                0.06,
                False,
                container.found.place_of(unit) or None,
            )


SIGNAL = ImportLayers()

"""Structural: a domain or core that knows no user interface, framework, store or vendor."""

from __future__ import annotations

from collections.abc import Iterable

from alloynb.archaeology.boundary_drafts import library_subject
from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.library_kinds import kind_of
from alloynb.archaeology.module_map import ModuleMap, unit_of
from alloynb.archaeology.observation import Family, Lead, Observation

CORE_NAMES = frozenset(
    {
        *(
            "domain",
            "core",
            "model",
            "models",
            "entities",
            "entity",
            "kernel",
            "business",
        ),
        *(
            "usecases",
            "use_cases",
            "policy",
            "policies",
            "rules",
            "pipeline",
            "io",
            "engine",
        ),
        *(
            "application",
            "services",
        ),
    }
)
_OUTER = ("a user interface", "a web framework", "somebody else's service", "the door to other processes")
_PUREST = frozenset({"domain", "core", "entities", "kernel", "business", "usecases", "use_cases"})


class PureCore:
    """Looks for packages whose name promises the heart of the matter, and whether they are free of the outside."""

    name = "pure_core"
    family: Family = "structural"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield a lead for each core-like package and each outer library that is used elsewhere in the project."""
        for found in codebase.maps:
            cores = [
                name
                for name in found.children
                if name.rpartition(".")[2] in CORE_NAMES and name.count(".") <= 2 and found.sizes[name] >= 3
            ]
            cores = [name for name in cores if not any(name.startswith(f"{other}.") for other in cores)]
            for core in sorted(cores):
                for library in sorted(found.users):
                    lead = self._lead(found, core, library)
                    if lead is not None:
                        yield lead

    def _lead(self, found: ModuleMap, core: str, library: str) -> Lead | None:
        reason = kind_of(library)
        sites = found.users[library]
        inside = [site for site in sites if unit_of(site.importer, {core})]
        elsewhere = [site for site in sites if site not in inside]
        modules = found.sizes[core]
        importers = {site.importer for site in inside}
        if reason not in _OUTER or not elsewhere or len(importers) > modules * 0.1:
            return None
        purest = core.rpartition(".")[2] in _PUREST
        weight = (0.5 if purest else 0.3) * min(1.0, modules / 8)
        told = f"none of {modules} modules of {core} imports {library}, which the project uses elsewhere"
        if importers:
            told = f"{modules - len(importers)} of {modules} modules of {core} do without {library}"
        observed = [Observation(self.name, told, round(weight, 3), path=found.place_of(core) or None)]
        observed += [
            Observation(
                self.name, f"{library} is used here", 0.06, True, site.path, site.line, text=site.text
            )
            for site in elsewhere[:3]
        ]
        observed += [
            Observation(
                self.name, f"{core} knows {library}", 0.3, False, site.path, site.line, text=site.text
            )
            for site in inside[:4]
        ]
        homes = sorted({site.importer.rpartition(".")[0] or site.importer for site in elsewhere})
        return Lead(library_subject(found, library, [core], homes, reason), tuple(observed))


SIGNAL = PureCore()

"""Structural: interfaces on one side, implementations on the other, and imports that only run inwards."""

from __future__ import annotations

from collections.abc import Iterable

from alloynb.archaeology.boundary_drafts import forbidden_subject
from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.module_map import ModuleMap, unit_of
from alloynb.archaeology.observation import Family, Lead, Observation
from alloynb.archaeology.python_outline import ClassFound

_INNER = frozenset(
    [
        "ports",
        "port",
        "interfaces",
        "interface",
        "protocols",
        "contracts",
        "abstractions",
        "domain",
        "application",
        "usecases",
    ]
)
_OUTER = frozenset(
    {
        *(
            "adapters",
            "adapter",
            "gateways",
            "gateway",
            "infrastructure",
            "infra",
            "repositories",
        ),
        *(
            "drivers",
            "clients",
            "backends",
            "providers",
            "persistence",
            "integrations",
        ),
    }
)
_INTERFACE_BASES = frozenset({"Protocol", "ABC", "ABCMeta"})
_MOST_CLASSES = 6


class PortsAndAdapters:
    """Sees ports and adapters by the names of packages, and by interface classes that other packages implement."""

    name = "ports_and_adapters"
    family: Family = "structural"

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield one lead per pair of an inner and an outer package."""
        for found in codebase.maps:
            interfaces = _interfaces(codebase, found) if found.language == "python" else {}
            names = [name for name in found.sizes if name.count(".") <= 4]
            inner = sorted(
                {name for name in names if name.rpartition(".")[2].lower() in _INNER} | set(interfaces)
            )
            outer = sorted(name for name in names if name.rpartition(".")[2].lower() in _OUTER)
            implemented = {pair for port, pairs in interfaces.items() for pair in pairs}
            for port in inner:
                for adapter in outer:
                    related = port.split(".")[0] == adapter.split(".")[0] and not unit_of(port, {adapter})
                    if related and not unit_of(adapter, {port}):
                        yield from self._lead(found, port, adapter, implemented)

    def _lead(
        self, found: ModuleMap, port: str, adapter: str, implemented: set[tuple[ClassFound, ClassFound]]
    ) -> Iterable[Lead]:
        inward = [s for s in found.internal if unit_of(s.importer, {adapter}) and unit_of(s.imported, {port})]
        outward = [
            s for s in found.internal if unit_of(s.importer, {port}) and unit_of(s.imported, {adapter})
        ]
        classes = [
            (base, derived)
            for base, derived in sorted(
                implemented, key=lambda pair: (pair[0].path, pair[0].line, pair[1].path)
            )
            if _lies_in(found, base.path, port) and _lies_in(found, derived.path, adapter)
        ]
        if len(inward) < 2 or len(outward) > len(inward) / 3:
            return
        observed = [
            Observation(
                self.name, "an adapter knows its port", 0.35, True, site.path, site.line, text=site.text
            )
            for site in inward[:4]
        ]
        for base, derived in classes[:_MOST_CLASSES]:
            told = f"{derived.name} implements {base.name}"
            observed.append(
                Observation(self.name, told, 0.3, True, derived.path, derived.line, text=derived.text)
            )
        for site in outward[:4]:
            told = f"a port knows an adapter: {site.importer} imports {site.imported}"
            observed.append(Observation(self.name, told, 0.3, False, site.path, site.line, text=site.text))
        yield Lead(forbidden_subject(found, [port], [adapter]), tuple(observed))


def _interfaces(codebase: Codebase, found: ModuleMap) -> dict[str, list[tuple[ClassFound, ClassFound]]]:
    """Package of an interface → (interface, implementation in another package)."""
    module_of = {path: module for module, path in found.paths.items() if path}
    bases = {each.name: each for each in codebase.outline.classes if _INTERFACE_BASES & set(each.bases)}
    pairs: dict[str, list[tuple[ClassFound, ClassFound]]] = {}
    for each in codebase.outline.classes:
        for name in each.bases:
            base = bases.get(name)
            if base is None or base.path not in module_of or each.path not in module_of:
                continue
            home, other = (module_of[path].rpartition(".")[0] for path in (base.path, each.path))
            if home and other and home != other:
                pairs.setdefault(home, []).append((base, each))
    return pairs


def _lies_in(found: ModuleMap, path: str, name: str) -> bool:
    place = found.place_of(name)
    return path == place or path.startswith(f"{place}/")


SIGNAL = PortsAndAdapters()

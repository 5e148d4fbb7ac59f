"""Where a library is at home in a code base, and which parts do without it (spec 2.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from alloynb.archaeology.module_map import ModuleMap, unit_of

_LEAK_SHARE = 0.15


def homes_of(found: ModuleMap, importers: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Units that know a library, and units that do not; a unit is taken apart where only a part of it knows.

    A small share of users in a unit counts as a leak: the unit is still one that should do without.
    """
    units = [child for top in found.packages for child in found.children.get(top, ())]
    used = Counter(unit for importer in importers if (unit := unit_of(importer, set(units))))
    total = sum(used.values())
    inside: list[str] = []
    outside: list[str] = []
    for unit in units:
        if used[unit] <= _LEAK_SHARE * total:
            outside += [unit] if found.sizes[unit] >= 2 else []
            continue
        parts = [child for child in found.children.get(unit, ()) if found.is_package(child)]
        knowing = [part for part in parts if any(unit_of(importer, {part}) for importer in importers)]
        apart = [part for part in parts if part not in knowing]
        covered = sum(1 for importer in importers if unit_of(importer, set(knowing)))
        if apart and knowing and covered == used[unit]:
            inside += knowing
            outside += [part for part in apart if found.sizes[part] >= 2]
        else:
            inside.append(unit)
    return tuple(sorted(inside)), tuple(sorted(outside))

"""Formations: which blocks take part, as configuration (spec 4.6). One TOML file each.

Another package adds formations through the entry point group `foundry_kernel.formations`, each naming a package
whose folder holds such files.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from foundry_kernel.engine.errors import BadFormation, UnknownFormation
from foundry_kernel.engine.formation import Formation, parse_formation
from foundry_kernel.events.catalogue import Catalogue, load_catalogue
from runtime_artifacts.drop_in import installed_entry_points

ENTRY_POINTS = "foundry_kernel.formations"
MAX_FORMATION_BYTES = 256 * 1024


def load_formations(catalogue: Catalogue | None = None) -> Mapping[str, Formation]:
    """Read all formations, by name.

    Raises:
        BadFormation: a file does not hold together, or two have one name.
    """
    types = catalogue or load_catalogue()
    folders = [files("foundry_kernel.formations")]
    folders += [files(point.value) for point in installed_entry_points(ENTRY_POINTS)]
    found: dict[str, Formation] = {}
    for folder in folders:
        for file in sorted(_toml_files(folder), key=lambda each: each.name):
            formation = parse_formation(file.read_text(encoding="utf-8"), str(file), types)
            if formation.name in found:
                raise BadFormation(f"{file}: {formation.name!r} is taken by {found[formation.name].origin}")
            found[formation.name] = formation
    return found


def load_formation(name: str, catalogue: Catalogue | None = None) -> Formation:
    """Read one formation.

    Raises:
        UnknownFormation: none has this name.
        BadFormation: a file does not hold together.
    """
    found = load_formations(catalogue)
    if name not in found:
        raise UnknownFormation(
            f"no formation {name[:100]!r}", next_step=f"known are {', '.join(sorted(found))}"
        )
    return found[name]


def read_formation(file: Path, catalogue: Catalogue | None = None) -> Formation:
    """Read a formation from a file of its own, such as one that was compiled with a request (spec 5.2, mode 4).

    Raises:
        BadFormation: it cannot be read, is too large, or does not hold together.
    """
    try:
        text = file.read_bytes()
        if len(text) > MAX_FORMATION_BYTES:
            raise BadFormation(f"{file}: {len(text)} bytes, at most {MAX_FORMATION_BYTES}")
        return parse_formation(text.decode("utf-8"), str(file), catalogue or load_catalogue())
    except (OSError, UnicodeDecodeError) as error:
        raise BadFormation(f"{file}: cannot be read: {error}") from error


def formation_for(
    entry_event: str, payload: Mapping[str, Any] | None = None, catalogue: Catalogue | None = None
) -> Formation:
    """Find the formation of a run that begins like this; of several that fit, the one that asks for most.

    Raises:
        UnknownFormation: none fits.
        BadFormation: a file does not hold together, or two fit equally well.
    """
    found = load_formations(catalogue).values()
    fitting = sorted(
        (each for each in found if each.fits(entry_event, payload or {})), key=lambda each: -len(each.when)
    )
    if not fitting:
        known = ", ".join(sorted({each.entry_event for each in found}))
        raise UnknownFormation(
            f"no formation begins with {entry_event[:100]!r}", next_step=f"one begins with {known}"
        )
    if len(fitting) > 1 and len(fitting[0].when) == len(fitting[1].when):
        raise BadFormation(f"{fitting[0].origin} and {fitting[1].origin} both fit {entry_event}")
    return fitting[0]


def _toml_files(folder: Traversable) -> list[Traversable]:
    return [each for each in folder.iterdir() if each.name.endswith(".toml") and each.is_file()]

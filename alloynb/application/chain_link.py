"""One link of the chain from intent to what a run observed: whether it holds, where, and what that means (spec 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from runtime_artifacts.errors import ArtifactError, NotOnShelf, UnknownRequest

LinkStatus = Literal["ok", "missing", "broken"]
LINKS = (
    "records",
    "brief",
    "prompt pack",
    "gate overlay",
    "evidence plan",
    "approvals",
    "request",
    "request key",
    "claim",
    "run copies",
    "result",
    "trace summary",
    "observations",
    "journal",
)
"""Every link, from what was meant to what was seen."""


@dataclass(frozen=True)
class ChainLink:
    """What became of one link.

    Attributes:
        told: in one sentence, what was checked, or what is wrong and what it means.
        place: file, or file and pointer; empty when it is nowhere in particular.
        notes: what a reader should know, and what is no fault.
    """

    name: str
    status: LinkStatus
    told: str
    place: str = ""
    notes: tuple[str, ...] = ()


@dataclass
class Doubts:
    """Collects what is wrong with one link; the first thing that is broken names it, else the first that is missing."""

    name: str
    root: Path
    broken: tuple[str, str] | None = None
    missing: tuple[str, str] | None = None
    notes: tuple[str, ...] = ()

    def breaks(self, told: str, place: Path | str | None = None) -> None:
        """Something contradicts."""
        self.broken = self.broken or (told, self._shown(place))

    def lacks(self, told: str, place: Path | str | None = None) -> None:
        """Something is not there."""
        self.missing = self.missing or (told, self._shown(place))

    def note(self, told: str) -> None:
        """Something is worth saying, and no fault."""
        self.notes = (*self.notes, told)

    def failed(self, error: ArtifactError, place: Path | None = None) -> None:
        """An artifact could not be read: it is not there, or not what it should be."""
        where = error.place.file if error.place and error.place.file else place
        pointer = f" at {error.place.pointer}" if error.place and error.place.pointer else ""
        shown = f"{self._shown(where)}{pointer}"
        if isinstance(error, NotOnShelf | UnknownRequest):
            self.lacks(error.message, shown)
        else:
            self.breaks(error.message, shown)

    def link(self, told: str) -> ChainLink:
        """The link; `told` says what was checked when nothing is wrong."""
        if self.broken:
            return ChainLink(self.name, "broken", *self.broken, notes=self.notes)
        if self.missing:
            return ChainLink(self.name, "missing", *self.missing, notes=self.notes)
        return ChainLink(self.name, "ok", told, notes=self.notes)

    def _shown(self, place: Path | str | None) -> str:
        if isinstance(place, Path) and place.is_relative_to(self.root):
            return place.relative_to(self.root).as_posix()
        return str(place or "")

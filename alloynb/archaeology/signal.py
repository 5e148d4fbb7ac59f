"""What a signal is: one way of looking at a code base that yields leads (spec 2.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, runtime_checkable

from alloynb.archaeology.codebase import Codebase
from alloynb.archaeology.observation import FAMILIES, Family, Lead
from runtime_artifacts.drop_in import DropIn, collect_drop_ins

SIGNALS_PACKAGE = "alloynb.archaeology.signals"
ENTRY_POINTS = "alloynb.signals"


@runtime_checkable
class Signal(Protocol):
    """A plugin that looks at one aspect.

    It reads what `codebase` offers and nothing else, yields the same leads for the same tree, and praises nothing for
    being a pattern: a lead says what would be lost.

    Attributes:
        name: unique; observations carry it.
        family: which of the five kinds of evidence it looks at.
    """

    name: str
    family: Family

    def look(self, codebase: Codebase) -> Iterable[Lead]:
        """Yield what was seen, with observations that name their place."""
        ...


def check_signal(offered: object) -> Signal:
    """Accept a plugin.

    Raises:
        TypeError: it lacks `name`, `family` or a callable `look`.
        ValueError: its family is none of the five.
    """
    if not isinstance(offered, Signal) or not callable(offered.look):
        raise TypeError("a signal has `name`, `family` and `look(codebase)`")
    if offered.family not in FAMILIES:
        raise ValueError(f"family {offered.family!r} is none of {', '.join(FAMILIES)}")
    return offered


def collect_signals() -> Mapping[str, DropIn[Signal]]:
    """Find all signals: one file each in the folder `signals`, and entry points of other packages."""
    return collect_drop_ins(
        SIGNALS_PACKAGE, "SIGNAL", check_signal, name_of=lambda signal: signal.name, entry_points=ENTRY_POINTS
    )

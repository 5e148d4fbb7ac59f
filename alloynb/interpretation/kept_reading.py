"""Reading a tree once for all evidence that asks the same of it (spec 6.4)."""

from __future__ import annotations

from functools import cache

from alloynb.interpretation.detection import Reading


def read_once(reading: Reading) -> Reading:
    """Answer the same question about graphs and files from memory; patterns differ from rule to rule."""
    return Reading(cache(reading.read_graph), reading.find_pattern, cache(reading.list_files))

"""Tidying after a fold: what a killed fold left behind, and what was folded long enough ago (under the fold's lock)."""

from __future__ import annotations

from datetime import datetime, timedelta

from alloynb.evidence.layout import StoreLayout, parquet_name
from alloynb.evidence.published import read_state
from runtime_artifacts.write_once import sync_folder

ARCHIVE_AFTER = timedelta(minutes=10)
"""A query that began before a fold may still open a sealed file by its name for so long."""

REMOVE_AFTER = timedelta(days=7)
"""Whoever keeps a file open from before a fold still finds Alloy's own journals for so long."""


def remove_leftovers(layout: StoreLayout) -> None:
    """Remove what a fold left behind that was killed. We hold the lock, so nobody is at work on it."""
    for folder in (layout.evidence, layout.sealed, layout.archive):
        for pattern in (".*.part", ".*.part.wal", ".*.head", ".*.facts"):
            for file in folder.glob(pattern):
                file.unlink(missing_ok=True)


def set_aside(layout: StoreLayout, now: datetime) -> None:
    """Set aside what was folded long enough ago. A run's journals belong to the run and are never touched."""
    state = read_state(layout)
    for each in state.journals.values() if state else ():
        age = now - each.folded_at
        name = parquet_name(each.journal)
        if age >= ARCHIVE_AFTER and (layout.sealed / name).exists():
            (layout.sealed / name).replace(layout.archive / name)
            sync_folder(layout.archive)
        journal = layout.root / each.journal
        if (
            age >= REMOVE_AFTER
            and journal.parent == layout.open
            and not each.refused  # the whole text of a refused line stands only there
            and (layout.archive / name).exists()
            and journal.exists()
            and journal.stat().st_size == each.bytes
        ):
            journal.unlink()

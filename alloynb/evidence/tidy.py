"""Tidying at a fold, under its lock: what a killed fold left behind, and journals that nobody needs any more."""

from __future__ import annotations

import contextlib
import shutil
import time
from datetime import datetime, timedelta

from alloynb.evidence.layout import StoreLayout, parquet_name
from alloynb.evidence.published import read_state

REMOVE_AFTER = timedelta(days=7)
"""Whoever keeps a published file open from before a fold still finds Alloy's own journals for so long."""


_QUERIES_LAST_AT_MOST_S = 24 * 3600.0


def remove_leftovers(layout: StoreLayout) -> None:
    """Remove what a fold left behind that was killed. We hold the lock, so nobody is at work on it."""
    for pattern in (".*.part", ".*.part.wal", "sealed/*/.*.part", "sealed/*/.*.head", "sealed/*/.*.facts"):
        for file in layout.evidence.glob(pattern):
            file.unlink(missing_ok=True)
    _remove_what_was_kept_of_growing_journals(layout)


def remove_old_journals(layout: StoreLayout, now: datetime) -> None:
    """Remove Alloy's own journals that were folded long ago; what they held is in Parquet.

    A run's journals belong to the run and are never touched. A journal with a refused line is kept as well: the whole
    text of the line stands only there.
    """
    state = read_state(layout)
    old = [each for each in state.journals.values() if now - each.folded_at >= REMOVE_AFTER] if state else []
    sealed = layout.sealed_files() if old else {}
    for each in old:
        journal = layout.root / each.journal
        if (
            journal.parent == layout.open
            and not each.refused
            and parquet_name(each.journal) in sealed
            and journal.exists()
            and journal.stat().st_size == each.bytes
        ):
            journal.unlink()


def _remove_what_was_kept_of_growing_journals(layout: StoreLayout) -> None:
    """Remove it for journals that are sealed or gone, and what queries copied that were killed.

    A query that is reading it fails on the missing file, and asks again without.
    """
    standing = {layout.growing_folder(layout.key_of(journal)) for journal in layout.unsealed()}
    for folder in layout.growing.glob("*"):
        if folder != layout.tails and folder not in standing:
            shutil.rmtree(folder, ignore_errors=True)
    before = time.time() - _QUERIES_LAST_AT_MOST_S
    for folder in layout.tails.glob("*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)

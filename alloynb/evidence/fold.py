"""Folding: a copy of the published file, with the newly sealed journals as native rows, takes its place by a rename.

Readers that have the old file open keep it. A crash at any moment leaves the old file or the new one. Two folds never
overlap: the second waits, or leaves it to the first.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from alloynb import __version__
from alloynb.evidence.columns import column_list, quoted
from alloynb.evidence.engine import attach_for_building, close_built, scratch
from alloynb.evidence.errors import CannotPublish, StoreBusy, StoreTooNew
from alloynb.evidence.hot_view import create_recent_view
from alloynb.evidence.layout import StoreLayout, parquet_name
from alloynb.evidence.locks import held
from alloynb.evidence.published import PublishedState, create_views, read_state
from alloynb.evidence.seal import SealedJournal, make_sealed_folder, seal_finished
from alloynb.evidence.sql_files import SqlSources
from alloynb.evidence.tidy import remove_leftovers, remove_old_journals
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.write_once import name_beside, sync_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


_JOURNAL_COUNTS = ("bytes", "lines", "facts", "refused", "torn_bytes")


@dataclass(frozen=True)
class Folded:
    """What one fold did.

    Attributes:
        published: a new file took the place of the old one; False when there was nothing new.
        left_to_another: another process was folding, and we did not wait.
        journals: number of journals that became native rows.
        doubled: facts whose id was there already, and which were left out.
    """

    published: bool = False
    left_to_another: bool = False
    sealed: tuple[SealedJournal, ...] = ()
    journals: int = 0
    facts: int = 0
    doubled: int = 0


def fold(
    layout: StoreLayout,
    sources: SqlSources,
    clock: Callable[[], datetime],
    *,
    wait_s: float,
    from_nothing: bool = False,
) -> Folded:
    """Seal what is finished, fold what is sealed, publish.

    Args:
        wait_s: seconds to wait for another fold; 0 leaves it to the other.
        from_nothing: build from journals and Parquet alone, whatever is published.

    Raises:
        StoreBusy: another fold takes longer than `wait_s`, which is more than 0.
        CannotSeal, CannotPublish: the disk is full, or a file is damaged; the old file stands.
        StoreTooNew: a newer version published it; nothing was touched.
        StoreUnavailable: DuckDB is not installed.
    """
    if "?" in str(layout.root):
        raise CannotPublish(
            "DuckDB takes a question mark in a path for the beginning of options",
            file=layout.root,
            next_step="rename the folder",
        )
    try:
        layout.create()
        with held(layout.lock_file("fold"), wait_s=wait_s):
            return _fold_alone(layout, sources, clock, from_nothing)
    except StoreBusy:
        if wait_s:
            raise
        return Folded(left_to_another=True)
    except OSError as error:
        raise CannotPublish(
            error.strerror or str(error),
            file=layout.published,
            next_step="free some space; the old file stands",
        ) from error


def _fold_alone(
    layout: StoreLayout, sources: SqlSources, clock: Callable[[], datetime], from_nothing: bool
) -> Folded:
    remove_leftovers(layout)
    state = None if from_nothing else read_state(layout)
    if state is not None and state.schema_version > sources.schema_version:
        raise StoreTooNew(
            f"published with schema version {state.schema_version} by alloynb {state.published_by}; this is "
            f"{sources.schema_version} of {__version__}",
            file=layout.published,
            next_step="update alloynb, or `alloynb evidence rebuild` to make it anew with this one",
        )
    folder = layout.sealed / state.sealed_folder if state else layout.newest_sealed_folder()
    make_sealed_folder(layout, folder)
    sealed = tuple(seal_finished(layout, folder, clock))
    files = layout.sealed_files()
    folded_names = {parquet_name(key) for key in state.journals} if state else set()
    waiting = [file for name, file in files.items() if name not in folded_names]
    result = Folded(sealed=sealed)
    if waiting or state is None or not _is_current(state, layout, sources):
        try:
            result = _publish(layout, sources, clock(), state, waiting, sealed)
        except CannotPublish:
            if state is None:
                raise
            # The old file is of no use as a beginning: what is true lies in journals and Parquet.
            result = _publish(layout, sources, clock(), None, list(files.values()), sealed)
    layout.write_ahead_log.unlink(missing_ok=True)
    remove_old_journals(layout, clock())
    return result


def _publish(
    layout: StoreLayout,
    sources: SqlSources,
    now: datetime,
    state: PublishedState | None,
    waiting: Sequence[Path],
    sealed: tuple[SealedJournal, ...],
) -> Folded:
    import duckdb

    beside = name_beside(layout.published)
    next_folder = layout.next_sealed_folder()
    try:
        make_sealed_folder(layout, next_folder)
        if state is not None:
            shutil.copyfile(layout.published, beside)
        with scratch(layout.evidence) as connection:
            attach_for_building(connection, beside)
            connection.execute("BEGIN")
            _migrate(connection, sources, state.schema_version if state else 0)
            facts, doubled = _take_in(connection, waiting, now)
            folded = dict(connection.execute("SELECT journal, bytes FROM store.journals").fetchall())
            if state is None or not _is_current(state, layout, sources):
                create_views(connection, sources)
            create_recent_view(connection, sources, layout, next_folder, folded)
            connection.execute("DELETE FROM store.about")
            connection.execute(
                "INSERT INTO store.about VALUES (?, ?, ?, ?, ?::TIMESTAMPTZ, ?)",
                [
                    sources.schema_version,
                    str(layout.root),
                    sources.digest(),
                    next_folder.name,
                    format_timestamp(now),
                    __version__,
                ],
            )
            connection.execute("COMMIT")
            close_built(connection)
        _take_its_place(layout, beside)
    except duckdb.Error as error:
        raise CannotPublish(
            f"DuckDB: {str(error).splitlines()[0]}",
            file=layout.published,
            next_step="the old file stands; `rebuild` makes it anew from journals and Parquet",
        ) from error
    finally:
        beside.unlink(missing_ok=True)
        beside.with_name(beside.name + ".wal").unlink(missing_ok=True)
    return Folded(True, False, sealed, len(waiting), facts, doubled)


def _migrate(connection: DuckDBPyConnection, sources: SqlSources, version: int) -> None:
    for number, statements in sources.migrations():
        if number > version:
            connection.execute(statements)


def _take_in(connection: DuckDBPyConnection, files: Sequence[Path], now: datetime) -> tuple[int, int]:
    """Make native rows of sealed files; a fact whose id is known already is left out and counted.

    Returns:
        Number of new facts, number of doubled ones.
    """
    if not files:
        return 0, 0
    facts_before, doubled_before = _counted(connection)
    names = ", ".join(quoted(str(file)) for file in files)
    sealed = f"read_parquet([{names}], union_by_name = true)"
    facts = f"SELECT journal, {column_list()} FROM {sealed} WHERE row_kind = 'fact'"
    doubles = connection.execute(
        f"SELECT count(*) FROM (SELECT fact_id FROM ({facts}) GROUP BY fact_id HAVING count(*) > 1)"
    ).fetchall()
    if doubles != [(0,)]:
        facts += " QUALIFY row_number() OVER (PARTITION BY fact_id ORDER BY recorded_at, journal, seq) = 1"
    insert = (
        f"INSERT INTO store.facts (journal, {column_list()}) SELECT incoming.journal, {column_list('incoming.')} "
        f"FROM ({facts}) AS incoming ANTI JOIN store.facts AS known ON incoming.fact_id = known.fact_id"
    )
    # A question about one kind then skips all blocks of others; events are most, and come as they are.
    connection.execute(
        f"{insert} WHERE incoming.kind <> 'event' ORDER BY incoming.kind, incoming.run_id, incoming.seq"
    )
    connection.execute(f"{insert} WHERE incoming.kind = 'event'")
    connection.execute(
        "INSERT INTO store.refused SELECT journal, seq, summary, coalesce(payload->>'raw', ''), recorded_at "
        f"FROM {sealed} WHERE row_kind = 'refused'"
    )
    counts = ", ".join(f"(payload->>'{name}')::BIGINT AS {name}" for name in _JOURNAL_COUNTS)
    connection.execute(
        f"""
        INSERT INTO store.journals
        SELECT journal, {", ".join(_JOURNAL_COUNTS)}, said.facts - coalesce(kept.kept, 0), sealed_at, ?::TIMESTAMPTZ
        FROM (
            SELECT journal, {counts}, recorded_at AS sealed_at FROM {sealed} WHERE row_kind = 'journal'
        ) AS said
        LEFT JOIN (SELECT journal, count(*) AS kept FROM store.facts GROUP BY journal) AS kept USING (journal)
        """,
        [format_timestamp(now)],
    )
    facts_after, doubled_after = _counted(connection)
    return facts_after - facts_before, doubled_after - doubled_before


def _counted(connection: DuckDBPyConnection) -> tuple[int, int]:
    rows = connection.execute(
        "SELECT coalesce(sum(facts - doubled), 0)::BIGINT, coalesce(sum(doubled), 0)::BIGINT FROM store.journals"
    ).fetchall()
    return int(rows[0][0]), int(rows[0][1])


def _take_its_place(layout: StoreLayout, beside: Path) -> None:
    with beside.open("rb") as built:
        os.fsync(built.fileno())
    beside.chmod(0o444)  # opening it for writing would lock readers out
    layout.write_ahead_log.unlink(missing_ok=True)  # DuckDB would replay it into the new file
    beside.replace(layout.published)
    sync_folder(layout.evidence)


def _is_current(state: PublishedState, layout: StoreLayout, sources: SqlSources) -> bool:
    return (state.schema_version, state.root, state.views_digest) == (
        sources.schema_version,
        str(layout.root),
        sources.digest(),
    )

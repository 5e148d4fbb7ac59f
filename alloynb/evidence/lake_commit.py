"""Bringing sealed files into a lake: copied, registered in batches, each batch as a whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from alloynb.evidence.columns import FACT_COLUMNS, quoted
from alloynb.evidence.errors import LakeUnavailable
from alloynb.evidence.lake_lock import only_committer
from alloynb.evidence.lake_place import LAKE, LakePlace, opened, unavailable
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.write_once import make_folder, name_beside, sync_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FILES_A_BATCH = 200


@dataclass
class Committed:
    """What a commit did.

    Attributes:
        files, facts: that are in the lake now and were not before.
        known: files that were registered before.
        doubled: facts that another workspace had told already, and which count once.
        refused: files that are not what their seal says, with the reason; everything else was committed.
    """

    files: int = 0
    facts: int = 0
    known: int = 0
    doubled: int = 0
    refused: list[str] = field(default_factory=list)


def commit_to_lake(
    place: LakePlace,
    sealed: dict[str, Path],
    clock: Callable[[], datetime],
    *,
    workspace: str,
    wait_s: float,
    tell: Callable[[str], None] = lambda text: None,
    files_a_batch: int = FILES_A_BATCH,
) -> Committed:
    """Copy and register the sealed files that the lake does not hold yet.

    Args:
        sealed: Parquet file of every sealed journal by its name, which no two journals share.
        workspace: who commits, for the list of what was registered.
        wait_s: seconds to wait for another committer.

    Raises:
        LakeUnavailable: DuckLake, its catalog or its data folder cannot be reached; batches that were committed stay.
        StoreBusy: another process commits for longer than `wait_s`.
    """
    import duckdb

    committed = Committed()
    try:
        make_folder(place.data)
        with only_committer(place, wait_s=wait_s), opened(place) as connection:
            _prepare(connection)
            rows = connection.execute(f"SELECT name FROM {LAKE}.registered").fetchall()
            known = {str(name) for (name,) in rows}
            committed.known = len(known & sealed.keys())
            waiting = [(name, file) for name, file in sorted(sealed.items()) if name not in known]
            for first in range(0, len(waiting), files_a_batch):
                batch = waiting[first : first + files_a_batch]
                _commit_batch(connection, place, batch, clock(), workspace, committed)
                tell(f"{min(first + files_a_batch, len(waiting))} of {len(waiting)} files")
    except duckdb.Error as error:
        raise unavailable(place, error) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise LakeUnavailable(
            reason, file=place.data, next_step="what was committed stays; try again"
        ) from error
    return committed


def _prepare(connection: DuckDBPyConnection) -> None:
    columns = ", ".join(f'"{name}" {kind}' for name, kind in FACT_COLUMNS.items())
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {LAKE}.sealed (journal VARCHAR, row_kind VARCHAR, {columns})"
    )
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {LAKE}.registered (name VARCHAR, journal VARCHAR, workspace VARCHAR, "
        "bytes BIGINT, lines BIGINT, facts BIGINT, refused BIGINT, torn_bytes BIGINT, doubled BIGINT, "
        "sealed_at TIMESTAMPTZ, registered_at TIMESTAMPTZ)"
    )


def _commit_batch(
    connection: DuckDBPyConnection,
    place: LakePlace,
    batch: Sequence[tuple[str, Path]],
    now: datetime,
    workspace: str,
    committed: Committed,
) -> None:
    copies = []
    for name, file in batch:
        reason = _unlike_its_seal(connection, file)
        if reason:
            committed.refused.append(f"{file.name}: {reason}")
        else:
            copies.append((name, _copied(file, place.data / name)))
    if not copies:
        return
    files = f"[{', '.join(quoted(str(copy)) for _, copy in copies)}]"
    connection.execute("BEGIN")
    try:
        for _, copy in copies:
            connection.execute(f"CALL ducklake_add_data_files({quoted(LAKE)}, 'sealed', {quoted(str(copy))})")
        doubled = _drop_doubles(connection, files)
        counts = ", ".join(
            f"(payload->>'{name}')::BIGINT" for name in ("bytes", "lines", "facts", "refused", "torn_bytes")
        )
        connection.execute(
            f"INSERT INTO {LAKE}.registered SELECT parse_filename(filename), journal, ?, {counts}, 0, recorded_at, "
            f"?::TIMESTAMPTZ FROM read_parquet({files}, union_by_name = true, filename = true) "
            "WHERE row_kind = 'journal'",
            [workspace, format_timestamp(now)],
        )
        for journal, count in doubled:
            connection.execute(
                f"UPDATE {LAKE}.registered SET doubled = ? WHERE journal = ?", [count, journal]
            )
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(Exception):
            connection.execute("ROLLBACK")
        raise
    held = connection.execute(
        f"SELECT count(*) FROM read_parquet({files}, union_by_name = true) WHERE row_kind = 'fact'"
    ).fetchall()
    twice = sum(count for _, count in doubled)
    committed.files += len(copies)
    committed.doubled += twice
    committed.facts += int(held[0][0]) - twice


def _unlike_its_seal(connection: DuckDBPyConnection, file: Path) -> str:
    """Why a file is not what it says of itself; empty when it is."""
    import duckdb

    try:
        rows = connection.execute(
            "SELECT count(*) FILTER (row_kind = 'journal'), count(*) FILTER (row_kind = 'fact'), "
            "any_value((payload->>'facts')::BIGINT) FILTER (row_kind = 'journal') "
            f"FROM read_parquet({quoted(str(file))})"
        ).fetchall()
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    heads, facts, said = rows[0]
    return "" if heads == 1 and facts == said else f"{facts} facts, and {said} by its seal"


def _copied(file: Path, target: Path) -> Path:
    """Copy a file durably; one that a killed committer left is put there again, because nobody registered it."""
    beside = name_beside(target)
    try:
        shutil.copyfile(file, beside)
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        beside.replace(target)
        sync_folder(target.parent)
    finally:
        beside.unlink(missing_ok=True)
    return target


def _drop_doubles(connection: DuckDBPyConnection, files: str) -> list[tuple[str, int]]:
    """Let a fact count once that another journal tells as well. Facts of runs name their run, and are never doubled."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE doubles AS
        WITH incoming AS (
            SELECT
                journal, seq, fact_id,
                row_number() OVER (PARTITION BY fact_id ORDER BY recorded_at, journal, seq) AS nth
            FROM read_parquet({files}, union_by_name = true)
            WHERE row_kind = 'fact' AND NOT starts_with(fact_id, 'fact_')
        ),
        known AS (
            SELECT fact_id FROM {LAKE}.sealed
            WHERE row_kind = 'fact' AND journal NOT IN (SELECT DISTINCT journal FROM incoming)
              AND fact_id IN (SELECT fact_id FROM incoming)
        )
        SELECT journal, seq FROM incoming WHERE nth > 1 OR fact_id IN (SELECT fact_id FROM known)
        """
    )
    rows = connection.execute(
        "SELECT journal, count(*) FROM doubles GROUP BY journal ORDER BY journal"
    ).fetchall()
    if rows:
        connection.execute(
            f"DELETE FROM {LAKE}.sealed WHERE row_kind = 'fact' "
            "AND (journal, seq) IN (SELECT (journal, seq) FROM doubles)"
        )
    return [(str(journal), int(count)) for journal, count in rows]

"""From a finished journal to Parquet: every fact, what was refused, and one row that says what the journal held.

A Parquet file of the store has the columns of a fact, after two more: `journal` (the key of the journal) and
`row_kind`:

    fact      one fact
    refused   one line that is no fact: seq = its line number, summary = the reason, payload = {"raw": …}
    journal   once, first: payload = {bytes, lines, facts, refused, torn_bytes, sealed_at}

So whoever reads the file sees in one statement that the journal is sealed and all that it held.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alloynb.evidence.columns import column_list, json_columns, quoted
from alloynb.evidence.engine import scratch
from alloynb.evidence.errors import CannotSeal
from alloynb.evidence.journal_lines import Inspection, facts_of, inspect
from alloynb.evidence.layout import EMPTY_PARQUET, StoreLayout, literal_path, parquet_name
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.journal import MAX_LINE_BYTES, is_being_written
from runtime_artifacts.write_once import make_folder, name_beside, sync_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_ROW_COLUMNS = json_columns()[:-1] + ", 'row_kind': 'VARCHAR'}"


@dataclass(frozen=True)
class SealedJournal:
    """One journal that was just sealed.

    Attributes:
        journal: its key.
        torn_bytes: length of the cut last line that was left out.
    """

    journal: str
    facts: int
    refused: int
    torn_bytes: int


def seal_finished(layout: StoreLayout, folder: Path, clock: Callable[[], datetime]) -> list[SealedJournal]:
    """Seal every journal whose writer is gone and that is not sealed yet. The caller holds the lock of folding.

    Args:
        folder: where the Parquet files are put.

    Raises:
        CannotSeal: the disk is full, or a journal cannot be read; what was sealed before stands.
    """
    # A journal that held something when it was listed had its lock taken: if it is free now, its writer is gone.
    finished = [journal for journal in layout.unsealed() if not is_being_written(journal)]
    if not finished:
        return []
    with scratch() as connection:
        return [_seal(connection, layout, folder, journal, clock()) for journal in finished]


def make_sealed_folder(layout: StoreLayout, folder: Path) -> None:
    """Make a folder for sealed journals, with a file without rows that keeps the glob of the views from failing."""
    empty = folder / EMPTY_PARQUET
    if empty.exists():
        return
    make_folder(folder)
    with scratch() as connection, _written(empty) as beside:
        source = _rows_of(layout.empty_journal)
        connection.execute(
            f"COPY (SELECT '' AS journal, {_row_select()} FROM {source} LIMIT 0) {_to(beside)}"
        )


def _seal(
    connection: DuckDBPyConnection, layout: StoreLayout, folder: Path, journal: Path, now: datetime
) -> SealedJournal:
    import duckdb

    key = layout.key_of(journal)
    try:
        found = inspect(journal)
        with (
            _written(folder / parquet_name(key)) as beside,
            _rows_beside(journal, beside, found, now) as (head, facts),
        ):
            sources = " UNION ALL ".join(
                f"SELECT {quoted(key)} AS journal, {_row_select()} FROM {_rows_of(source)}"
                for source in (head, facts)
            )
            [(rows,)] = connection.execute(f"COPY ({sources}) {_to(beside)}").fetchall()
            if rows != 1 + found.facts + len(found.refused):
                raise CannotSeal(
                    f"{found.facts} facts and {len(found.refused)} refused lines became {rows} rows",
                    file=journal,
                )
    except duckdb.Error as error:
        raise CannotSeal(f"DuckDB: {str(error).splitlines()[0]}", file=journal) from error
    except OSError as error:
        raise CannotSeal(error.strerror or str(error), file=journal, next_step="free some space") from error
    return SealedJournal(key, found.facts, len(found.refused), found.torn_bytes)


@contextlib.contextmanager
def _rows_beside(
    journal: Path, beside: Path, found: Inspection, now: datetime
) -> Iterator[tuple[Path, Path]]:
    """Files of JSON lines to build the Parquet from: what is said about the journal, and its facts."""
    head, cleaned = beside.with_suffix(".head"), beside.with_suffix(".facts")
    try:
        with head.open("wb") as out:
            out.writelines(_head_rows(found, now))
        if found.refused or found.torn_bytes:
            with cleaned.open("wb") as out:
                for fact in facts_of(journal, Inspection()):
                    out.write(fact.model_dump_json(exclude_none=True).encode() + b"\n")
            yield head, cleaned
        else:
            yield head, journal
    finally:
        head.unlink(missing_ok=True)
        cleaned.unlink(missing_ok=True)


def _head_rows(found: Inspection, now: datetime) -> Iterator[bytes]:
    sealed_at = format_timestamp(now)
    about = {
        "bytes": found.bytes,
        "lines": found.lines,
        "facts": found.facts,
        "refused": len(found.refused),
        "torn_bytes": found.torn_bytes,
        "sealed_at": sealed_at,
    }
    yield _line({"row_kind": "journal", "seq": found.lines, "recorded_at": sealed_at, "payload": about})
    for each in found.refused:
        row = {"row_kind": "refused", "seq": each.number, "recorded_at": sealed_at, "summary": each.reason}
        yield _line({**row, "payload": {"raw": each.raw}})


@contextlib.contextmanager
def _written(file: Path) -> Iterator[Path]:
    """Give a name beside `file`; what is written there is made durable and takes the name of `file`."""
    beside = name_beside(file)
    try:
        yield beside
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        beside.replace(file)
        sync_folder(file.parent)
    finally:
        beside.unlink(missing_ok=True)


def _rows_of(file: Path) -> str:
    return (
        f"read_json({quoted(literal_path(file))}, columns = {_ROW_COLUMNS}, format = 'newline_delimited', "
        f"maximum_object_size = {4 * MAX_LINE_BYTES})"
    )


def _row_select() -> str:
    return f"coalesce(row_kind, 'fact') AS row_kind, {column_list()}"


def _to(file: Path) -> str:
    return f"TO {quoted(str(file))} (FORMAT parquet, COMPRESSION zstd)"


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"

"""Taking evidence elsewhere: one view to a file or to a partitioned folder, or every view at once."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alloynb.evidence.columns import quoted
from alloynb.evidence.errors import BadQuery
from alloynb.evidence.growing import Growth
from alloynb.evidence.layout import StoreLayout
from alloynb.evidence.query import Unpublished, with_retry
from runtime_artifacts.write_once import name_beside

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FORMATS = {".parquet": "parquet", ".csv": "csv", ".json": "json", ".jsonl": "json"}
__all__ = ["Exported", "Unpublished", "export", "export_everything"]


@dataclass(frozen=True)
class Exported:
    """One view that was written."""

    view: str
    file: Path
    rows: int


def export(
    layout: StoreLayout,
    schema_version: int,
    view: str,
    file: Path,
    partition_by: Sequence[str] = (),
    *,
    growth: Growth | None = None,
) -> Exported:
    """Write all rows of a view, whole or not at all.

    Args:
        file: its ending says the format: `.parquet`, `.csv`, `.json` or `.jsonl` (JSON lines). With `partition_by` it
            is a folder that must not exist yet, in which Parquet files lie in a folder for each value.
        partition_by: columns of the view.
        growth: how journals that are still growing are read.

    Raises:
        BadQuery: no such view, column or format.
        OSError, StoreUnavailable: the file cannot be written, or the store not be read.
        Unpublished: a fold must come first.
    """
    form = "parquet" if partition_by else FORMATS.get(file.suffix)
    if form is None:
        raise BadQuery(f"{file.name}: a view is exported as .parquet, .csv or .jsonl")
    if partition_by and file.exists():
        raise BadQuery(f"{file} exists", next_step="name a folder that does not exist yet")

    def work(connection: DuckDBPyConnection) -> int:
        _require(connection, view, partition_by)
        return _copy(connection, view, file, form, partition_by)

    rows = with_retry(
        # A folder can be written but once, and then all is read whole.
        layout,
        schema_version,
        work,
        None,
        fenced=False,
        growth=None if partition_by else growth or Growth(),
    )
    return Exported(view, file, rows)


def export_everything(
    layout: StoreLayout, schema_version: int, folder: Path, *, growth: Growth | None = None
) -> list[Exported]:
    """Write every view to its own Parquet file in one folder, all from the same state of the store.

    Raises:
        BadQuery: the folder holds something already.
        OSError, StoreUnavailable: it cannot be written, or the store not be read.
        Unpublished: a fold must come first.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BadQuery(
            f"{folder} is not empty", next_step="name an empty folder, or one that does not exist yet"
        )
    folder.mkdir(parents=True, exist_ok=True)

    def work(connection: DuckDBPyConnection) -> list[Exported]:
        connection.execute("BEGIN")
        files = [(view, folder / f"{view}.parquet") for view in _views(connection)]
        return [Exported(view, file, _copy(connection, view, file, "parquet", ())) for view, file in files]

    return with_retry(layout, schema_version, work, None, fenced=False, growth=growth or Growth())


def _copy(
    connection: DuckDBPyConnection, view: str, file: Path, form: str, partition_by: Sequence[str]
) -> int:
    beside = name_beside(file)
    options = f"FORMAT {form}"
    if partition_by:
        options += f", PARTITION_BY ({', '.join(_identifier(column) for column in partition_by)})"
    try:
        copied = connection.execute(
            f"COPY (FROM {_identifier(view)}) TO {quoted(str(beside))} ({options})"
        ).fetchall()
        beside.replace(file)
    finally:
        if beside.is_dir():
            shutil.rmtree(beside, ignore_errors=True)
        else:
            beside.unlink(missing_ok=True)
    return int(copied[0][0])


def _views(connection: DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "SELECT view_name FROM duckdb_views() WHERE database_name = 'evidence' AND schema_name = 'main' "
        "AND NOT internal ORDER BY view_name"
    ).fetchall()
    return [str(name) for (name,) in rows]


def _require(connection: DuckDBPyConnection, view: str, columns: Sequence[str]) -> None:
    views = _views(connection)
    if view not in views:
        raise BadQuery(f"no view {view!r}", next_step=_meant(view, views))
    rows = connection.execute(f"DESCRIBE FROM {_identifier(view)}").fetchall()
    known = [str(row[0]) for row in rows]
    for column in columns:
        if column not in known:
            raise BadQuery(f"{view} has no column {column!r}", next_step=_meant(column, known))


def _meant(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

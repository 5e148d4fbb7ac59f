"""What the published file says of itself, and the views that it offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from alloynb.evidence.columns import column_list, quoted
from alloynb.evidence.engine import CATALOG, attach_for_reading, scratch
from alloynb.evidence.layout import StoreLayout
from alloynb.evidence.sql_files import SqlSources

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class FoldedJournal:
    """One journal that is in the native tables.

    Attributes:
        bytes: size that it had when it was sealed; a journal never grows after that.
    """

    journal: str
    bytes: int
    refused: int
    folded_at: datetime


@dataclass(frozen=True)
class PublishedState:
    """What a published file holds.

    Attributes:
        root: the `.alloy` folder that its views read.
        views_digest: of the SQL that its views were made from.
        sealed_folder: name of the folder in which its views look for what was sealed later.
        published_by: version of the program that published it.
        journals: by key.
    """

    schema_version: int
    root: str
    views_digest: str
    sealed_folder: str
    published_by: str
    journals: dict[str, FoldedJournal]


def read_state(layout: StoreLayout) -> PublishedState | None:
    """Read what the published file says of itself; None when there is none that can be trusted.

    A file with a write-ahead log beside it was opened for writing by somebody else, and is not trusted.

    Raises:
        StoreUnavailable: DuckDB is not installed.
    """
    with scratch() as connection:
        import duckdb

        if not layout.published.exists() or layout.write_ahead_log.exists():
            return None
        try:
            attach_for_reading(connection, layout.published)
            about = connection.execute(
                "SELECT schema_version, root, views_digest, sealed_folder, published_by FROM store.about"
            ).fetchall()
            rows = connection.execute(
                "SELECT journal, bytes, refused, epoch_us(folded_at) FROM store.journals"
            ).fetchall()
        except duckdb.Error:
            return None
    if len(about) != 1:
        return None
    journals = {key: FoldedJournal(key, size, refused, _moment(at)) for key, size, refused, at in rows}
    version, root, digest, folder, by = about[0]
    return PublishedState(version, root, digest, folder, by, journals)


def create_views(connection: DuckDBPyConnection, sources: SqlSources) -> None:
    """Drop every view and macro of the file, and make those of the sources; `create_recent_view` must follow."""
    in_file = f"database_name = '{CATALOG}' AND schema_name = 'main' AND NOT internal"
    for (name,) in connection.execute(f"SELECT view_name FROM duckdb_views() WHERE {in_file}").fetchall():
        connection.execute(f'DROP VIEW "{name}"')
    macros = f"SELECT DISTINCT function_name, function_type FROM duckdb_functions() WHERE {in_file}"
    for name, kind in connection.execute(macros).fetchall():
        connection.execute(f'DROP MACRO {"TABLE " if kind == "table_macro" else ""}"{name}"')
    # Every view and comment looks through to this one; files need not be opened for that.
    empty = f"SELECT journal, '' AS row_kind, {column_list()} FROM store.facts WHERE false"
    connection.execute(f"CREATE OR REPLACE VIEW store.recent AS {empty}")
    for each in (*sources.views(), *sources.macros()):
        connection.execute(each.statements)
    _pass_on_comments(connection, in_file)


def _pass_on_comments(connection: DuckDBPyConnection, in_file: str) -> None:
    """Give each column that has no comment of its own what `facts` says of the column of this name."""
    rows = connection.execute(
        f"SELECT table_name, column_name, comment FROM duckdb_columns() WHERE {in_file}"
    ).fetchall()
    said = {column: comment for view, column, comment in rows if view == "facts"}
    for view, column, comment in rows:
        if comment is None and said.get(column):
            connection.execute(f'COMMENT ON COLUMN "{view}"."{column}" IS {quoted(said[column])}')


def _moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def attach_published(connection: DuckDBPyConnection, layout: StoreLayout, schema_version: int) -> bool:
    """Attach the published file, and say whether it is of this version and its views read this place.

    False also when it is damaged, or somebody holds it open for writing: a fold replaces it.
    """
    import duckdb

    try:
        attach_for_reading(connection, layout.published)
        rows = connection.execute("SELECT schema_version, root FROM store.about").fetchall()
    except duckdb.Error:
        return False
    return rows == [(schema_version, str(layout.root))]

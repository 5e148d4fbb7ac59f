"""Evidence of many workspaces and machines in one lake: DuckLake, on a PostgreSQL catalog or in one file (spec 6.1).

Sealed Parquet files are copied into the lake's data folder and registered in batches by one committer at a time. What
was registered is a table of the lake, written in the same transaction as the registration: killed at any moment, a
batch is there as a whole or not at all, and the next commit goes on. A fact that two machines recorded, such as the
same commit, is one fact. The views are those of a single workspace, made anew for whoever opens the lake.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from alloynb.evidence.columns import column_list
from alloynb.evidence.engine import CATALOG
from alloynb.evidence.errors import LakeUnavailable
from alloynb.evidence.lake_commit import Committed, commit_to_lake
from alloynb.evidence.lake_place import LAKE, LakePlace, opened, unavailable
from alloynb.evidence.published import create_views
from alloynb.evidence.query import Answer, Parameters, answer, bad_query
from alloynb.evidence.sql_files import SqlSources

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Lake:
    """The evidence of many workspaces in one place. Holds nothing open between calls."""

    def __init__(self, place: LakePlace, sources: SqlSources) -> None:
        if not place.on_postgres and not place.catalog.endswith(".ducklake"):
            raise LakeUnavailable(
                f"{place.shown} names no catalog",
                next_step="postgresql://… or a file that ends with .ducklake",
            )
        self.place = place
        self._sources = sources

    def commit(
        self,
        sealed: dict[str, Path],
        clock: Callable[[], datetime],
        *,
        workspace: str,
        wait_s: float,
        tell: Callable[[str], None],
    ) -> Committed:
        """Copy and register the sealed files that the lake does not hold yet; see `commit_to_lake`."""
        return commit_to_lake(self.place, sealed, clock, workspace=workspace, wait_s=wait_s, tell=tell)

    def query(self, sql: str, parameters: Parameters = ()) -> Answer:
        """Run one statement that only reads, on all evidence of the lake.

        Raises:
            WriteRefused, BadQuery: the statement is at fault.
            LakeUnavailable: the lake is.
        """
        import duckdb

        with open_lake(self.place, self._sources) as connection:
            try:
                return answer(connection, sql, parameters)
            except duckdb.Error as error:
                raise bad_query(error) from error

    def opening_script(self) -> str:
        """SQL with which any DuckDB tool opens the lake; no password is in it."""
        return opening_script(self.place, self._sources)


@contextlib.contextmanager
def open_lake(place: LakePlace, sources: SqlSources) -> Iterator[DuckDBPyConnection]:
    """Give a DuckDB in memory in which all views and macros read the lake; nothing can be written to it.

    Raises:
        LakeUnavailable: it cannot be reached, or holds nothing yet.
    """
    import duckdb

    try:
        with opened(place, read_only=True) as connection:
            for statement in view_statements():
                connection.execute(statement)
            create_views(connection, sources)
            yield connection
    except (duckdb.IOException, duckdb.CatalogException, duckdb.HTTPException) as error:
        raise unavailable(place, error) from error


def opening_script(place: LakePlace, sources: SqlSources) -> str:
    """SQL with which any DuckDB tool opens the lake: `duckdb -init lake.sql`. A password is not in it."""
    statements = [
        "INSTALL ducklake; LOAD ducklake;",
        *(["INSTALL postgres; LOAD postgres;"] if place.on_postgres else []),
        f"{LakePlace(place.shown, place.data).attach_statement(read_only=True)};",
        *(f"{statement};" for statement in view_statements()),
        *(each.statements for each in (*sources.views(), *sources.macros())),
    ]
    return "\n".join(statements) + "\n"


def view_statements() -> list[str]:
    """What stands under the views: the tables of the lake, under the names that a published file gives them."""
    sealed, columns = f"{LAKE}.sealed", column_list()
    refused = (
        "SELECT journal, seq AS line_number, summary AS reason, coalesce(payload->>'raw', '') AS raw, "
        f"recorded_at AS sealed_at FROM {sealed} WHERE row_kind = 'refused'"
    )
    journals = (
        "SELECT journal, bytes, lines, facts, refused, torn_bytes, doubled, sealed_at, registered_at AS folded_at "
        f"FROM {LAKE}.registered"
    )
    return [
        f"ATTACH ':memory:' AS {CATALOG}",
        f"USE {CATALOG}",
        "SET TimeZone = 'UTC'",
        "CREATE SCHEMA store",
        f"CREATE VIEW store.facts AS SELECT journal, {columns} FROM {sealed} WHERE row_kind = 'fact'",
        f"CREATE VIEW store.recent AS SELECT journal, row_kind, {columns} FROM {sealed} WHERE false",
        f"CREATE VIEW store.refused AS {refused}",
        f"CREATE VIEW store.journals AS {journals}",
    ]

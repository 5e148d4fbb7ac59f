"""DuckDB, opened the way the store needs it. Nothing here is imported before it is used."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from alloynb.evidence.columns import quoted
from alloynb.evidence.errors import StoreUnavailable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CATALOG = "evidence"
STORAGE_VERSION = "v1.0.0"


def require_duckdb() -> None:
    """Check that DuckDB can be imported.

    Raises:
        StoreUnavailable: it cannot.
    """
    try:
        import duckdb  # noqa: F401
    except ImportError as error:
        raise StoreUnavailable(
            f"DuckDB cannot be imported: {error}", next_step="pip install 'alloy-foundry[evidence]'"
        ) from error


@contextlib.contextmanager
def scratch(spill: Path | None = None) -> Iterator[DuckDBPyConnection]:
    """Give a DuckDB in memory, with times in UTC, that cannot see Python's variables.

    Args:
        spill: folder for what does not fit into memory; without it nothing is spilled.

    Raises:
        StoreUnavailable: DuckDB is not installed.
    """
    require_duckdb()
    import duckdb

    connection = duckdb.connect(":memory:", config={"python_enable_replacements": "false"})
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")  # it would be drawn on standard output
        connection.execute(f"SET temp_directory = {quoted(str(spill / '.spill') if spill else '')}")
        yield connection
    finally:
        connection.close()


def attach_for_reading(connection: DuckDBPyConnection, file: Path) -> None:
    """Attach a published file and make it the default.

    Attached to a new database in memory and not opened as the main one: within one process DuckDB hands out the
    database that it already knows by this path, which after a publication is the old one.

    Raises:
        duckdb.Error: it cannot be opened.
    """
    connection.execute(f"ATTACH {quoted(str(file))} AS {CATALOG} (READ_ONLY)")
    connection.execute(f"USE {CATALOG}")


def attach_for_building(connection: DuckDBPyConnection, file: Path) -> None:
    """Attach a file that nobody else sees yet, in the storage format that DuckDB 1.0 and all later ones read."""
    connection.execute(f"ATTACH {quoted(str(file))} AS {CATALOG} (STORAGE_VERSION '{STORAGE_VERSION}')")
    connection.execute(f"USE {CATALOG}")


def close_built(connection: DuckDBPyConnection) -> None:
    """Write everything into the file itself, so that no log remains beside it, and let go of it."""
    connection.execute(f"CHECKPOINT {CATALOG}")
    connection.execute("USE memory")
    connection.execute(f"DETACH {CATALOG}")

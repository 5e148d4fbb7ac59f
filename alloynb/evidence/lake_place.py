"""Where a lake is, and how DuckDB gets there: extensions that are installed as packages, none fetched at run time."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alloynb.evidence.columns import quoted
from alloynb.evidence.engine import scratch
from alloynb.evidence.errors import LakeUnavailable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LAKE = "lake"
_EXTENSIONS = ("ducklake", "postgres_scanner")


@dataclass(frozen=True)
class LakePlace:
    """Where a lake is.

    Attributes:
        catalog: `postgresql://…`, or the path of a catalog file that ends with `.ducklake`.
        data: folder for the Parquet files, which everybody who reads the lake can see.
    """

    catalog: str
    data: Path

    @property
    def on_postgres(self) -> bool:
        """The catalog is a database server, so that several machines can commit and read."""
        return self.catalog.startswith(("postgresql://", "postgres://"))

    @property
    def shown(self) -> str:
        """The catalog without a password."""
        scheme, separator, rest = self.catalog.partition("://")
        who, at, place = rest.rpartition("@")
        return f"{scheme}://{who.partition(':')[0]}@{place}" if separator and at else self.catalog

    def attach_statement(self, *, read_only: bool = False) -> str:
        """The statement that attaches it in DuckDB once the extension is loaded."""
        source = f"ducklake:postgres:{self.catalog}" if self.on_postgres else f"ducklake:{self.catalog}"
        options = ["READ_ONLY"] if read_only else [f"DATA_PATH {quoted(f'{self.data}/')}"]
        return f"ATTACH {quoted(source)} AS {LAKE} ({', '.join(options)})"


@contextlib.contextmanager
def opened(place: LakePlace, *, read_only: bool = False) -> Iterator[DuckDBPyConnection]:
    """Attach a lake to a DuckDB in memory.

    Raises:
        LakeUnavailable: the extensions are not installed.
        duckdb.Error: it cannot be attached.
    """
    with scratch() as connection:
        _load_extensions(connection)
        connection.execute(place.attach_statement(read_only=read_only))
        yield connection


def _load_extensions(connection: DuckDBPyConnection) -> None:
    try:
        from duckdb_extensions import import_extension
    except ImportError as error:
        raise LakeUnavailable(
            f"the extensions of DuckDB are not installed: {error}",
            next_step="pip install 'alloy-foundry[evidence,scale-out]'",
        ) from error
    for name in _EXTENSIONS:
        import_extension(name, con=connection)
        connection.execute(f"LOAD {name}")


def unavailable(place: LakePlace, error: Exception) -> LakeUnavailable:
    """Say which lake cannot be reached, and why, without a password."""
    told = str(error).strip().splitlines()[0].replace(place.catalog, place.shown)
    return LakeUnavailable(
        f"{place.shown}: {told}", next_step="is the catalog there, and does it let you in?"
    )

"""Asking the store: one statement, read only, against the file that is published now."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from alloynb.evidence.columns import quoted
from alloynb.evidence.engine import require_duckdb, scratch
from alloynb.evidence.errors import BadQuery, QueryTooLong, WriteRefused
from alloynb.evidence.growing import Aside, Growth, forget_growing, growing_aside
from alloynb.evidence.layout import StoreLayout, literal_path
from alloynb.evidence.published import attach_published

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Parameters = Sequence[Any] | Mapping[str, Any]
_Result = TypeVar("_Result")

_MEANT = re.compile(r"Did you mean ([^?]*)\?")
_CANDIDATES = re.compile(r"Candidate bindings?: (.*)")
_NAMES = re.compile(r'"([^"]+)"')
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WITH_ZONE = "TIMESTAMP WITH TIME ZONE"


class Unpublished(Exception):
    """What is published, if anything is, cannot be read, or is of another place or version: fold, then ask again."""


@dataclass(frozen=True)
class Answer:
    """What a query gave.

    Attributes:
        columns: names, as many as each row has values.
        types: DuckDB's names of their types.
        rows: times are aware and in UTC, JSON columns are plain Python values.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def as_dicts(self) -> list[dict[str, Any]]:
        """Each row as a mapping from column to value."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass
class _Held:
    """One connection for many questions, opened with the first of them and anew after each publication."""

    of: tuple[object, ...] | None = None
    connection: DuckDBPyConnection | None = None
    resources: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def at(self, layout: StoreLayout, schema_version: int) -> DuckDBPyConnection:
        """Give a connection to what is published now."""
        try:
            stands = layout.published.stat()
        except FileNotFoundError:
            raise Unpublished from None
        of = (
            layout.root,
            schema_version,
            stands.st_ino,
            stands.st_size,
            stands.st_mtime_ns,
            stands.st_ctime_ns,
        )
        if self.connection is None or self.of != of or layout.write_ahead_log.exists():
            self.let_go()
            self.connection = self.resources.enter_context(_reading(layout, schema_version, fenced=True))
            self.of = of
        return self.connection

    def let_go(self) -> None:
        """Close the connection, if one is open."""
        self.connection = None
        self.resources.close()


class _OfThread(threading.local):
    held: _Held | None = None


_HERE = _OfThread()


@contextlib.contextmanager
def held_open() -> Iterator[None]:
    """While it lasts, this thread asks through one connection: opening one costs more than most questions.

    A question sees what is published at its moment and the hot facts, as ever. But the published file stays locked for
    reading, so that nobody can open it for writing: hold it while a use case reads, never while somebody is waited for.
    """
    if _HERE.held is not None:
        yield
        return
    held = _HERE.held = _Held()
    try:
        yield
    finally:
        _HERE.held = None
        held.let_go()


def ask(
    layout: StoreLayout,
    schema_version: int,
    sql: str,
    parameters: Parameters = (),
    *,
    time_limit_s: float | None = None,
    growth: Growth | None = None,
) -> Answer:
    """Run one statement that only reads, and take the whole answer.

    The statement sees the store and nothing else: no other file, no network, no variable of Python.

    Args:
        schema_version: of the native tables that are expected.
        parameters: for `?` or `$1` a sequence, for `$name` a mapping.
        time_limit_s: seconds after which the query is interrupted; None for no limit.
        growth: how journals that are still growing are read.

    Raises:
        WriteRefused: the statement is not one that only reads.
        BadQuery: it is not understood, or fails.
        QueryTooLong: it was interrupted.
        StoreUnavailable: DuckDB is not installed.
        Unpublished: a fold must come first.
    """
    return with_retry(
        layout,
        schema_version,
        lambda connection: answer(connection, sql, parameters),
        time_limit_s,
        growth=growth or Growth(),
    )


def answer(connection: DuckDBPyConnection, sql: str, parameters: Parameters = ()) -> Answer:
    """Run one statement that only reads on a connection that is open.

    Raises:
        WriteRefused, BadQuery: the statement is none that only reads.
        duckdb.Error: it fails.
    """
    given = dict(parameters) if isinstance(parameters, Mapping) else list(parameters)
    statement, explains = _one_reading_statement(connection, sql)
    return _explain(connection, statement, given) if explains else _fetch(connection, statement, given)


def with_retry(
    layout: StoreLayout,
    schema_version: int,
    work: Callable[[DuckDBPyConnection], _Result],
    time_limit_s: float | None,
    *,
    fenced: bool = True,
    growth: Growth | None = None,
) -> _Result:
    """Run `work` on a fresh or a held connection; once more when a file came or went in between.

    Args:
        growth: how journals that are still growing are read; None to read them whole, as is done the second time.
    """
    require_duckdb()
    import duckdb

    if not layout.is_created() or not layout.published.exists():
        raise Unpublished
    for last in (False, True):
        put_aside = Aside()
        try:
            with (
                _connected(layout, schema_version, fenced) as connection,
                _time_limit(connection, time_limit_s),
                growing_aside(connection, layout, None if last else growth) as put_aside,
            ):
                result = work(connection)
                if not put_aside.sealed_meanwhile:
                    return result
        except duckdb.IOException as error:
            if last:
                raise Unpublished(_first_line(error)) from error
            if put_aside:
                forget_growing(layout)
        except duckdb.InterruptException as error:
            raise QueryTooLong(
                f"interrupted after {time_limit_s:g} s", next_step="narrow it by time or run"
            ) from error
        except duckdb.InvalidInputException as error:
            if "read-only" in str(error):
                raise WriteRefused(_first_line(error)) from error
            if put_aside:
                forget_growing(layout)
                continue
            raise bad_query(error) from error
        except duckdb.Error as error:
            raise bad_query(error) from error
    raise AssertionError("unreachable")


def bad_query(error: Exception) -> BadQuery:
    """Say in one line what DuckDB says in several, with what it thinks was meant."""
    text = str(error).strip()
    meant = _MEANT.search(text) or _CANDIDATES.search(text)
    if meant:
        names = list(dict.fromkeys(_NAMES.findall(meant[1])))
        hint = f"did you mean {' or '.join(names[:3])}?" if names else ""
    else:
        hint = "`alloynb evidence views` names the views" if "does not exist" in text else ""
    return BadQuery(_first_line(error).split("! Did you mean", 1)[0], next_step=hint)


@contextlib.contextmanager
def _connected(layout: StoreLayout, schema_version: int, fenced: bool) -> Iterator[DuckDBPyConnection]:
    """Give the connection that is held, or one of its own; what failed on a held one is not held any longer."""
    held = _HERE.held
    if held is None or not fenced:
        with _reading(layout, schema_version, fenced) as connection:
            yield connection
        return
    try:
        yield held.at(layout, schema_version)
    except BaseException:
        held.let_go()
        raise


@contextlib.contextmanager
def _reading(layout: StoreLayout, schema_version: int, fenced: bool) -> Iterator[DuckDBPyConnection]:
    if layout.write_ahead_log.exists():
        layout.write_ahead_log.unlink(missing_ok=True)  # never ours; DuckDB would replay it
    with scratch() as connection:
        if not attach_published(connection, layout, schema_version):
            raise Unpublished
        if fenced:
            # A glob is compared as it is written, a file by its name.
            spelled = {
                text
                for folder in (layout.runs, layout.evidence)
                for text in (str(folder), literal_path(folder))
            }
            folders = ", ".join(quoted(f"{folder}/") for folder in sorted(spelled))
            connection.execute(f"SET allowed_directories = [{folders}]")
            connection.execute("SET enable_external_access = false")
        connection.execute("SET enable_external_file_cache = false")  # journals grow while it is held
        connection.execute("SET lock_configuration = true")
        yield connection


@contextlib.contextmanager
def _time_limit(connection: DuckDBPyConnection, time_limit_s: float | None) -> Iterator[None]:
    if time_limit_s is None:
        yield
        return
    timer = threading.Timer(time_limit_s, connection.interrupt)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _one_reading_statement(connection: DuckDBPyConnection, sql: str) -> tuple[str, bool]:
    """Text of the statement, and whether it asks for a plan."""
    from duckdb import StatementType

    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise BadQuery(f"one statement is run at a time; these are {len(statements)}")
    if statements[0].type not in {StatementType.SELECT, StatementType.EXPLAIN}:
        kind = str(statements[0].type).rpartition(".")[2].lower()
        raise WriteRefused(
            f"{kind}: only queries are run here",
            next_step="facts are appended through a session, never changed",
        )
    return str(statements[0].query).strip().rstrip(";"), statements[0].type == StatementType.EXPLAIN


def _explain(connection: DuckDBPyConnection, statement: str, parameters: Any) -> Answer:
    rows = connection.execute(statement, parameters).fetchall()
    return Answer(("key", "value"), ("VARCHAR", "VARCHAR"), tuple(rows))


def _fetch(connection: DuckDBPyConnection, statement: str, parameters: Any) -> Answer:
    """Fetch all rows. A time with a zone is fetched as a number: DuckDB's own way needs a further library."""
    described = connection.execute(f"DESCRIBE FROM ({statement}\n)", parameters).fetchall()
    columns = tuple(str(row[0]) for row in described)
    types = tuple(str(row[1]) for row in described)
    if any(_WITH_ZONE in kind for kind in types):
        chosen = ", ".join(_fetched_as(number, kind) for number, kind in enumerate(types, start=1))
        statement = f"SELECT {chosen} FROM ({statement}\n)"
    rows = connection.execute(statement, parameters).fetchall()
    if not any(kind in {"JSON", _WITH_ZONE} for kind in types):
        return Answer(columns, types, tuple(rows))
    return Answer(columns, types, tuple(tuple(map(_plain, row, types)) for row in rows))


def _fetched_as(number: int, kind: str) -> str:
    if kind == _WITH_ZONE:
        return f"epoch_us(#{number})"
    return f"#{number}::VARCHAR" if _WITH_ZONE in kind else f"#{number}"


def _plain(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == _WITH_ZONE:
        return _EPOCH + timedelta(microseconds=value)
    return json.loads(value) if kind == "JSON" else value


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]

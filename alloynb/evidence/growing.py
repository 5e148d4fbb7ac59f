"""Queries over journals that are still growing: what was read of one already is not parsed again (spec 6.2).

The published views read open journals whole, so that any DuckDB tool sees every fact. A query of ours that meets a
large one puts it aside first: the whole lines of its beginning lie in Parquet parts, only the bytes after them are
copied to a file that the query reads, and the views are told by variables of the connection to look there instead.
Parts are made by the very statement that would have read the journal, so the answer is the same. They are joined as
they become many: of each two neighbours the earlier one is more than twice as large.

Nothing here may change an answer. Whatever goes wrong, the journal is read whole: another file under its name, a cut or
rewritten beginning (which is told), a damaged part, a full disk, a folder that may not be written.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from alloynb.evidence.columns import column_list, json_columns, quoted
from alloynb.evidence.errors import StoreBusy
from alloynb.evidence.growing_parts import (
    MEMO,
    REWRITTEN,
    Memo,
    Part,
    copy_bytes,
    digest_of,
    end_of_last_line,
    sample_of,
)
from alloynb.evidence.hot_view import BETWEEN_NAMES, TAIL_NAME_LENGTH
from alloynb.evidence.layout import StoreLayout, literal_path, parquet_name
from alloynb.evidence.locks import held
from runtime_artifacts.journal import MAX_LINE_BYTES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_READ_FOR_AT_MOST_S = 600.0
"""A part that is no longer listed is kept so long for queries that began before."""


class _Rewritten(Exception):
    """Bytes that were taken in are others now; the message says how."""


def _quietly(_text: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Growth:
    """How journals that are still growing are read.

    Attributes:
        worth_bytes: smaller journals are read whole.
        tail_bytes: so much may be left to be parsed by every query.
        tell: hears of a journal that did not only grow.
    """

    worth_bytes: int = 1024 * 1024
    tail_bytes: int = 256 * 1024
    tell: Callable[[str], None] = _quietly


@dataclass(frozen=True)
class _PutAside:
    """One journal that the views need not open.

    Attributes:
        sealed: the Parquet of the whole journal, once it is sealed.
        tail: file with what follows the parts; None when nothing does.
    """

    key: str
    sealed: Path
    parts: tuple[Path, ...]
    tail: Path | None


@dataclass(frozen=True)
class Aside:
    """The journals that were put aside for one query."""

    journals: tuple[_PutAside, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.journals)

    @property
    def sealed_meanwhile(self) -> bool:
        """Whether a query may have seen facts twice: in what was put aside, and in a Parquet that came since."""
        return any(each.sealed.exists() for each in self.journals)


@contextlib.contextmanager
def growing_aside(
    connection: DuckDBPyConnection, layout: StoreLayout, growth: Growth | None
) -> Iterator[Aside]:
    """Put large open journals aside while the context lasts.

    Args:
        growth: None to put none aside.

    Raises:
        duckdb.InterruptException: the time for the query is over.
    """
    for name in ("alloy_growing", "alloy_parts", "alloy_tails"):  # the connection may have been held
        connection.execute(f"RESET VARIABLE {name}")
    if growth is None:
        yield Aside()
        return
    tails = layout.tails / secrets.token_hex(TAIL_NAME_LENGTH // 2)
    try:
        found = [
            aside
            for key, sealed in _large_open_journals(connection, layout, growth.worth_bytes)
            if (aside := _put_aside(connection, layout, key, sealed, tails, growth))
        ]
        if found:
            _tell_views(connection, found)
        yield Aside(tuple(found))
    finally:
        shutil.rmtree(tails, ignore_errors=True)


def forget_growing(layout: StoreLayout) -> None:
    """Drop everything that is kept of growing journals: some of it could not be read."""
    for folder in _entries(layout.growing):
        if Path(folder.path) != layout.tails:
            shutil.rmtree(folder.path, ignore_errors=True)


def _large_open_journals(
    connection: DuckDBPyConnection, layout: StoreLayout, worth_bytes: int
) -> list[tuple[str, Path]]:
    """Keys of journals that are large, and neither native rows nor sealed; and where the views would see them sealed.

    One that is missed is read whole.
    """
    import duckdb

    try:
        [(first_run, first_session, folder)] = connection.execute(
            "SELECT run_id, session_id, sealed_folder FROM store.hot_since, store.about"
        ).fetchall()
    except duckdb.CatalogException:  # published before journals were put aside
        return []
    found = [session for session in _entries(layout.open) if session.name >= first_session]
    for run in _entries(layout.runs):
        if not run.name.startswith("run_") or run.name >= f"run_{first_run}":
            found += _entries(Path(run.path) / "journal")
    large = [
        layout.key_of(Path(each.path))
        for each in found
        if each.name.endswith(".jsonl") and each.stat().st_size >= worth_bytes
    ]
    if not large:
        return []
    rows = connection.execute(
        "SELECT journal FROM (SELECT unnest($1::VARCHAR[]) AS journal) ANTI JOIN store.journals USING (journal)",
        [large],
    ).fetchall()
    found_sealed = ((str(key), layout.sealed / folder / parquet_name(key)) for (key,) in rows)
    return sorted((key, sealed) for key, sealed in found_sealed if not sealed.exists())


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def _put_aside(
    connection: DuckDBPyConnection, layout: StoreLayout, key: str, sealed: Path, tails: Path, growth: Growth
) -> _PutAside | None:
    """Bring the parts of a journal up to date and copy what follows them; None when it is to be read whole."""
    import duckdb

    folder = layout.growing_folder(key)
    try:
        with (layout.root / key).open("rb") as journal:
            size = os.fstat(journal.fileno()).st_size
            memo = _known(folder, key, journal, growth)
            if size - memo.end >= growth.tail_bytes:
                with contextlib.suppress(StoreBusy), held(layout.lock_file("growing"), wait_s=0):
                    memo = _known(folder, key, journal, growth)  # another may have been at it
                    memo = _advanced(connection, folder, key, journal, memo, size, tails)
            if not memo.parts:
                return None
            tail = tails / key if size > memo.end else None
            if tail is not None:
                copy_bytes(journal, memo.end, size, tail)
    except _Rewritten as change:
        _forget(folder, key, str(change), growth)
        return None
    except duckdb.InterruptException:
        raise
    except (OSError, duckdb.Error):
        return None
    return _PutAside(key, sealed, tuple(folder / part.name for part in memo.parts), tail)


def _known(folder: Path, key: str, journal: BinaryIO, growth: Growth) -> Memo:
    memo = Memo.load(folder)
    change = memo.change_of(journal) if memo else ""
    if change:
        _forget(folder, key, change, growth)
    return Memo(os.fstat(journal.fileno()).st_ino) if memo is None or change else memo


def _forget(folder: Path, key: str, change: str, growth: Growth) -> None:
    growth.tell(f"{key} {change}; it is read anew from its beginning")
    with contextlib.suppress(OSError):
        (folder / MEMO).unlink(missing_ok=True)


def _advanced(
    connection: DuckDBPyConnection,
    folder: Path,
    key: str,
    journal: BinaryIO,
    memo: Memo,
    size: int,
    scratch: Path,
) -> Memo:
    """Make a part of what came since, and join it with those before that are not much larger. Holds the lock.

    Raises:
        _Rewritten: the bytes of a part are others now.
    """
    end = end_of_last_line(journal, memo.end, size)
    if end == memo.end:
        return memo
    folder.mkdir(parents=True, exist_ok=True)
    lines = scratch / "lines"
    copy_bytes(journal, memo.end, end, lines)
    rows = (
        f"SELECT {quoted(key)} AS journal, {column_list()} FROM read_json({quoted(literal_path(lines))}, "
        f"columns = {json_columns()}, format = 'newline_delimited', ignore_errors = true, "
        f"maximum_object_size = {4 * MAX_LINE_BYTES}) "
        "WHERE fact_id IS NOT NULL AND kind IS NOT NULL AND seq IS NOT NULL AND recorded_at IS NOT NULL"
    )
    with lines.open("rb") as copied:
        length = end - memo.end
        said = sample_of(copied, 0, length), digest_of(copied, 0, length)
    parts = [*memo.parts, _written(connection, folder, rows, (memo.end, end), said)]
    lines.unlink()
    while len(parts) > 1 and parts[-2].bytes <= 2 * parts[-1].bytes:
        parts[-2:] = [_joined(connection, folder, journal, *parts[-2:])]
    made = Memo(memo.inode, tuple(parts))
    made.store(folder)
    _remove_unlisted(folder, made)
    return made


def _joined(connection: DuckDBPyConnection, folder: Path, journal: BinaryIO, one: Part, other: Part) -> Part:
    said = sample_of(journal, one.begin, other.end), digest_of(journal, one.begin, other.end)
    if any(digest_of(journal, each.begin, each.end) != each.digest for each in (one, other)):
        raise _Rewritten(REWRITTEN)
    files = ", ".join(quoted(literal_path(folder / each.name)) for each in (one, other))
    rows = f"SELECT journal, {column_list()} FROM read_parquet([{files}])"
    return _written(connection, folder, rows, (one.begin, other.end), said)


def _written(
    connection: DuckDBPyConnection, folder: Path, rows: str, place: tuple[int, int], said: tuple[str, str]
) -> Part:
    """Write rows to a new Parquet file. It has no other name while it is made: only a memo makes it count."""
    file = folder / f"{place[0]}-{place[1]}.{secrets.token_hex(8)}.parquet"
    connection.execute(f"COPY ({rows}) TO {quoted(str(file))} (FORMAT parquet, COMPRESSION zstd)")
    return Part(file.name, file.stat().st_size, *place, *said)


def _remove_unlisted(folder: Path, memo: Memo) -> None:
    """Remove parts that were joined, or never came to count, once nobody can be reading them."""
    listed = {MEMO, *(part.name for part in memo.parts)}
    before = time.time() - _READ_FOR_AT_MOST_S
    for each in _entries(folder):
        with contextlib.suppress(OSError):
            if each.name not in listed and each.stat().st_mtime < before:
                Path(each.path).unlink()


def _tell_views(connection: DuckDBPyConnection, found: list[_PutAside]) -> None:
    def files(paths: list[Path]) -> str:
        return "[" + ", ".join(quoted(literal_path(path)) for path in paths) + "]"

    names = BETWEEN_NAMES.join(["", *(each.key for each in found), ""])
    parts = [part for each in found for part in each.parts]
    connection.execute(f"SET VARIABLE alloy_growing = {quoted(names)}")
    connection.execute(f"SET VARIABLE alloy_parts = {files(parts)}")
    tails = [each.tail for each in found if each.tail is not None]
    if tails:
        connection.execute(f"SET VARIABLE alloy_tails = {files(tails)}")

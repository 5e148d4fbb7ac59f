"""Does the published file say what journals and Parquet say? A check that anybody may run at any time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from alloynb.evidence.columns import quoted
from alloynb.evidence.engine import attach_for_reading, scratch
from alloynb.evidence.growing_parts import Memo
from alloynb.evidence.journal_lines import inspect
from alloynb.evidence.layout import StoreLayout, parquet_name
from alloynb.evidence.published import read_state
from alloynb.evidence.sql_files import SqlSources
from runtime_artifacts.journal import is_being_written

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Verification:
    """What was compared.

    Attributes:
        facts: facts that a query sees now.
        native: facts that are native rows of the published file.
        live: keys of journals that are being written.
        orphans: keys of journals whose writer is gone and that wait to be sealed.
        refused: lines in quarantine.
        problems: what does not agree, in plain words; empty when all is well.
    """

    facts: int = 0
    native: int = 0
    live: tuple[str, ...] = ()
    orphans: tuple[str, ...] = ()
    refused: int = 0
    problems: tuple[str, ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Nothing disagrees."""
        return not self.problems


def verify(layout: StoreLayout, sources: SqlSources) -> Verification:
    """Compare the published file with what it was made of; changes nothing.

    Raises:
        StoreUnavailable: DuckDB is not installed.
    """
    problems: list[str] = []
    if layout.write_ahead_log.exists():
        problems.append(
            f"{layout.write_ahead_log.name} lies beside the published file: somebody opened it for writing"
        )
        return Verification(problems=tuple(problems))
    state = read_state(layout)
    if state is None:
        return Verification(problems=("nothing readable is published; `fold` publishes it",))
    if state.root != str(layout.root):
        problems.append(f"the views read {state.root}; the store has moved, `fold` repairs it")
    if state.schema_version != sources.schema_version:
        problems.append(
            f"schema version {state.schema_version} is published, {sources.schema_version} is ours"
        )
    unsealed = layout.unsealed()
    live = tuple(layout.key_of(journal) for journal in unsealed if is_being_written(journal))
    orphans = tuple(key for key in map(layout.key_of, unsealed) if key not in live)
    for each in state.journals.values():
        journal = layout.root / each.journal
        if journal.exists() and journal.stat().st_size != each.bytes:
            problems.append(
                f"{each.journal}: {journal.stat().st_size} bytes, and {each.bytes} when it was sealed"
            )
    problems += _rewritten(layout, unsealed)
    with scratch() as connection:
        import duckdb

        try:
            attach_for_reading(connection, layout.published)
            facts, native, refused = _compare(connection, layout, problems)
            _compare_orphans(connection, layout, orphans, problems)
        except duckdb.Error as error:
            problems.append(f"cannot be queried: {str(error).splitlines()[0]}")
            facts = native = refused = 0
    return Verification(facts, native, live, orphans, refused, tuple(problems))


def _rewritten(layout: StoreLayout, unsealed: Sequence[Path]) -> Iterator[str]:
    """Open journals whose beginning is not what was taken in of it."""
    for journal in unsealed:
        key = layout.key_of(journal)
        memo = Memo.load(layout.growing_folder(key))
        if memo is not None and journal.exists():
            with journal.open("rb") as opened:
                change = memo.hidden_change_of(opened)
            if change:
                yield f"{key} {change}; remove {layout.growing} to read it anew"


def _compare(
    connection: DuckDBPyConnection, layout: StoreLayout, problems: list[str]
) -> tuple[int, int, int]:
    def rows(sql: str) -> list[tuple[int, ...]]:
        return [tuple(row) for row in connection.execute(sql).fetchall()]

    [(facts, distinct)] = rows("SELECT count(*), count(DISTINCT fact_id) FROM facts")
    if facts != distinct:
        problems.append(f"{facts - distinct} facts are seen twice")
    [(native,)] = rows("SELECT count(*) FROM store.facts")
    [(said,)] = rows("SELECT coalesce(sum(facts - doubled), 0)::BIGINT FROM store.journals")
    if native != said:
        problems.append(f"{native} native facts, and {said} by the list of folded journals")
    files = layout.sealed_files()
    folded = [key for (key,) in connection.execute("SELECT journal FROM store.journals").fetchall()]
    lost = [key for key in folded if parquet_name(key) not in files]
    problems += [
        f"{key}: published, but its Parquet is gone" for key in lost if not (layout.root / key).exists()
    ]
    folded_files = [files[parquet_name(key)] for key in folded if parquet_name(key) in files]
    if folded_files and not lost:
        names = ", ".join(quoted(str(file)) for file in folded_files)
        sealed = f"read_parquet([{names}], union_by_name = true)"
        [(in_parquet,)] = rows(f"SELECT count(DISTINCT fact_id) FROM {sealed} WHERE row_kind = 'fact'")
        if native != in_parquet:
            problems.append(f"{native} native facts, and {in_parquet} in Parquet; `rebuild` makes them agree")
    [(refused,)] = rows("SELECT count(*) FROM quarantine")
    return facts, native, refused


def _compare_orphans(
    connection: DuckDBPyConnection, layout: StoreLayout, orphans: Sequence[str], problems: list[str]
) -> None:
    for key in orphans:
        held = inspect(layout.root / key).facts
        rows = connection.execute("SELECT count(*) FROM facts WHERE journal = ?", [key]).fetchall()
        if rows != [(held,)]:
            problems.append(f"{key}: holds {held} facts, and {rows[0][0]} are seen; `fold` makes them agree")

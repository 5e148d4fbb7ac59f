"""The evidence store of one repository: write through sessions, seal, fold, ask (spec 6.1, 6.2).

Truth is in the journals (`runs/*/journal/*.jsonl` of Foundry, `evidence/open/*.jsonl` of Alloy) and in the Parquet
files made of them. `evidence/evidence.duckdb` is for reading, may be deleted at any time, and is only ever replaced
as a whole. Any DuckDB tool may open it read-only while runs are writing:

    duckdb -readonly .alloy/evidence/evidence.duckdb "FROM runs"
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from alloynb.evidence.errors import BadQuery, StoreUnavailable
from alloynb.evidence.query import Answer, Parameters, Unpublished, ask
from alloynb.evidence.session import EvidenceSession
from runtime_artifacts.journal import Fact

if TYPE_CHECKING:
    from alloynb.evidence.export import Exported
    from alloynb.evidence.fold import Folded
    from alloynb.evidence.growing import Growth
    from alloynb.evidence.lake import Lake
    from alloynb.evidence.lake_commit import Committed
    from alloynb.evidence.sql_files import SqlFile, SqlSources
    from alloynb.evidence.verify import Verification

Clock = Callable[[], datetime]
Tell = Callable[[str], None]
_Result = TypeVar("_Result")
WAIT_S = 30.0


def utc_now() -> datetime:
    """The present, with its zone."""
    return datetime.now(UTC)


def _quietly(_text: str) -> None:
    """Tell nobody."""


class Warehouse:
    """The store below one `.alloy` folder. Holds nothing open between calls, unless told to; threads may share it."""

    def __init__(
        self,
        alloy_dir: Path,
        *,
        clock: Clock = utc_now,
        sql_folder: Path | None = None,
        growth: Growth | None = None,
    ) -> None:
        """Use a folder; nothing is created before something is written or asked.

        Args:
            sql_folder: where migrations, views and macros lie; the package's own when None.
            growth: how journals that are still growing are read, and who hears of one that did not only grow.
        """
        from alloynb.evidence.layout import StoreLayout

        self.layout = StoreLayout(alloy_dir.resolve())
        self._clock = clock
        self._sql_folder = sql_folder
        self._growth = growth

    @property
    def path(self) -> Path:
        """The published file, which any DuckDB tool opens read-only."""
        return self.layout.published

    # ---- writing

    def session(self) -> EvidenceSession:
        """Begin a session that appends facts to a journal of its own, which is created with the first one."""
        from alloynb.evidence.locks import held

        return EvidenceSession(
            self.layout.open,
            self._clock,
            self._known,
            lambda: held(self.layout.lock_file("ingest"), wait_s=WAIT_S),
        )

    def record(self, facts: Iterable[Fact]) -> list[Fact]:
        """Append facts in a session of their own; those that the store holds already are passed over.

        Returns:
            The facts that were new.

        Raises:
            JournalFull, StoreBusy, StoreUnavailable: nothing, or only a beginning, was written.
        """
        with self.session() as session:
            return session.record(facts)

    # ---- sealing, folding

    def fold(self, *, wait_s: float = WAIT_S) -> Folded:
        """Seal what is finished, fold what is sealed and publish it, if there is anything new.

        Args:
            wait_s: seconds to wait for another process that folds; 0 leaves it to the other.

        Raises:
            StoreBusy, CannotSeal, CannotPublish, StoreUnavailable: the old file stands.
        """
        from alloynb.evidence.fold import fold

        return fold(self.layout, self._sources, self._clock, wait_s=wait_s)

    def rebuild(self, *, wait_s: float = WAIT_S) -> Folded:
        """Build the published file anew from journals and Parquet alone.

        Raises:
            StoreBusy, CannotSeal, CannotPublish, StoreUnavailable: the old file stands.
        """
        from alloynb.evidence.fold import fold

        return fold(self.layout, self._sources, self._clock, wait_s=wait_s, from_nothing=True)

    def verify(self) -> Verification:
        """Compare what is published with the journals and the Parquet files, and name what does not agree.

        Raises:
            StoreUnavailable: DuckDB is not installed.
        """
        from alloynb.evidence.verify import verify

        return verify(self.layout, self._sources)

    # ---- asking

    def query(self, sql: str, parameters: Parameters = (), *, time_limit_s: float | None = None) -> Answer:
        """Run one statement that only reads, on the file that is published now, hot facts included.

        Args:
            parameters: for `?` or `$1` a sequence, for `$name` a mapping.
            time_limit_s: seconds after which the query is interrupted.

        Raises:
            WriteRefused, BadQuery, QueryTooLong: the statement is at fault.
            StoreUnavailable, CannotPublish: the store is.
        """
        return self._readable(
            lambda: ask(
                self.layout,
                self._sources.schema_version,
                sql,
                parameters,
                time_limit_s=time_limit_s,
                growth=self._growth,
            )
        )

    def export(self, view: str, file: Path, *, partition_by: Sequence[str] = ()) -> int:
        """Write all rows of a view to a `.parquet`, `.csv` or `.jsonl` file, or to a folder that is partitioned.

        Returns:
            Number of rows.

        Raises:
            BadQuery: no such view, column or format.
            OSError, StoreUnavailable: the file cannot be written, or the store not be read.
        """
        from alloynb.evidence.export import export

        version = self._sources.schema_version
        return self._readable(
            lambda: export(self.layout, version, view, file, partition_by, growth=self._growth)
        ).rows

    def export_everything(self, folder: Path) -> list[Exported]:
        """Write every view to its own Parquet file in an empty folder, all from one state of the store.

        Raises:
            BadQuery: the folder is not empty.
            OSError, StoreUnavailable: it cannot be written, or the store not be read.
        """
        from alloynb.evidence.export import export_everything

        version = self._sources.schema_version
        return self._readable(lambda: export_everything(self.layout, version, folder, growth=self._growth))

    def lake(self, catalog: str, data: Path) -> Lake:
        """A lake in which the evidence of many workspaces comes together; nothing is touched before it is used.

        Args:
            catalog: `postgresql://…`, or the path of a catalog file that ends with `.ducklake`.
            data: folder for its Parquet files.
        """
        from alloynb.evidence.lake import Lake
        from alloynb.evidence.lake_place import LakePlace

        return Lake(LakePlace(catalog, data.resolve()), self._sources)

    def commit_to(
        self, lake: Lake, *, workspace: str, wait_s: float = WAIT_S, tell: Tell = _quietly
    ) -> Committed:
        """Seal what is finished, and bring what the lake does not hold yet into it.

        Raises:
            LakeUnavailable: it cannot be reached; batches that were committed stay.
            StoreBusy, CannotSeal, CannotPublish, StoreUnavailable: another is at work, or the store is at fault.
        """
        self.fold(wait_s=wait_s)
        return lake.commit(
            self.layout.sealed_files(), self._clock, workspace=workspace, wait_s=wait_s, tell=tell
        )

    def view(self, name: str) -> SqlFile:
        """One view or macro, with purpose and example.

        Raises:
            BadQuery: there is none of this name.
        """
        import difflib

        from alloynb.evidence.errors import BadQuery

        known = {each.name: each for each in self.views()}
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            step = f"did you mean {near[0]}?" if near else "`alloynb evidence views` names them"
            raise BadQuery(f"no view {name!r}", next_step=step)
        return known[name]

    def views(self) -> list[SqlFile]:
        """Views and macros that analysts may rely on, with purpose and example, by name."""
        return sorted((*self._sources.views(), *self._sources.macros()), key=lambda each: each.name)

    @property
    def _sources(self) -> SqlSources:
        from alloynb.evidence.sql_files import SQL_FOLDER, SqlSources

        return SqlSources(self._sql_folder or SQL_FOLDER)

    def _known(self, fact_ids: Collection[str]) -> set[str]:
        wanted = "SELECT fact_id FROM facts WHERE fact_id IN (SELECT unnest($1::VARCHAR[]))"
        return {str(row[0]) for row in self.query(wanted, [list(fact_ids)]).rows}

    def _readable(self, read: Callable[[], _Result]) -> _Result:
        """Read; when nothing is published, or what is published reads another place, fold first.

        Also when a query fails on a file that another version of the views published: it may lack what is asked for.
        """
        try:
            return read()
        except Unpublished:
            self.fold()
        except BadQuery:
            if not self._has_other_views():
                raise
            self.fold()
        try:
            return read()
        except Unpublished as error:
            reason = str(error) or "the published file cannot be read"
            raise StoreUnavailable(reason, file=self.path, next_step="rebuild it") from error

    def _has_other_views(self) -> bool:
        from alloynb.evidence.published import read_state

        state = read_state(self.layout)
        return state is not None and state.views_digest != self._sources.digest()

"""The tables beside the queue's own: what was asked, who holds it, how it ended, what happened (spec 5.4).

Everything that two processes may want at once is one conditional statement on the database's own clock: a hold is taken
by raising a number, an end is written under the number that was held, an executor that was declared dead beats no more.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError

from foundry_kernel.runner.backends.backend import QueueUnreachable

METADATA = sa.MetaData()

WORK = sa.Table(
    "foundry_work",
    METADATA,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("request_hash", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False, index=True),
    sa.Column("project_id", sa.Text, nullable=False),
    sa.Column("changes", sa.Boolean, nullable=False),
    sa.Column("requested_by", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("enqueued_at", sa.Float, nullable=False),
    sa.Column("times_deduplicated", sa.Integer, nullable=False, default=0),
    sa.Column("holds", sa.Integer, nullable=False, default=0),
    sa.Column("begun", sa.Integer, nullable=False, default=0),
    sa.Column("executor_id", sa.Text, nullable=False, default=""),
    sa.Column("cancel_by", sa.Text, nullable=False, default=""),
    sa.Column("cancel_why", sa.Text, nullable=False, default=""),
    sa.Column("status", sa.Text, nullable=False, default=""),
    sa.Column("message", sa.Text, nullable=False, default=""),
    sa.Column("finished", sa.Text, nullable=False, default=""),
    sa.Column("ended_at", sa.Float),
)
WAITING = sa.and_(WORK.c.executor_id == sa.literal_column("''"), WORK.c.ended_at.is_(None))
"""Of work: it is for whoever takes it."""

sa.Index(
    "foundry_work_waiting",
    WORK.c.enqueued_at,
    WORK.c.request_id,
    sqlite_where=WAITING,
    postgresql_where=WAITING,
)
EXECUTORS = sa.Table(
    "foundry_executors",
    METADATA,
    sa.Column("executor_id", sa.Text, primary_key=True),
    sa.Column("runner_id", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("projects", sa.Text, nullable=False),
    sa.Column("trusted", sa.Boolean, nullable=False),
    sa.Column("slots", sa.Integer, nullable=False),
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("beat_at", sa.Float, nullable=False),
    sa.Column("ttl_s", sa.Float, nullable=False),
    sa.Column("left_at", sa.Float),
    sa.Column("dead_at", sa.Float),
    sa.Column("reaped_at", sa.Float),
)
REAPER = sa.Table(
    "foundry_reaper",
    METADATA,
    sa.Column("one", sa.Integer, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("term", sa.Integer, nullable=False),
    sa.Column("until", sa.Float, nullable=False),
)
LOG = sa.Table(
    "foundry_log",
    METADATA,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("executor_id", sa.Text, nullable=False),
    sa.Column("details", sa.Text, nullable=False),
)

CHANNEL = "foundry_work"
"""Of PostgreSQL, where it is told that there is work."""

_OWN_COLUMNS = frozenset({"request_id", "executor_id"})
_QUIET_S = 5.0
"""A connection that rested for longer is tried before it is used."""

_KEPT = (2, 12)
"""Connections that are kept, at least and at most; ten more may come and go."""

_CLOCKS = {
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
    "postgresql": "extract(epoch from clock_timestamp())",
}


class Database:
    """A connection pool to the queue's database."""

    def __init__(self, url: str, *, slots: int = 1) -> None:
        """Use `sqlite:///FILE` or `postgresql://…`; nothing is opened before it is needed.

        Args:
            slots: how many threads use it at a time, roughly.
        """
        self.url = driver_url(url)
        self.engine = make_engine(self.url, slots=slots)
        self.now = sa.literal_column(_CLOCKS[self.engine.dialect.name], sa.Float)
        self._telling = sa.insert(LOG).values(at=self.now)

    def create(self) -> None:
        """Make the tables that are missing; safe beside others that do the same.

        Raises:
            QueueUnreachable: the database does not answer.
        """
        with self.writing() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(7246001)"))
            METADATA.create_all(connection, checkfirst=True)
            empty = not connection.execute(sa.select(REAPER.c.one)).first()
            if empty:
                connection.execute(sa.insert(REAPER).values(one=1, holder="", term=0, until=0.0))

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction.

        Raises:
            QueueUnreachable: the database does not answer.
        """
        try:
            with self.engine.begin() as connection:
                yield connection
        except OperationalError as error:
            raise unreachable(self.url, error) from error

    def in_one(self, what: str, written: sa.UpdateBase) -> sa.Executable | None:
        """A statement that writes and tells of it at once, in one round trip; None where the database has none.

        Args:
            written: returns the id of the request; its parameter `executor_` says who writes, `details_` what is told.
        """
        if self.engine.dialect.name != "postgresql":
            return None
        done = written.cte("done")
        line = sa.select(
            self.now,
            sa.literal(what),
            done.c.request_id,
            sa.bindparam("executor_", type_=sa.Text),
            sa.bindparam("details_", type_=sa.Text),
        )
        columns = ["at", "event", "request_id", "executor_id", "details"]
        told = sa.insert(LOG).from_select(columns, line).returning(LOG.c.request_id).cte("told")
        return sa.select(told.c.request_id)

    @contextmanager
    def at_once(self) -> Iterator[sa.Connection]:
        """A connection where each statement is a transaction of its own.

        Raises:
            QueueUnreachable: the database does not answer.
        """
        try:
            with self.engine.connect() as connection:
                yield connection.execution_options(isolation_level="AUTOCOMMIT")
        except OperationalError as error:
            raise unreachable(self.url, error) from error

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that only reads.

        Raises:
            QueueUnreachable: the database does not answer, or holds no queue.
        """
        try:
            with self.engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise unreachable(self.url, error) from error

    def tell(
        self,
        connection: sa.Connection,
        what: str,
        *,
        request_id: str = "",
        executor_id: str = "",
        **details: Any,
    ) -> None:
        """Write into the log, in the transaction of what it tells of."""
        self.tell_all(connection, what, [{"request_id": request_id, "executor_id": executor_id, **details}])

    def tell_all(self, connection: sa.Connection, what: str, told: Sequence[Mapping[str, Any]]) -> None:
        """Write the same event of many into the log: request_id, executor_id, and the details of each."""
        rows = [
            {
                "event": what,
                "request_id": each["request_id"],
                "executor_id": each["executor_id"],
                "details": json.dumps(
                    {name: value for name, value in each.items() if name not in _OWN_COLUMNS},
                    ensure_ascii=False,
                    sort_keys=True,
                ),
            }
            for each in told
        ]
        connection.execute(self._telling, rows)

    def wake(self, connection: sa.Connection, word: str = "") -> None:
        """Tell whoever listens that there is work, when the transaction is committed; see `wake.py`."""
        if self.engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_notify(CHANNEL, word)))

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def driver_url(url: str) -> str:
    """Name the driver that we install in a database's address.

    Raises:
        QueueUnreachable: neither SQLite nor PostgreSQL.
    """
    if url.startswith(("sqlite:///", "postgresql+psycopg://")):
        return url
    for scheme in ("postgresql://", "postgres://"):
        if url.startswith(scheme):
            return f"postgresql+psycopg://{url.removeprefix(scheme)}"
    raise QueueUnreachable(
        f"{url.partition(':')[0]}: is no queue that we know", next_step="sqlite:///FILE, or postgresql://…"
    )


def make_engine(url: str, *, slots: int = 1) -> sa.Engine:
    """An engine whose SQLite connections write ahead, wait for each other, and take the lock when they begin.

    As many connections are kept as are used most of the time: to make one costs more than what it is used for.
    """
    options = {"pool_size": min(max(slots, _KEPT[0]), _KEPT[1])}
    if not url.startswith("sqlite"):
        engine = sa.create_engine(url, connect_args={"connect_timeout": 10}, **options)
        _try_those_that_rested(engine)
        return engine
    engine = sa.create_engine(url, connect_args={"timeout": 30, "check_same_thread": False}, **options)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for setting in ("busy_timeout=30000", "foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {setting}")

    return engine


def _try_those_that_rested(engine: sa.Engine) -> None:
    """Ask a connection that nobody used for a while whether it lives; asking each time costs a round trip each."""

    @event.listens_for(engine, "checkin")
    def rest(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def try_it(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("rests_since", math.inf) < _QUIET_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.InvalidatePoolError from error  # the pool makes new ones, and asks again


def unreachable(url: str, error: Exception) -> QueueUnreachable:
    """Say that a database does not answer, without the password of its address."""
    shown = sa.make_url(url).render_as_string(hide_password=True)
    reason = str(getattr(error, "orig", error)).strip().splitlines()
    return QueueUnreachable(
        f"the queue {shown} cannot be used: {reason[0] if reason else type(error).__name__}",
        next_step="start the database, or look at the address; `foundry-kernel serve` makes the tables",
    )

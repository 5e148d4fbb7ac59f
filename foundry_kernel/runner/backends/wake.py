"""Hearing that there may be work, so that nobody has to look all the time (spec 5.3).

PostgreSQL tells it on a channel, to one connection of each serving process. That a connection hears is proved and not
assumed: a word is sent through another one and has to arrive, at first and again after a silence. Behind a pooler that
does not carry LISTEN it never arrives, on a connection that was cut it arrives no more; whoever serves then looks
at the queue by itself, often, until a new connection has proved that it hears.

A SQLite file tells its version to every connection, and so whether anybody wrote. That is asked when the time of its
log changed, which costs an idle process less than asking each time, and now and then, should times not be trusted.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError

from foundry_kernel.runner.backends.backend import QueueUnreachable
from foundry_kernel.runner.backends.database import CHANNEL, Database

ARRIVES_S = 2.0
"""A word that takes longer does not arrive."""

PROVE_EVERY_S = 15.0
AGAIN_S = 1.0
DEAF_FOR_S = 30.0
"""So long nothing is tried where a connection came about and did not hear: a pooler stays one."""

_LOOK_UP_S = 0.5
_LOG_EVERY_S = 0.01
_VERSION_EVERY_S = 0.5
_TICK_NS = 50_000_000
"""A file may be written twice at what its file system takes for one time, which is less than this."""


class Listener(Protocol):
    """Hears that the queue changed."""

    @property
    def hears(self) -> bool:
        """Whether a change would be heard; if not, one has to look."""
        ...

    def listen(self, changed: Callable[[], None], stop: threading.Event) -> None:
        """Call `changed` whenever there may be work, until `stop`; never raises for a database that is gone."""
        ...


class ChannelListener:
    """Listens on PostgreSQL's channel."""

    def __init__(self, database: Database) -> None:
        self.hears = False
        self._database = database

    def listen(self, changed: Callable[[], None], stop: threading.Event) -> None:
        """See `Listener`."""
        driver = self._database.engine.dialect.loaded_dbapi
        while not stop.is_set():
            pause_s = AGAIN_S
            try:
                with closing(self._connected()) as connection:
                    self._hear(connection, changed, stop)
                    pause_s = DEAF_FOR_S
            except (driver.Error, SQLAlchemyError, QueueUnreachable):
                pass  # it was cut; the next one has to prove that it hears
            self.hears = False
            changed()
            stop.wait(pause_s)

    def _connected(self) -> Any:
        """A connection of its own, which the pool does not know."""
        raw = self._database.engine.raw_connection()
        connection: Any = raw.driver_connection
        raw.detach()
        connection.autocommit = True
        return connection

    def _hear(self, connection: Any, changed: Callable[[], None], stop: threading.Event) -> None:
        """Listen until `stop`, or until a word that was sent did not arrive."""
        connection.execute(f"LISTEN {CHANNEL}")
        while not stop.is_set():
            word = uuid.uuid4().hex
            with self._database.writing() as other:
                self._database.wake(other, word)
            if not self._arrives(connection, changed, stop, word, ARRIVES_S):
                return
            if not self.hears:
                self.hears = True
                changed()  # what was told before it heard
            self._arrives(connection, changed, stop, None, PROVE_EVERY_S)

    @staticmethod
    def _arrives(
        connection: Any, changed: Callable[[], None], stop: threading.Event, word: str | None, within_s: float
    ) -> bool:
        """Pass on what is heard, until one word or the end of the time."""
        until = time.monotonic() + within_s
        while not stop.is_set() and (left := until - time.monotonic()) > 0:
            came = [each.payload for each in connection.notifies(timeout=min(left, _LOOK_UP_S), stop_after=1)]
            if "" in came:
                changed()
            if word in came:
                return True
        return stop.is_set()


class VersionListener:
    """Asks a SQLite file for its version."""

    def __init__(self, database: Database) -> None:
        self.hears = False
        self._file = str(database.engine.url.database)
        self._log = Path(f"{self._file}-wal")

    def listen(self, changed: Callable[[], None], stop: threading.Event) -> None:
        """See `Listener`."""
        while not stop.is_set():
            try:
                with closing(sqlite3.connect(self._file, isolation_level=None)) as connection:
                    self._watch(connection, changed, stop)
            except sqlite3.Error:
                pass
            self.hears = False
            changed()
            stop.wait(AGAIN_S)

    def _watch(
        self, connection: sqlite3.Connection, changed: Callable[[], None], stop: threading.Event
    ) -> None:
        seen, known, sure_until = None, None, 0.0
        while not stop.wait(_LOG_EVERY_S):
            at = self._log_written_at()
            if at == known is not None and time.monotonic() < sure_until:
                continue
            known = at if at is not None and time.time_ns() - at > _TICK_NS else None
            sure_until = time.monotonic() + _VERSION_EVERY_S
            (version,) = connection.execute("PRAGMA data_version").fetchone()
            if version != seen:
                seen = version
                self.hears = True
                changed()

    def _log_written_at(self) -> int | None:
        try:
            return self._log.stat().st_mtime_ns
        except OSError:
            return None


def listener_for(database: Database) -> Listener:
    """What hears on a database."""
    if database.engine.dialect.name == "postgresql":
        return ChannelListener(database)
    return VersionListener(database)

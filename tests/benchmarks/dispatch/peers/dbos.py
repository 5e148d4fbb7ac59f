"""DBOS by its own queue, without our records: the library beneath ours, in the environment of ours.

One workflow without steps for each job. On SQLite it is given the journal that ours has (WAL, `synchronous=NORMAL`); as
it ships it would keep a rollback journal. It looks at the queue every 0.1 s instead of every second. Without a key of
its vendor's service it reports nothing to anybody.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import Any

from tests.benchmarks.dispatch.database import Counted
from tests.benchmarks.dispatch.notes import began
from tests.benchmarks.dispatch.peer import LOOK_S, SLOTS, Peer, Place

NAME = "begin"
VERSION = "1"


class Dbos:
    """Ends are the state of its workflows."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.client: Any = None
        table = "workflow_status" if place.url.startswith("sqlite") else "dbos.workflow_status"
        self.left = Counted(place.url, f"SELECT count(*) FROM {table} WHERE status <> 'SUCCESS'")

    def create(self) -> None:
        """Its tables, and a client to enqueue with."""
        from dbos import DBOS, DBOSClient

        DBOS.migrate(_driver_url(self.place.url))
        self.client = DBOSClient(**_database(self.place.url))

    def put(self, numbers: Iterable[int]) -> None:
        """A workflow for each."""
        for number in numbers:
            self.client.enqueue({"workflow_name": NAME, "queue_name": NAME, "app_version": VERSION}, number)

    def work(self) -> None:
        """With 20 slots."""
        from dbos import DBOS

        config: Any = {
            "name": NAME,
            "executor_id": f"worker{os.getpid()}",
            "application_version": VERSION,
            "log_level": "ERROR",
            "max_executor_threads": SLOTS + 8,
            **_database(self.place.url),
        }
        DBOS(config=config)
        DBOS.workflow(name=NAME)(_begin)
        DBOS.listen_queues([NAME])
        DBOS.launch()
        DBOS.register_queue(
            NAME, worker_concurrency=SLOTS, polling_interval_sec=LOOK_S, on_conflict="always_update"
        )
        threading.Event().wait()


def _begin(number: int) -> None:
    began(number)


def _database(url: str) -> dict[str, Any]:
    """How the library is told its database."""
    if not url.startswith("sqlite"):
        return {"system_database_url": _driver_url(url)}
    import sqlalchemy as sa

    engine = sa.create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for setting in ("busy_timeout=30000", "foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {setting}")

    return {"system_database_engine": engine}


def _driver_url(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


PEER = Peer(
    name="dbos",
    title="DBOS alone",
    databases=("sqlite", "postgresql"),
    survives="requests and ends; a killed worker's wait until they are resumed",
    driven=Dbos,
)

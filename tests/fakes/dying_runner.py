"""A runner process that serves a queue and dies just before one of its commits, as if somebody pulled the plug.

    python -m tests.fakes.dying_runner URL PROJECT COMMIT

Counted are the commits that serve its one request once it was taken, in our own tables and in those of the library.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy import event

from foundry_kernel.runner.backends.backend import Finished, Holding, Wish, Work
from foundry_kernel.runner.backends.durable import QueueServer, ServeQueue

DIED = 9
ENDED = 7


class Doing:
    """Executes work in no time."""

    def materialize(self, work: Work) -> None:
        """There is nothing to lay out."""

    def execute(self, work: Work, holding: Holding, wish: Callable[[], Wish | None]) -> Finished:
        """Say who did it."""
        return Finished("completed", message=f"by {os.getpid()}")


def main(arguments: list[str]) -> None:
    """See the top of this module."""
    url, project, last = arguments[0], arguments[1], int(arguments[2])
    counted = 0

    @event.listens_for(sa.Engine, "commit")
    def count(connection: sa.Connection) -> None:
        nonlocal counted
        if threading.current_thread().name == "foundry-request":
            counted += 1
            if counted == last:
                os._exit(DIED)

    @event.listens_for(sa.Engine, "before_cursor_execute")
    def count_at_once(connection: sa.Connection, *_statement: object) -> None:
        if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
            count(connection)

    server = QueueServer(url, Doing(), ServeQueue(project, (project,), ttl_s=1.0))
    server.start()
    while not server.is_empty():
        threading.Event().wait(0.02)
    os._exit(ENDED)


if __name__ == "__main__":
    main(sys.argv[1:])

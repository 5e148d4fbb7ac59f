"""Staying alive in the eyes of the others, and taking up what the dead left: one reaper at a time (spec 5.4).

Each serving process beats. Who has not beaten for its time to live is declared dead by the one process that is the
reaper, which then lets the queue give its work to others. Who was declared dead may not beat again: it notices at its
next beat and ends itself and everything that it runs, at once, since somebody else may be at its work.

The reaper is elected for a term by one conditional statement, and does its work only well within the term. Should one
be stopped between looking and acting, and act after its term, then a live request is started twice: the later hold is
the one that may write its end, and the repository decides that nothing is delivered twice.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from foundry_kernel.runner.backends.backend import QueueUnreachable
from foundry_kernel.runner.backends.database import EXECUTORS, REAPER, Database

BEATS_PER_LIFE = 4
_MARGIN = 0.5


@dataclass(frozen=True)
class ExecutorFacts:
    """A serving process, as it tells the others.

    Attributes:
        executor_id: unique for each process that ever served.
        ttl_s: seconds of silence after which it counts as dead.
    """

    executor_id: str
    runner_id: str
    projects: tuple[str, ...]
    trusted: bool
    slots: int
    ttl_s: float


class Keeper:
    """Beats for one process, and is the reaper if it is elected."""

    def __init__(
        self,
        database: Database,
        facts: ExecutorFacts,
        *,
        resume_work_of: Callable[[str], int],
        on_death: Callable[[str], None],
    ) -> None:
        """Prepare; `start` begins.

        Args:
            resume_work_of: gives the work of a dead executor to others; how much it was. May be done again.
            on_death: called once, from another thread, when this process was declared dead; has to end it.
        """
        self._database = database
        self._facts = facts
        self._resume_work_of = resume_work_of
        self._on_death = on_death
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="foundry-keeper", daemon=True)

    def start(self) -> None:
        """Register this process, and begin to beat."""
        facts = self._facts
        with self._database.writing() as connection:
            connection.execute(
                sa.insert(EXECUTORS).values(
                    executor_id=facts.executor_id,
                    runner_id=facts.runner_id,
                    host=socket.gethostname(),
                    pid=os.getpid(),
                    projects=json.dumps(facts.projects),
                    trusted=facts.trusted,
                    slots=facts.slots,
                    started_at=self._database.now,
                    beat_at=self._database.now,
                    ttl_s=facts.ttl_s,
                )
            )
            self._database.tell(connection, "joined", executor_id=facts.executor_id, runner=facts.runner_id)
        self._thread.start()

    def leave(self) -> None:
        """Stop beating, and say that what is left of this process's work is for others."""
        self._stop.set()
        self._thread.join(timeout=10)
        with self._database.writing() as connection:
            own = EXECUTORS.c.executor_id == self._facts.executor_id
            left = connection.execute(
                sa.update(EXECUTORS)
                .where(own, EXECUTORS.c.dead_at.is_(None))
                .values(left_at=self._database.now, dead_at=self._database.now)
            )
            if left.rowcount:
                self._database.tell(connection, "left", executor_id=self._facts.executor_id)

    def beat(self) -> bool:
        """Say that this process is alive; False when it was declared dead before."""
        with self._database.writing() as connection:
            own = EXECUTORS.c.executor_id == self._facts.executor_id
            beaten = connection.execute(
                sa.update(EXECUTORS)
                .where(own, EXECUTORS.c.dead_at.is_(None))
                .values(beat_at=self._database.now)
            )
            return bool(beaten.rowcount == 1)

    def reap(self) -> int:
        """If this process is the reaper now, declare the silent dead and give their work to others; how much it was."""
        if not self._elected():
            return 0
        given = 0
        for executor_id in self._dead():
            if not self._elected():
                return given
            work = self._resume_work_of(executor_id)
            given += work
            with self._database.writing() as connection:
                connection.execute(
                    sa.update(EXECUTORS)
                    .where(EXECUTORS.c.executor_id == executor_id)
                    .values(reaped_at=self._database.now)
                )
                self._database.tell(
                    connection, "reaped", executor_id=executor_id, by=self._facts.executor_id, work=work
                )
        return given

    def _elected(self) -> bool:
        term_s = self._facts.ttl_s
        with self._database.writing() as connection:
            now = self._database.now
            won = connection.execute(
                sa.update(REAPER)
                .where(sa.or_(REAPER.c.holder == self._facts.executor_id, REAPER.c.until < now))
                .values(holder=self._facts.executor_id, term=REAPER.c.term + 1, until=now + term_s * _MARGIN)
            )
            return bool(won.rowcount == 1)

    def _dead(self) -> list[str]:
        """Executors whose work is to be given to others: silent too long, or left, and not reaped yet."""
        with self._database.writing() as connection:
            now = self._database.now
            silent = sa.and_(EXECUTORS.c.dead_at.is_(None), EXECUTORS.c.beat_at + EXECUTORS.c.ttl_s < now)
            for (executor_id,) in connection.execute(sa.select(EXECUTORS.c.executor_id).where(silent)).all():
                done = connection.execute(
                    sa.update(EXECUTORS)
                    .where(EXECUTORS.c.executor_id == executor_id, silent)
                    .values(dead_at=now)
                )
                if done.rowcount:
                    self._database.tell(
                        connection, "died", executor_id=executor_id, noticed_by=self._facts.executor_id
                    )
            rows = connection.execute(
                sa.select(EXECUTORS.c.executor_id).where(
                    EXECUTORS.c.dead_at.is_not(None), EXECUTORS.c.reaped_at.is_(None)
                )
            )
            return [executor_id for (executor_id,) in rows]

    def _keep(self) -> None:
        own, ttl_s = self._facts.executor_id, self._facts.ttl_s
        patient_until = 0.0
        while not self._stop.wait(ttl_s / BEATS_PER_LIFE):
            try:
                if not self.beat():
                    self._on_death(f"{own} was silent too long and was given up")
                    return
                if time.monotonic() >= patient_until:
                    self.reap()
            except (
                QueueUnreachable
            ):  # nobody could beat: who is heard first afterwards calls nobody dead for that
                patient_until = time.monotonic() + ttl_s
            except Exception as error:  # noqa: BLE001 - whatever it is, nobody would hear of this process any more
                self._on_death(f"{own} cannot say that it lives: {type(error).__name__}: {error}")
                return

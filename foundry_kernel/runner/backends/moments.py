"""Recurring moments of a queue: each is claimed once, however many processes keep the same schedule (spec 5.4, 7.2).

The claim keeps the request that was made for the moment, whole. Whoever claimed it and died before it was queued has
its very request queued by somebody else, so that no moment asks for two, and none is lost.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from foundry_kernel.errors import FoundryError
from foundry_kernel.runner.backends.backend import Enqueued, ExecutionBackend, Work
from foundry_kernel.runner.backends.database import METADATA, Database
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.timestamp import format_timestamp

MOMENTS = sa.Table(
    "foundry_moments",
    METADATA,
    sa.Column("schedule", sa.Text, primary_key=True),
    sa.Column("due", sa.Text, primary_key=True),
    sa.Column("claimed_by", sa.Text, nullable=False),
    sa.Column("claimed_at", sa.Float, nullable=False),
    sa.Column("work", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False, default=""),
    sa.Column("why", sa.Text, nullable=False, default=""),
)

UNFINISHED_S = 60.0
"""How long whoever claimed a moment may take to queue its request, before others do it."""

Outcome = Literal["queued", "deduplicated", "elsewhere", "refused"]


@dataclass(frozen=True)
class Asked:
    """What became of a moment.

    Attributes:
        outcome: `queued`; `deduplicated`: the same was asked before, and nothing runs again; `elsewhere`: another
            process has the moment; `refused`: see `why`.
        request_id: the request that holds the key.
    """

    outcome: Outcome
    request_id: str = ""
    why: str = ""


@dataclass(frozen=True)
class Moments:
    """The moments of one queue.

    Attributes:
        queue: where requests go, in the same database.
        by: who claims, unlike anybody else.
    """

    database: Database
    queue: ExecutionBackend
    by: str
    unfinished_s: float = UNFINISHED_S

    def create(self) -> None:
        """Make the table if it is missing; safe beside others that do the same.

        Raises:
            QueueUnreachable: the database does not answer.
        """
        with self.database.writing() as connection:
            if self.database.engine.dialect.name == "postgresql":
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(7246001)"))
            MOMENTS.create(connection, checkfirst=True)

    def ask(self, schedule: str, due: datetime, make: Callable[[], Work]) -> Asked:
        """Queue the request of a moment, if nobody has the moment.

        Args:
            schedule: names the entry and what it asks for, the same in every process.
            due: the moment, aware.
            make: makes the request; called only where nobody is known to have the moment.

        Raises:
            QueueUnreachable: the database does not answer; the moment can be asked for again.
            FoundryError, ArtifactError: no request can be made here; others may have the moment.
        """
        moment = (schedule, format_timestamp(due))
        with self.database.reading() as connection:
            if connection.execute(sa.select(MOMENTS.c.due).where(self._is(moment))).first() is not None:
                return Asked("elsewhere")
        work = make()
        with self.database.writing() as connection:
            claimed = connection.execute(
                self._insert_unless_there(moment, json.dumps(asdict(work), ensure_ascii=False))
            )
            if claimed.first() is None:
                return Asked("elsewhere")
        return self._queued(moment, work)

    def finish(self) -> list[Asked]:
        """Queue what others claimed and died over.

        Raises:
            QueueUnreachable: the database does not answer.
        """
        done = []
        with self.database.reading() as connection:
            left = self._left_alone()
            rows = connection.execute(sa.select(MOMENTS.c.schedule, MOMENTS.c.due).where(left)).all()
        for row in rows:
            moment = (str(row.schedule), str(row.due))
            with self.database.writing() as connection:
                taken = connection.execute(
                    sa.update(MOMENTS)
                    .where(self._is(moment), self._left_alone())
                    .values(claimed_by=self.by, claimed_at=self.database.now)
                )
                if taken.rowcount != 1:
                    continue
                kept = connection.execute(sa.select(MOMENTS.c.work).where(self._is(moment))).scalar_one()
            done.append(self._queued(moment, Work(**json.loads(kept))))
        return done

    def _queued(self, moment: tuple[str, str], work: Work) -> Asked:
        try:
            asked = self._enqueued(work)
        except (FoundryError, ArtifactError) as error:
            if error.exit_code == 4:  # the database, which may come back
                raise
            asked = Asked("refused", work.request_id, error.message)
        with self.database.writing() as connection:
            connection.execute(
                sa.update(MOMENTS)
                .where(self._is(moment))
                .values(outcome=asked.outcome, why=asked.why, work="")
            )
            self.database.tell(
                connection,
                "moment",
                request_id=asked.request_id,
                schedule=moment[0],
                due=moment[1],
                outcome=asked.outcome,
                by=self.by,
                **({"why": asked.why} if asked.why else {}),
            )
        return asked

    def _enqueued(self, work: Work) -> Asked:
        done: Enqueued = self.queue.enqueue(work)
        again = done.deduplicated and done.request_id != work.request_id
        return Asked("deduplicated" if again else "queued", done.request_id)

    def _insert_unless_there(self, moment: tuple[str, str], work: str) -> sa.Insert:
        from sqlalchemy.dialects import postgresql, sqlite

        schedule, due = moment
        values: dict[str, Any] = {"schedule": schedule, "due": due, "claimed_by": self.by, "work": work}
        values["claimed_at"] = self.database.now
        if self.database.engine.dialect.name == "postgresql":
            unless_there = postgresql.insert(MOMENTS).values(**values).on_conflict_do_nothing()
            return unless_there.returning(MOMENTS.c.due)
        return sqlite.insert(MOMENTS).values(**values).on_conflict_do_nothing().returning(MOMENTS.c.due)

    def _is(self, moment: tuple[str, str]) -> sa.ColumnElement[bool]:
        return sa.and_(MOMENTS.c.schedule == moment[0], MOMENTS.c.due == moment[1])

    def _left_alone(self) -> sa.ColumnElement[bool]:
        late = MOMENTS.c.claimed_at + self.unfinished_s < self.database.now
        return sa.and_(MOMENTS.c.outcome == "", late)

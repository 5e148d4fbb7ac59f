"""Taking requests, beginning and ending them under a hold, giving them back (spec 3.7, 5.4).

A request is held by whoever raised its number last. Taking, and only that, raises it: in the transaction that takes, so
that no request is ever taken by two, nor by an executor that was declared dead. What a hold allows is asked by the
statement that makes use of it. Everything here is one transaction; a process may die between any two of them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from foundry_kernel.errors import CannotDispatch
from foundry_kernel.runner.backends.backend import Finished, Holding, Wish, Work
from foundry_kernel.runner.backends.database import EXECUTORS, WAITING, WORK, Database


class HoldLost(CannotDispatch):
    """Somebody else holds the request now, or it has ended: what this process would write counts no more."""


@dataclass(frozen=True)
class Taken:
    """A request that this process holds."""

    work: Work
    holding: Holding


@dataclass(frozen=True)
class Holds:
    """The holds in the queue's tables."""

    database: Database

    def take(self, executor_id: str, projects: Sequence[str], *, changes: bool, most: int) -> list[Taken]:
        """Hold requests that wait, oldest first; none if this executor was declared dead.

        Args:
            changes: also those that change a repository for good.
            most: how many at most, > 0.
        """
        fit = sa.and_(WAITING, WORK.c.project_id.in_(projects))
        if not changes:
            fit = sa.and_(fit, WORK.c.changes.is_(False))
        oldest = sa.select(WORK.c.key).where(fit).order_by(WORK.c.enqueued_at, WORK.c.request_id)
        with self.database.writing() as connection:
            asked = oldest.limit(most).with_for_update(skip_locked=True)
            keys = list(connection.execute(asked).scalars())
            if not keys:
                return []
            rows = self._raise(connection, sa.and_(WAITING, WORK.c.key.in_(keys)), executor_id)
        return sorted(rows, key=lambda each: keys.index(each.work.key))

    def hold(self, key: str, executor_id: str) -> Holding:
        """Take one request up, whoever holds it: from now on only this hold may end it.

        Raises:
            HoldLost: it has ended, or this executor was declared dead.
        """
        with self.database.writing() as connection:
            unended = sa.and_(WORK.c.key == key, WORK.c.ended_at.is_(None))
            taken = self._raise(connection, unended, executor_id)
        if not taken:
            raise HoldLost(f"the request of key {key[:19]}… cannot be taken up by {executor_id}")
        return taken[0].holding

    def begin(self, holding: Holding) -> Wish | None:
        """Note that the execution begins: from here on something may have happened. Or who wanted the end before.

        Raises:
            HoldLost: somebody else holds it, or may.
        """
        return self._under(holding, "begun", {})

    def end(self, holding: Holding, finished: Finished) -> None:
        """Write the one end of a request. The same end again under the same hold is an answer that was not heard.

        Raises:
            HoldLost: somebody else holds it, or it has ended.
        """
        values = {
            "status_": finished.status,
            "message_": finished.message,
            "finished_": json.dumps(asdict(finished), ensure_ascii=False),
        }
        told = {"status": finished.status, "run_id": finished.run_id}
        self._under(holding, "ended", values, **told)

    def is_held(self, holding: Holding) -> bool:
        """Whether a hold is still the one that counts."""
        with self.database.reading() as connection:
            held = sa.and_(_under(holding), WORK.c.executor_id == holding.executor_id)
            return connection.execute(sa.select(WORK.c.key).where(held)).first() is not None

    def give_back(self, holding: Holding, why: str) -> bool:
        """Let others take a request that was not ended; False when it is not ours to give."""
        held = sa.and_(_under(holding), WORK.c.executor_id == holding.executor_id)
        return self._give_back(held, holding.executor_id, why) == 1

    def give_back_all(self, executor_id: str, why: str, *, known: Collection[str] = ()) -> int:
        """Let others take what an executor holds; how much it was. May be done again.

        Args:
            known: keys that it keeps.
        """
        held = sa.and_(WORK.c.executor_id == executor_id, WORK.c.ended_at.is_(None))
        if known:
            held = sa.and_(held, WORK.c.key.not_in(sorted(known)))
        return self._give_back(held, executor_id, why)

    @cached_property
    def _writing(self) -> dict[str, tuple[sa.Executable, sa.Executable | None]]:
        """What writes an event of a hold, and what writes and tells it at once."""
        end: dict[str, Any] = {name: sa.bindparam(f"{name}_") for name in ("status", "message", "finished")}
        end |= {"executor_id": sa.bindparam("executor_"), "ended_at": self.database.now}
        own = sa.and_(WORK.c.executor_id == sa.bindparam("executor_"), WORK.c.cancel_by == "")
        begun = sa.update(WORK).where(_HELD, own).values(begun=WORK.c.begun + 1).returning(WORK.c.request_id)
        # Also what was given back, if nobody took it since: it was done.
        ended = sa.update(WORK).where(_HELD).values(**end).returning(WORK.c.request_id)
        return {
            "begun": (begun, self.database.in_one("begun", begun)),
            "ended": (ended, self.database.in_one("ended", ended)),
        }

    def _give_back(self, held: sa.ColumnElement[bool], executor_id: str, why: str) -> int:
        with self.database.writing() as connection:
            given = sa.update(WORK).where(held).values(executor_id="").returning(WORK.c.request_id)
            requests = list(connection.execute(given).scalars())
            told = [{"request_id": each, "executor_id": executor_id, "why": why} for each in requests]
            if told:
                self.database.tell_all(connection, "given_back", told)
                self.database.wake(connection)
        return len(requests)

    def _raise(
        self, connection: sa.Connection, which: sa.ColumnElement[bool], executor_id: str
    ) -> list[Taken]:
        """Take what fits for an executor that is alive, which cannot be declared dead meanwhile."""
        alive = sa.select(EXECUTORS.c.executor_id).where(
            EXECUTORS.c.executor_id == executor_id, EXECUTORS.c.dead_at.is_(None)
        )
        rows = connection.execute(
            sa.update(WORK)
            .where(which, alive.with_for_update(read=True).exists())
            .values(holds=WORK.c.holds + 1, executor_id=executor_id)
            .returning(*TAKEN)
        ).mappings()
        taken = [taken_by(executor_id, dict(row)) for row in rows]
        told = [
            {
                "request_id": each.work.request_id,
                "executor_id": executor_id,
                "hold": each.holding.number,
            }
            for each in taken
        ]
        if told:
            self.database.tell_all(connection, "held", told)
        return taken

    def _under(self, holding: Holding, what: str, values: dict[str, str], **details: Any) -> Wish | None:
        written, in_one = self._writing[what]
        own = {"key_": holding.key, "number_": holding.number, "executor_": holding.executor_id}
        told = {"hold": holding.number, **details}
        if in_one is not None:
            said = {"details_": json.dumps(told, ensure_ascii=False, sort_keys=True)}
            with self.database.at_once() as connection:
                if connection.execute(in_one, {**own, **values, **said}).scalar() is not None:
                    return None
        told |= {"executor_id": holding.executor_id}
        with self.database.writing() as connection:
            request_id = connection.execute(written, {**own, **values}).scalar()
            if request_id is not None:
                self.database.tell(connection, what, request_id=request_id, **told)
                return None
            row = connection.execute(sa.select(*_STANDING).where(WORK.c.key == holding.key)).one()
            if row.holds == holding.number:
                if row.ended_at is not None and values.get("finished_") == row.finished:
                    return None
                if row.ended_at is None and row.executor_id == holding.executor_id and row.cancel_by:
                    return Wish(row.cancel_by, row.cancel_why)
            told |= {"why": f"{what} under hold {holding.number}, which is over"}
            self.database.tell(connection, "refused", request_id=row.request_id, **told)
        raise HoldLost(f"{row.request_id}: hold {holding.number} is over", next_step="stop the run")


_HELD = sa.and_(
    WORK.c.key == sa.bindparam("key_"), WORK.c.holds == sa.bindparam("number_"), WORK.c.ended_at.is_(None)
)
_STANDING = (
    WORK.c.request_id,
    WORK.c.executor_id,
    WORK.c.holds,
    WORK.c.ended_at,
    WORK.c.finished,
    WORK.c.cancel_by,
    WORK.c.cancel_why,
)
TAKEN = (
    WORK.c.key,
    WORK.c.request_hash,
    WORK.c.request_id,
    WORK.c.project_id,
    WORK.c.changes,
    WORK.c.requested_by,
    WORK.c.body,
    WORK.c.holds,
    WORK.c.begun,
)


def _under(holding: Holding) -> sa.ColumnElement[bool]:
    return sa.and_(WORK.c.key == holding.key, WORK.c.holds == holding.number, WORK.c.ended_at.is_(None))


def taken_by(executor_id: str, row: dict[str, Any]) -> Taken:
    """Read a row of the columns `TAKEN`."""
    body = json.loads(row.pop("body"))
    holding = Holding(row["key"], row.pop("holds"), row.pop("begun"), executor_id=executor_id)
    work = Work(**row, request=body["request"], artifacts=tuple(body["artifacts"]))
    return Taken(work, holding)

"""Reading and writing the queue's tables: feeding and looking; what a hold allows is in `holds.py` (spec 5.3, 5.4)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from foundry_kernel.runner.backends.backend import (
    Enqueued,
    ExecutorLine,
    Finished,
    KeyTaken,
    UnknownWork,
    Wish,
    Work,
    WorkLine,
    WorkState,
)
from foundry_kernel.runner.backends.database import EXECUTORS, LOG, WORK
from foundry_kernel.runner.backends.holds import TAKEN, HoldLost, Holds, taken_by


@dataclass(frozen=True)
class Records(Holds):
    """The queue's tables."""

    def put(self, work: Work) -> Enqueued:
        """Keep work and wake who may take it, in one transaction; or answer with what holds the key.

        Raises:
            KeyTaken: the key was queued for something else; recorded.
        """
        body = json.dumps({"request": work.request, "artifacts": list(work.artifacts)}, ensure_ascii=False)
        try:
            with self.database.writing() as connection:
                connection.execute(
                    sa.insert(WORK).values(
                        key=work.key,
                        request_hash=work.request_hash,
                        request_id=work.request_id,
                        project_id=work.project_id,
                        changes=work.changes,
                        requested_by=work.requested_by,
                        body=body,
                        enqueued_at=self.database.now,
                    )
                )
                self.database.tell(connection, "enqueued", request_id=work.request_id, by=work.requested_by)
                self.database.wake(connection)
        except IntegrityError:
            return self._held(work)
        return Enqueued(work.request_id, deduplicated=False)

    def _held(self, work: Work) -> Enqueued:
        with self.database.writing() as connection:
            row = connection.execute(sa.select(WORK).where(WORK.c.key == work.key)).mappings().first()
            if row is None:
                raise UnknownWork(f"request {work.request_id} cannot be queued: its id is taken")
            held = str(row["request_id"])
            same = row["request_hash"] == work.request_hash
            if same:
                again = WORK.c.times_deduplicated + 1
                connection.execute(
                    sa.update(WORK).where(WORK.c.key == work.key).values(times_deduplicated=again)
                )
            what = "deduplicated" if same else "refused"
            why = {} if same else {"why": "the key was queued for something else"}
            self.database.tell(connection, what, request_id=held, asked_as=work.request_id, **why)
        if not same:
            raise KeyTaken(
                f"idempotency key {work.key[:19]}… is held by {held}, which asks for something else",
                next_step="record an override to run it again",
            )
        return Enqueued(held, deduplicated=True)

    def unfinished(self, projects: Sequence[str], *, changes: bool) -> int:
        """How many requests of some projects have not ended.

        Args:
            changes: count those that change a repository for good as well.
        """
        asked = sa.and_(WORK.c.ended_at.is_(None), WORK.c.project_id.in_(projects))
        if not changes:
            asked = sa.and_(asked, WORK.c.changes.is_(False))
        with self.database.reading() as connection:
            return int(connection.execute(sa.select(sa.func.count()).where(asked)).scalar_one())

    def wish(self, key: str) -> Wish | None:
        """Whether somebody wants the end of a request."""
        with self.database.reading() as connection:
            asked = sa.select(WORK.c.cancel_by, WORK.c.cancel_why).where(WORK.c.key == key)
            row = connection.execute(asked).first()
        return Wish(row.cancel_by, row.cancel_why) if row is not None and row.cancel_by else None

    def ask_for_end(self, request_id: str, wish: Wish) -> str:
        """Note that somebody wants the end of a request, and end it at once if nobody holds it; its key.

        Raises:
            UnknownWork: there is none of this id.
        """
        row = self._row(WORK.c.request_id == request_id)
        with self.database.writing() as connection:
            noted = connection.execute(
                sa.update(WORK)
                .where(WORK.c.key == row["key"], WORK.c.cancel_by == "", WORK.c.ended_at.is_(None))
                .values(cancel_by=wish.by or "somebody", cancel_why=wish.why)
            )
            if noted.rowcount:
                self.database.tell(
                    connection, "cancel_asked", request_id=request_id, by=wish.by, why=wish.why
                )
            finished = Finished("cancelled", message=f"cancelled by {wish.by}")
            ended = connection.execute(
                sa.update(WORK)
                .where(WORK.c.key == row["key"], WORK.c.executor_id == "", WORK.c.ended_at.is_(None))
                .values(
                    status="cancelled",
                    message=finished.message,
                    finished=json.dumps(asdict(finished)),
                    ended_at=self.database.now,
                )
            )
            if ended.rowcount:
                self.database.tell(connection, "ended", request_id=request_id, status="cancelled")
        return str(row["key"])

    def finished(self, request_id: str) -> Finished | None:
        """How a request ended; None while it has not.

        Raises:
            UnknownWork: there is none of this id.
        """
        row = self._row(WORK.c.request_id == request_id)
        return Finished(**json.loads(row["finished"])) if row["finished"] else None

    def note_told(self, request_id: str, executor_id: str) -> None:
        """Note that whoever is told of an end was told of this one."""
        with self.database.writing() as connection:
            self.database.tell(connection, "told", request_id=request_id, executor_id=executor_id)

    def untold(self, executor_id: str) -> list[tuple[Work, Finished]]:
        """What an executor ended otherwise than well without noting that it told anybody."""
        told = sa.select(LOG.c.request_id).where(LOG.c.event == "told")
        ended = sa.and_(
            WORK.c.executor_id == executor_id, WORK.c.ended_at.is_not(None), WORK.c.status != "completed"
        )
        with self.database.reading() as connection:
            asked = sa.select(*TAKEN, WORK.c.finished).where(ended, WORK.c.request_id.not_in(told))
            rows = [dict(row) for row in connection.execute(asked).mappings()]
        ends = [Finished(**json.loads(row.pop("finished"))) for row in rows]
        works = [taken_by(executor_id, row).work for row in rows]
        return list(zip(works, ends, strict=True))

    def lines(self) -> list[WorkLine]:
        """Where every request stands, oldest first."""
        executors = {each.executor_id: each for each in self.executors()}
        with self.database.reading() as connection:
            rows = connection.execute(
                sa.select(*[column for column in WORK.c if column.name not in {"body", "finished"}]).order_by(
                    WORK.c.enqueued_at, WORK.c.request_id
                )
            ).mappings()
            return [_line(dict(row), executors) for row in rows]

    def executors(self) -> list[ExecutorLine]:
        """Every process that serves or served the queue, oldest first."""
        with self.database.reading() as connection:
            now = float(connection.execute(sa.select(self.database.now)).scalar_one())
            held: dict[str, list[str]] = {}
            for row in connection.execute(
                sa.select(WORK.c.executor_id, WORK.c.request_id).where(WORK.c.ended_at.is_(None))
            ):
                held.setdefault(row.executor_id, []).append(row.request_id)
            rows = connection.execute(sa.select(EXECUTORS).order_by(EXECUTORS.c.started_at)).mappings()
            return [_executor(dict(row), now, tuple(held.get(row["executor_id"], ()))) for row in rows]

    def log(self) -> list[dict[str, Any]]:
        """Everything that happened, oldest first."""
        with self.database.reading() as connection:
            rows = connection.execute(sa.select(LOG).order_by(LOG.c.seq)).mappings()
            return [{**row, "details": json.loads(row["details"])} for row in rows]

    def _row(self, condition: sa.ColumnElement[bool]) -> Mapping[str, Any]:
        with self.database.reading() as connection:
            row = connection.execute(sa.select(WORK).where(condition)).mappings().first()
        if row is None:
            raise UnknownWork("the queue holds no such request")
        return dict(row)


def _line(row: dict[str, Any], executors: Mapping[str, ExecutorLine]) -> WorkLine:
    holder = executors.get(row["executor_id"])
    state: WorkState = "waiting"
    if row["ended_at"] is not None:
        state = "ended"
    elif holder is not None and holder.state == "alive":
        state = "executing"
    return WorkLine(
        request_id=row["request_id"],
        key=row["key"],
        project_id=row["project_id"],
        state=state,
        changes=bool(row["changes"]),
        status=row["status"],
        executor=row["executor_id"],
        runner_id=holder.runner_id if holder else "",
        holds=row["holds"],
        begun=row["begun"],
        enqueued_at=row["enqueued_at"],
        ended_at=row["ended_at"],
        times_deduplicated=row["times_deduplicated"],
        cancel_by=row["cancel_by"],
        message=row["message"],
        why=_why_waiting(row, holder, executors) if state == "waiting" else "",
    )


def _why_waiting(
    row: Mapping[str, Any], holder: ExecutorLine | None, executors: Mapping[str, ExecutorLine]
) -> str:
    if holder is not None:
        return f"its runner {holder.runner_id} is lost; another will take it up"
    alive = [each for each in executors.values() if each.state == "alive"]
    if not alive:
        return "no runner serves this queue now"
    near = [each for each in alive if row["project_id"] in each.projects]
    if not near:
        return f"no runner that is alive serves {row['project_id']}"
    if row["changes"] and not any(each.trusted for each in near):
        return "no runner that is alive is trusted to change a repository"
    fit = [each for each in near if each.trusted or not row["changes"]]
    if all(len(each.holds) >= each.slots for each in fit):
        return "every runner that may take it is busy"
    return "it will be taken up at once"


def _executor(row: dict[str, Any], now: float, held: tuple[str, ...]) -> ExecutorLine:
    silent = max(0.0, now - row["beat_at"])
    if row["left_at"] is not None:
        state = "gone"
    else:
        state = "dead" if row["dead_at"] is not None or silent > row["ttl_s"] else "alive"
    return ExecutorLine(
        executor_id=row["executor_id"],
        runner_id=row["runner_id"],
        host=row["host"],
        pid=row["pid"],
        state=state,
        silent_s=silent,
        projects=tuple(json.loads(row["projects"])),
        trusted=bool(row["trusted"]),
        slots=row["slots"],
        holds=held if state == "alive" else (),
    )


__all__: Sequence[str] = ("HoldLost", "Records")

"""A request goes on wherever it was left: between any two statements, over a cut connection, beside a sleeper."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from foundry_kernel.runner.backends.backend import Finished, Holding, Wish, Work
from foundry_kernel.runner.backends.durable import DurableQueue, QueueServer, ServeQueue
from foundry_kernel.runner.backends.keeper import ExecutorFacts, Keeper
from tests.fakes.dying_runner import DIED, ENDED
from tests.fakes.queue_runner import piece_of_work

BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
_PATIENCE_S = 60.0
COMMITS = 7
"""More than serving one request takes: the last runner ends it and is not killed."""


class Doing:
    """Executes work in no time, or as long as the test wants; notes what was asked of it."""

    def __init__(self, meanwhile: Callable[[Work], None] = lambda work: None) -> None:
        self.laid_out: list[str] = []
        self.executed: list[str] = []
        self._meanwhile = meanwhile

    def materialize(self, work: Work) -> None:
        self.laid_out.append(work.request_id)

    def execute(self, work: Work, holding: Holding, wish: Callable[[], Wish | None]) -> Finished:
        assert work.request_id in self.laid_out
        self.executed.append(work.request_id)
        self._meanwhile(work)
        return Finished("completed", message="here")


@contextmanager
def serving(queue: DurableQueue, doing: Doing, *projects: str, slots: int = 4) -> Iterator[QueueServer]:
    """A server in this process."""
    how = ServeQueue("here", projects or ("shop",), slots=slots, ttl_s=1.0)
    server = QueueServer(queue.database.url, doing, how, on_death=lambda why: None)
    server.start()
    try:
        yield server
    finally:
        assert server.stop(wait_s=_PATIENCE_S) == 0


def wait_until_ended(queue: DurableQueue) -> None:
    """Wait for the end of everything."""
    deadline = time.monotonic() + _PATIENCE_S
    while any(each.state != "ended" for each in queue.work()):
        assert time.monotonic() < deadline, queue.log()
        time.sleep(0.02)


def ends(queue: DurableQueue) -> Counter[str]:
    return Counter(str(row["request_id"]) for row in queue.log() if row["event"] == "ended")


@BOTH
def test_a_runner_may_die_before_any_commit_and_another_goes_on_from_there(queue: DurableQueue) -> None:
    died = {}
    for commit in range(1, COMMITS + 1):
        queue.enqueue(piece_of_work(commit, project=f"p{commit}"))
        words = [
            sys.executable,
            "-m",
            "tests.fakes.dying_runner",
            queue.database.url,
            f"p{commit}",
            str(commit),
        ]
        died[commit] = subprocess.run(
            words, cwd=Path(__file__).parents[4], check=False, timeout=60
        ).returncode
    doing = Doing()
    with serving(queue, doing, *(f"p{commit}" for commit in died)):
        wait_until_ended(queue)

    assert died[1] == DIED
    assert died[COMMITS] == ENDED
    assert set(died.values()) == {DIED, ENDED}
    assert set(ends(queue).values()) == {1}
    assert len(ends(queue)) == COMMITS
    lines = {each.request_id: each for each in queue.work()}
    assert {each.status for each in lines.values()} == {"completed"}
    kept = [each for each in lines.values() if each.holds == 2 and each.request_id not in doing.executed]
    assert len(kept) == 1, "what was executed and recorded before the runner died is not executed again"
    assert kept[0].message != "here"
    held = Counter(str(row["request_id"]) for row in queue.log() if row["event"] == "held")
    assert held == {each.request_id: each.holds for each in lines.values()}


@BOTH
def test_a_request_that_was_taken_and_never_begun_is_taken_by_another(queue: DurableQueue) -> None:
    work = piece_of_work(1)
    queue.enqueue(work)
    facts = ExecutorFacts("lost", "lost", ("shop",), trusted=True, slots=1, ttl_s=0.1)
    lost = Keeper(queue.database, facts, resume_work_of=lambda name: 0, on_death=lambda why: None)
    lost.start()
    assert len(queue.records.take("lost", ["shop"], changes=False, most=1)) == 1
    lost._stop.set()
    lost._thread.join()
    with serving(queue, Doing()):
        wait_until_ended(queue)

    (line,) = queue.work()
    assert (line.status, line.runner_id, line.holds, line.begun) == ("completed", "here", 2, 1)


@BOTH
def test_who_is_told_of_ends_is_told_once_for_a_runner_that_died_over_telling(queue: DurableQueue) -> None:
    failed, done = piece_of_work(1), piece_of_work(2)
    for work in (failed, done):
        queue.enqueue(work)
    facts = ExecutorFacts("lost", "lost", ("shop",), trusted=True, slots=1, ttl_s=0.1)
    lost = Keeper(queue.database, facts, resume_work_of=lambda name: 0, on_death=lambda why: None)
    lost.start()
    for taken, status in zip(
        queue.records.take("lost", ["shop"], changes=False, most=2), ("failed", "completed"), strict=True
    ):
        queue.records.begin(taken.holding)
        queue.records.end(taken.holding, Finished(status, message="by who was lost"))
    lost._stop.set()
    lost._thread.join()

    told: list[tuple[str, str]] = []
    heard = threading.Event()

    def tell(work: Work, finished: Finished) -> None:
        told.append((work.request_id, finished.message))
        heard.set()

    how = ServeQueue("here", ("shop",), ttl_s=1.0, report_left=tell)
    server = QueueServer(queue.database.url, Doing(), how, on_death=lambda why: None)
    server.start()
    assert heard.wait(_PATIENCE_S)
    assert server.stop(wait_s=5) == 0
    assert told == [(failed.request_id, "by who was lost")], "an end that is well is nobody's trouble"
    assert queue.records.untold("lost") == []


@BOTH
def test_a_workflow_that_somebody_ended_before_its_request_begins_anew(queue: DurableQueue) -> None:
    work = piece_of_work(1)
    with serving(queue, Doing()):
        queue.enqueue(work)
        wait_until_ended(queue)
    with queue.database.writing() as connection:
        connection.execute(
            sa.text("UPDATE foundry_work SET ended_at = NULL, executor_id = '', finished = ''")
        )
    again = Doing()
    with serving(queue, again):
        wait_until_ended(queue)

    assert again.executed == [work.request_id]
    assert queue.work()[0].holds == 2


@BOTH
def test_slots_are_those_of_the_process_and_not_of_each_project(queue: DurableQueue) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def count(work: Work) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.05)
        with lock:
            now -= 1

    for number in range(12):
        queue.enqueue(piece_of_work(number, project=f"p{number % 3}"))
    doing = Doing(count)
    with serving(queue, doing, "p0", "p1", "p2", slots=2):
        wait_until_ended(queue)

    assert most == 2
    assert sorted(doing.executed) == sorted(piece_of_work(number).request_id for number in range(12))


@pytest.mark.parametrize("kind", ["postgresql"])
def test_every_connection_may_be_cut_while_a_request_runs_and_the_queue_still_serves(
    queue: DurableQueue,
) -> None:
    others = "WHERE pid <> pg_backend_pid() AND datname = current_database()"

    def cut(work: Work) -> None:
        if work.request_id == piece_of_work(1).request_id:
            with queue.database.engine.connect() as connection:
                connection.execute(
                    sa.text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity {others}")
                )

    doing = Doing(cut)
    with serving(queue, doing) as server:
        queue.enqueue(piece_of_work(1))
        while server.running or not doing.executed:
            time.sleep(0.01)
        after = DurableQueue(queue.database.url)
        after.enqueue(piece_of_work(2))
        wait_until_ended(after)
        after.close()

    assert doing.executed == [piece_of_work(number).request_id for number in (1, 2)]
    assert set(ends(queue).values()) == {1}


@BOTH
def test_an_executor_that_fails_and_who_is_told_and_fails_cost_no_end(queue: DurableQueue) -> None:
    def fail(work: Work) -> None:
        raise MemoryError("no process can be made")

    def told(work: Work, finished: Finished) -> None:
        raise OSError("nobody answers")

    how = ServeQueue("here", ("shop",), ttl_s=5.0, report=told)
    server = QueueServer(queue.database.url, Doing(fail), how)
    server.start()
    queue.enqueue(piece_of_work(1))
    wait_until_ended(queue)
    assert server.stop(wait_s=5) == 0

    (line,) = queue.work()
    assert (line.status, line.message) == ("failed", "MemoryError: no process can be made")

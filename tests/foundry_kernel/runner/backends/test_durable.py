"""A durable queue: each request comes to one end, no key mutates twice, whoever is killed, stopped or comes late."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from alloynb.evidence.warehouse import Warehouse
from foundry_kernel.runner.backends.backend import (
    Finished,
    KeyTaken,
    QueueUnreachable,
    UnknownWork,
    Wish,
)
from foundry_kernel.runner.backends.database import Database
from foundry_kernel.runner.backends.durable import DurableQueue
from foundry_kernel.runner.backends.holds import HoldLost
from foundry_kernel.runner.backends.keeper import ExecutorFacts, Keeper
from foundry_kernel.runner.queue_facts import record_queue
from tests.fakes.queue_runner import (
    RunnerProcess,
    all_of,
    bare_remote,
    delivered,
    keys_at,
    piece_of_work,
)

BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
_PATIENCE_S = 60.0


def wait_for(queue: DurableQueue, count: int, *, patience_s: float = _PATIENCE_S) -> None:
    """Wait until so many requests have ended."""
    deadline = time.monotonic() + patience_s
    while sum(each.state == "ended" for each in queue.work()) < count:
        assert time.monotonic() < deadline, [each for each in queue.work() if each.state != "ended"]
        time.sleep(0.1)


def wait_until_busy(queue: DurableQueue, runner: RunnerProcess) -> None:
    """Wait until a process holds a request, or nothing is left to hold."""
    deadline = time.monotonic() + _PATIENCE_S
    while any(each.state != "ended" for each in queue.work()):
        if any(each.pid == runner.process.pid and each.holds for each in queue.executors()):
            return
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ends(queue: DurableQueue) -> Counter[str]:
    """How many ends were written for each request."""
    return Counter(str(row["request_id"]) for row in queue.log() if row["event"] == "ended")


@BOTH
def test_the_same_key_is_queued_once_and_something_else_under_it_is_refused(queue: DurableQueue) -> None:
    first, again = piece_of_work(1), piece_of_work(1, asked_as="runreq_other")

    assert not queue.enqueue(first).deduplicated
    done = queue.enqueue(again)
    assert (done.request_id, done.deduplicated) == (first.request_id, True)
    with pytest.raises(KeyTaken, match="asks for something else"):
        queue.enqueue(type(first)(**{**vars(first), "request_hash": "other"}))
    (line,) = queue.work()
    assert (line.state, line.times_deduplicated, line.why) == (
        "waiting",
        1,
        "no runner serves this queue now",
    )
    assert [row["event"] for row in queue.log()] == ["enqueued", "deduplicated", "refused"]


@BOTH
def test_what_an_older_hold_says_counts_no_more(queue: DurableQueue) -> None:
    work = piece_of_work(1)
    queue.enqueue(work)
    for name in ("a", "b"):
        keeper_of(queue.database, name).start()
    records = queue.records
    old, new = records.hold(work.key, "a"), records.hold(work.key, "b")

    with pytest.raises(HoldLost):
        records.begin(old)
    with pytest.raises(HoldLost):
        records.end(old, Finished("completed"))
    records.begin(new)
    records.end(new, Finished("failed", message="really"))
    for late in (old, new):
        with pytest.raises(HoldLost):
            records.end(late, Finished("completed"))
    assert queue.result(work.request_id) == Finished("failed", message="really", recovery_actions=[])
    assert ends(queue) == {work.request_id: 1}
    assert [row["details"]["why"] for row in queue.log() if row["event"] == "refused"] == [
        "begun under hold 1, which is over",
        "ended under hold 1, which is over",
        "ended under hold 1, which is over",
        "ended under hold 2, which is over",
    ]


def keeper_of(database: Database, name: str, ttl_s: float = 600.0, given: list[str] | None = None) -> Keeper:
    """A keeper that only notes whose work it would give to others."""

    def resume(executor_id: str) -> int:
        (given if given is not None else []).append(executor_id)
        return 1

    facts = ExecutorFacts(name, name, ("shop",), trusted=True, slots=1, ttl_s=ttl_s)
    return Keeper(database, facts, resume_work_of=resume, on_death=lambda reason: None)


@BOTH
def test_there_is_one_reaper_at_a_time_and_who_was_given_up_beats_no_more(queue: DurableQueue) -> None:
    given: list[str] = []
    silent = keeper_of(queue.database, "silent", ttl_s=0.2)
    one, two = keeper_of(queue.database, "one", given=given), keeper_of(queue.database, "two", given=given)
    for keeper in (silent, one, two):
        keeper.start()
    silent._stop.set()
    silent._thread.join()
    time.sleep(0.4)

    assert (one.reap(), two.reap(), one.reap()) == (1, 0, 0)
    assert given == ["silent"]
    assert not silent.beat()
    assert one.beat()
    queue.enqueue(piece_of_work(1))
    with pytest.raises(HoldLost):
        queue.records.hold(piece_of_work(1).key, "silent")
    for keeper in (one, two):
        keeper.leave()
    assert {each.executor_id: each.state for each in queue.executors()} == {
        "silent": "dead",
        "one": "gone",
        "two": "gone",
    }


class Interrupted(Database):
    """A database that does not answer for a while."""

    down = False
    refused = 0
    written = 0

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        if self.down:
            self.refused += 1
            raise QueueUnreachable("the queue cannot be used: connection refused")
        with super().writing() as connection:
            yield connection
        self.written += 1


@BOTH
def test_who_is_heard_first_after_an_outage_calls_nobody_dead_for_it(queue: DurableQueue) -> None:
    database = Interrupted(queue.database.url)
    given: list[int] = []

    def resume(executor_id: str) -> int:
        given.append(database.written)
        return 1

    facts = ExecutorFacts("first", "first", ("shop",), trusted=True, slots=1, ttl_s=2.0)
    first = Keeper(database, facts, resume_work_of=resume, on_death=lambda reason: None)
    first.start()
    database.down = True
    other = keeper_of(queue.database, "other", ttl_s=0.1)
    other.start()
    other._stop.set()
    other._thread.join()
    _until(lambda: database.refused > 0)
    database.down, database.written = False, 0
    _until(lambda: bool(given))
    first._stop.set()
    first._thread.join()
    database.close()
    (written,) = given
    assert written >= 6, "one beat and three looks, had it given away the other's work at once"


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@BOTH
def test_a_request_that_waits_is_cancelled_at_once_and_stays_so(queue: DurableQueue) -> None:
    work = piece_of_work(1)
    queue.enqueue(work)

    assert queue.cancel(work.request_id, Wish("ada", "not now"))
    assert queue.work()[0].status == "cancelled"
    with pytest.raises(HoldLost):
        queue.records.hold(work.key, "anybody")
    with pytest.raises(UnknownWork):
        queue.cancel("runreq_9", Wish("ada"))


@BOTH
def test_why_a_request_waits_is_said(queue: DurableQueue) -> None:
    changing = type(piece_of_work(1))(**{**vars(piece_of_work(1)), "changes": True})
    queue.enqueue(changing)
    foreign = keeper_of(queue.database, "foreign")
    foreign._facts = ExecutorFacts("foreign", "foreign", ("other",), trusted=True, slots=1, ttl_s=600)
    foreign.start()
    assert queue.work()[0].why == "no runner that is alive serves shop"
    near = keeper_of(queue.database, "near")
    near._facts = ExecutorFacts("near", "near", ("shop",), trusted=False, slots=1, ttl_s=600)
    near.start()

    assert queue.work()[0].why == "no runner that is alive is trusted to change a repository"


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(QueueUnreachable) as refused:
        DurableQueue("postgresql://foundry:secret@127.0.0.1:1/queue").work()
    assert "secret" not in str(refused.value)
    with pytest.raises(QueueUnreachable, match="is no queue that we know"):
        DurableQueue("mysql://here/queue")


@BOTH
def test_runners_are_killed_at_random_and_no_request_is_lost_and_no_key_delivered_twice(
    url: str, queue: DurableQueue, tmp_path: Path
) -> None:
    """The small version of `tests/benchmarks/test_fleet.py`."""
    remote, count, choice = bare_remote(tmp_path), 20, random.Random(7)
    for number in range(count):
        queue.enqueue(piece_of_work(number))
    for number in range(0, count, 5):
        assert queue.enqueue(piece_of_work(number, asked_as=f"runreq_again{number}")).deduplicated
    runners = [RunnerProcess(url, name, tmp_path / name, remote, "2", "1.5") for name in ("one", "two")]
    with all_of(runners):
        for _ in range(3):
            victim = choice.choice(runners)
            wait_until_busy(queue, victim)
            time.sleep(choice.uniform(0, 0.2))
            victim.kill()
            victim.again()
        wait_for(queue, count)

    assert ends(queue) == {piece_of_work(number).request_id: 1 for number in range(count)}
    assert {each.status for each in queue.work()} == {"completed"}
    commits = delivered(remote)
    assert len(commits) == len(keys_at(remote)) == count
    assert {len(each) for each in commits.values()} == {1}, "no key was delivered twice"
    log = Counter(row["event"] for row in queue.log())
    assert log["deduplicated"] == 4
    assert log["died"] >= 1
    explained_in_the_views(queue, url, tmp_path, count)


def explained_in_the_views(queue: DurableQueue, url: str, folder: Path, count: int) -> None:
    """Everything that happened stands in the evidence store, each thing once."""
    store = Warehouse(folder / "workspace" / ".alloy")
    assert record_queue(store.layout.runs, url, queue.log()) > 3 * count
    assert record_queue(store.layout.runs, url, queue.log()) == 0
    rows = store.query("SELECT ends, leases, runners_lost, ended_as FROM request_ends").rows
    assert len(rows) == count
    assert {(ends, ended_as) for ends, _, _, ended_as in rows} == {(1, "completed")}
    assert all(leases == lost + 1 for _, leases, lost, _ in rows)
    assert sum(lost for _, _, lost, _ in rows) >= 1
    (asked_again,) = store.query("SELECT sum(times_deduplicated) FROM requests").rows
    assert asked_again == (4,)


def test_a_runner_that_slept_through_its_lease_delivers_nothing_when_it_wakes(tmp_path: Path) -> None:
    url, remote = f"sqlite:///{tmp_path}/queue.db", bare_remote(tmp_path)
    queue = DurableQueue(url)
    queue.create()
    work = piece_of_work(1, sleep_s=2.0)
    queue.enqueue(work)
    sleeper = RunnerProcess(url, "sleeper", tmp_path / "sleeper", remote, "1", "1.5")
    with all_of([sleeper]):
        while not any(row["event"] == "begun" for row in queue.log()):
            time.sleep(0.05)
        sleeper.stop()
        with RunnerProcess(url, "other", tmp_path / "other", remote, "1", "1.5"):
            wait_for(queue, 1)
            sleeper.go_on()
            assert sleeper.process.wait(20) == 75, "it ends itself when it learns that it was given up"
    (line,) = queue.work()

    assert (line.status, line.runner_id, line.holds, line.begun) == ("completed", "other", 2, 2)
    assert {len(each) for each in delivered(remote).values()} == {1}
    assert ends(queue) == {work.request_id: 1}
    queue.close()


def test_a_cancellation_reaches_what_runs(tmp_path: Path) -> None:
    url, remote = f"sqlite:///{tmp_path}/queue.db", bare_remote(tmp_path)
    queue = DurableQueue(url)
    queue.create()
    work = piece_of_work(1, sleep_s=60.0)
    queue.enqueue(work)
    with RunnerProcess(url, "one", tmp_path / "one", remote, "1", "5"):
        while not any(row["event"] == "begun" for row in queue.log()):
            time.sleep(0.05)
        assert not queue.cancel(work.request_id, Wish("ada", "enough"))
        wait_for(queue, 1)

    assert queue.work()[0].status == "cancelled"
    assert delivered(remote) == {}
    queue.close()


def test_a_runner_that_is_not_trusted_never_sees_what_changes_a_repository(tmp_path: Path) -> None:
    url, remote = f"sqlite:///{tmp_path}/queue.db", bare_remote(tmp_path)
    queue = DurableQueue(url)
    queue.create()
    changing, foreign, looking = piece_of_work(1), piece_of_work(2, project="other"), piece_of_work(3)
    queue.enqueue(type(changing)(**{**vars(changing), "changes": True}))
    queue.enqueue(foreign)
    queue.enqueue(looking)
    with RunnerProcess(url, "one", tmp_path / "one", remote, "2", "5"):
        wait_for(queue, 1)
        time.sleep(0.5)
        standing = {each.request_id: (each.state, each.why) for each in queue.work()}

    assert standing == {
        changing.request_id: ("waiting", "no runner that is alive is trusted to change a repository"),
        foreign.request_id: ("waiting", "no runner that is alive serves other"),
        looking.request_id: ("ended", ""),
    }
    assert len(delivered(remote)) == 1
    queue.close()

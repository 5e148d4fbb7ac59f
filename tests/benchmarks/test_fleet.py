"""A fleet under fire, and what dispatch costs: `make bench`, or `pytest -m bench -s tests/benchmarks/test_fleet.py`.

500 requests, a fifth of them asked twice, through four runners that are killed at random, on SQLite and PostgreSQL; the
mutator commits and pushes to a real remote, where the commits are counted. `FLEET_REQUESTS` makes it smaller or larger.
Speed is shown as ratios to a bare loop that appends to a journal; nothing about it is asserted.
"""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alloynb.evidence.warehouse import Warehouse
from foundry_kernel.runner.backends.backend import Finished, Holding, Wish, Work
from foundry_kernel.runner.backends.durable import DurableQueue, QueueServer, ServeQueue
from foundry_kernel.runner.queue_facts import record_queue
from tests.fakes.postgres import Postgres, running_postgres
from tests.fakes.queue_runner import RunnerProcess, all_of, bare_remote, delivered, keys_at, piece_of_work

pytestmark = pytest.mark.bench
COUNT = int(os.environ.get("FLEET_REQUESTS", "500"))
RUNNERS = 4
TTL_S = "3"
DISPATCHED = 200


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running_postgres(durable=True) as server:
        yield server


def url_of(kind: str, folder: Path, request: pytest.FixtureRequest) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder}/queue.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.create(f"bench_{folder.name}"[:60].lower().replace("-", "_"))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_fleet_that_is_killed_at_random_loses_nothing_and_delivers_nothing_twice(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url, remote, choice = url_of(kind, tmp_path, request), bare_remote(tmp_path), random.Random(11)
    queue = DurableQueue(url)
    queue.create()
    for number in range(COUNT):
        queue.enqueue(piece_of_work(number))
        if number % 5 == 0:
            assert queue.enqueue(piece_of_work(number, asked_as=f"runreq_again_{number}")).deduplicated
    runners = [
        RunnerProcess(url, f"r{number}", tmp_path / f"r{number}", remote, "2", TTL_S)
        for number in range(RUNNERS)
    ]
    kills, began = 0, time.monotonic()
    with all_of(runners):
        while (left := sum(each.state != "ended" for each in queue.work())) > 0:
            assert time.monotonic() - began < 1800, f"{left} are left"
            time.sleep(choice.uniform(1.5, 4))
            victim = choice.choice(runners)
            victim.kill()
            victim.again()
            kills += 1
    took = time.monotonic() - began
    log = Counter(str(row["event"]) for row in queue.log())
    ends = Counter(str(row["request_id"]) for row in queue.log() if row["event"] == "ended")
    commits = delivered(remote)
    print(
        f"\n{kind}: {COUNT} requests, {log['deduplicated']} asked twice, {kills} kills in {took:.0f} s: "
        f"{len(ends)} ended, {max(ends.values())} end at most, {log['held']} holds, {log['died']} declared dead, "
        f"{log['refused']} refused, {len(commits)} keys delivered, {sum(map(len, commits.values()))} commits"
    )
    assert len(ends) == COUNT
    assert set(ends.values()) == {1}
    assert {each.status for each in queue.work()} == {"completed"}
    assert len(commits) == len(keys_at(remote)) == COUNT
    assert {len(each) for each in commits.values()} == {1}
    assert log["deduplicated"] == len(range(0, COUNT, 5))
    store = Warehouse(tmp_path / "workspace" / ".alloy")
    record_queue(store.layout.runs, url, queue.log())
    asked = "SELECT count(*), sum(ends), max(ends), sum(leases), sum(runners_lost) FROM request_ends"
    told = store.query(asked).rows[0]
    print(f"in the audit views: {told[0]} requests, {told[1]} ends, {told[3]} leases, {told[4]} runners lost")
    assert (told[0], told[1], told[2]) == (COUNT, COUNT, 1)
    assert told[3] == COUNT + told[4]
    queue.close()


class Nothing:
    """Executes in no time, and says when."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}

    def materialize(self, work: Work) -> None:
        """There is nothing to lay out."""

    def execute(self, work: Work, holding: Holding, wish: Callable[[], Wish | None]) -> Finished:
        """Note the moment."""
        self.at[work.request_id] = time.monotonic()
        return Finished("completed")


def bare_loop(folder: Path) -> float:
    """Requests a second of a loop that appends one durable line each: the floor of everything."""
    began = time.monotonic()
    with (folder / "journal").open("ab", buffering=0) as journal:
        for number in range(DISPATCHED):
            journal.write(f"{number}\n".encode())
            os.fdatasync(journal.fileno())
    return DISPATCHED / (time.monotonic() - began)


def plain_sqlite(folder: Path) -> float:
    """Requests a second of the plainest queue that survives: a table, one transaction to take and one to end."""
    base = sqlite3.connect(folder / "plain.db", isolation_level=None)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("CREATE TABLE work (id INTEGER PRIMARY KEY, state TEXT)")
    base.executemany("INSERT INTO work VALUES (?, 'waiting')", [(number,) for number in range(DISPATCHED)])
    began = time.monotonic()
    for _ in range(DISPATCHED):
        base.execute("BEGIN IMMEDIATE")
        (one,) = base.execute("SELECT id FROM work WHERE state = 'waiting' LIMIT 1").fetchone()
        base.execute("UPDATE work SET state = 'running' WHERE id = ?", (one,))
        base.execute("COMMIT")
        base.execute("UPDATE work SET state = 'ended' WHERE id = ?", (one,))
    took = time.monotonic() - began
    base.close()
    return DISPATCHED / took


def plain_postgres(url: str) -> float:
    """The same with FOR UPDATE SKIP LOCKED."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as base:
        base.execute("CREATE TABLE work (id INTEGER PRIMARY KEY, state TEXT)")
        base.execute("INSERT INTO work SELECT n, 'waiting' FROM generate_series(1, %s) n", (DISPATCHED,))
        began = time.monotonic()
        for _ in range(DISPATCHED):
            taken = base.execute(
                "UPDATE work SET state = 'running' WHERE id = (SELECT id FROM work WHERE state = 'waiting' "
                "LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id"
            ).fetchone()
            assert taken is not None
            base.execute("UPDATE work SET state = 'ended' WHERE id = %s", taken)
        return DISPATCHED / (time.monotonic() - began)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_dispatch_costs(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url, executor = url_of(kind, tmp_path, request), Nothing()
    floor = bare_loop(tmp_path)
    plain = plain_sqlite(tmp_path) if kind == "sqlite" else plain_postgres(url)
    queue = DurableQueue(url)
    queue.create()
    for number in range(DISPATCHED):
        queue.enqueue(piece_of_work(number))
    server = QueueServer(
        url, executor, ServeQueue("bench", ("shop",), slots=20, ttl_s=60), on_death=lambda why: None
    )
    server.start()
    began = time.monotonic()
    while not server.is_empty():
        time.sleep(0.05)
    rate = DISPATCHED / (time.monotonic() - began)
    waits = []
    for number in range(DISPATCHED, DISPATCHED + 30):
        work = piece_of_work(number)
        asked = time.monotonic()
        queue.enqueue(work)
        while work.request_id not in executor.at:
            time.sleep(0.001)
        waits.append((executor.at[work.request_id] - asked) * 1000)
    server.stop(wait_s=5)
    queue.close()
    print(
        f"\n{kind}: bare loop 1, plain queue {plain / floor:.2f}, ours {rate / floor:.3f} of its rate "
        f"({rate:.0f} requests a second); from asking to beginning {statistics.median(waits):.0f} ms (median), "
        f"{max(waits):.0f} ms (worst of 30)"
    )
    assert threading.active_count() < 60

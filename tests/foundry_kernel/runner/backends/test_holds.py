"""Whatever executors do in whatever order: a request is held by one at most, comes to one end, and is not forgotten."""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from foundry_kernel.runner.backends.backend import Finished, Holding, Wish
from foundry_kernel.runner.backends.database import EXECUTORS, WORK
from foundry_kernel.runner.backends.durable import DurableQueue
from foundry_kernel.runner.backends.holds import HoldLost
from tests.fakes.queue_runner import piece_of_work

BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
EXECUTORS_THERE = ("a", "b", "c")
executor = st.sampled_from(EXECUTORS_THERE)
ENDS = Finished("completed")


def join(queue: DurableQueue, *names: str) -> None:
    """Register executors."""
    with queue.database.writing() as connection:
        for name in names:
            connection.execute(
                sa.insert(EXECUTORS).values(
                    executor_id=name,
                    runner_id=name,
                    host="here",
                    pid=1,
                    projects='["shop"]',
                    trusted=False,
                    slots=9,
                    started_at=0.0,
                    beat_at=queue.database.now,
                    ttl_s=600.0,
                )
            )


def declare_dead(queue: DurableQueue, name: str) -> None:
    """What the reaper does first."""
    with queue.database.writing() as connection:
        connection.execute(sa.update(EXECUTORS).where(EXECUTORS.c.executor_id == name).values(dead_at=1.0))


class Executors(RuleBasedStateMachine):
    """Three executors that take, begin, end, give back, crash, sleep, die and come late, and somebody who cancels."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.queue = DurableQueue(f"sqlite:///{self.folder.name}/queue.db")
        self.queue.database.create()
        join(self.queue, *EXECUTORS_THERE)
        self.records = self.queue.records
        self.asked = 0
        self.dead: set[str] = set()
        self.held: list[Holding] = []
        """What executors believe that they hold; a crash forgets nothing here: the late word may still come."""

    def teardown(self) -> None:
        if hasattr(self, "queue"):
            self.queue.close()
            self.folder.cleanup()

    @rule()
    def ask(self) -> None:
        self.queue.enqueue(piece_of_work(self.asked))
        self.asked += 1

    @rule(name=executor, most=st.integers(1, 3))
    def take(self, name: str, most: int) -> None:
        waiting = [each for each in self.queue.work() if each.state == "waiting" and not each.executor]
        taken = self.records.take(name, ["shop"], changes=False, most=most)
        if name in self.dead:
            assert taken == []
            return
        oldest = [each.request_id for each in waiting[:most]]
        assert [each.work.request_id for each in taken] == oldest
        self.held += [each.holding for each in taken]

    def _counts(self, holding: Holding) -> bool:
        """Whether the word of a hold has to be heard: nobody took the request up later, and it has not ended."""
        (line,) = [each for each in self.queue.work() if each.key == holding.key]
        return line.state != "ended" and line.holds == holding.number

    @rule(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        if self.held:
            holding = data.draw(st.sampled_from(self.held))
            held = self.records.is_held(holding)
            try:
                wish = self.records.begin(holding)
            except HoldLost:
                assert not held
            else:
                assert held
                (line,) = [each for each in self.queue.work() if each.key == holding.key]
                assert (wish is not None) == bool(line.cancel_by)

    @rule(data=st.data(), finished=st.sampled_from([ENDS, Finished("failed")]))
    def end(self, data: st.DataObject, finished: Finished) -> None:
        if self.held:
            holding = data.draw(st.sampled_from(self.held))
            counts = self._counts(holding)
            try:
                self.records.end(holding, finished)
            except HoldLost:
                assert not counts

    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        if self.held:
            holding = data.draw(st.sampled_from(self.held))
            assert self.records.is_held(holding) == self.records.give_back(holding, "a test")

    @rule(name=executor)
    def die(self, name: str) -> None:
        declare_dead(self.queue, name)
        self.dead.add(name)
        self.records.give_back_all(name, "it was lost")

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        if self.asked:
            number = data.draw(st.integers(0, self.asked - 1))
            self.queue.cancel(piece_of_work(number).request_id, Wish("ada"))

    @invariant()
    def nothing_is_forgotten(self) -> None:
        if not hasattr(self, "queue"):
            return
        log = self.queue.log()
        ends = Counter(row["request_id"] for row in log if row["event"] == "ended")
        holds = Counter(row["request_id"] for row in log if row["event"] == "held")
        lines = self.queue.work()
        assert len(lines) == self.asked
        for line in lines:
            assert ends[line.request_id] == (line.state == "ended")
            assert holds[line.request_id] == line.holds
            if line.state != "ended":
                assert line.executor not in self.dead, "it is for whoever takes it"
        for holding in self.held:
            others = [each for each in self.held if each.key == holding.key and each.number == holding.number]
            assert len(others) == 1


Executors.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestWhateverExecutorsDo = Executors.TestCase


@BOTH
def test_executors_that_take_at_once_take_each_request_once(queue: DurableQueue) -> None:
    join(queue, *EXECUTORS_THERE)
    for number in range(30):
        queue.enqueue(piece_of_work(number))

    def take_all(name: str) -> list[Holding]:
        taken: list[Holding] = []
        while some := queue.records.take(name, ["shop"], changes=False, most=3):
            taken += [each.holding for each in some]
        return taken

    with ThreadPoolExecutor(3) as threads:
        taken = [holding for each in threads.map(take_all, EXECUTORS_THERE) for holding in each]

    assert Counter(each.key for each in taken) == {piece_of_work(number).key: 1 for number in range(30)}
    assert {each.number for each in taken} == {1}


@BOTH
def test_an_executor_that_is_declared_dead_meanwhile_takes_nothing(queue: DurableQueue) -> None:
    """Else it would hold a request that nobody gives to others: its work was given away before."""
    join(queue, "a")
    queue.enqueue(piece_of_work(1))
    taken: list[object] = []
    late = threading.Thread(
        target=lambda: taken.extend(queue.records.take("a", ["shop"], changes=False, most=1))
    )
    with queue.database.writing() as connection:
        connection.execute(sa.update(EXECUTORS).values(dead_at=1.0))
        late.start()
        late.join(0.5)
        assert late.is_alive(), "it waits for what becomes of it"
    late.join(20)

    assert taken == []
    assert queue.work()[0].holds == 0


@BOTH
def test_the_same_end_twice_is_one_and_another_one_is_refused(queue: DurableQueue) -> None:
    join(queue, "a")
    queue.enqueue(piece_of_work(1))
    (taken,) = queue.records.take("a", ["shop"], changes=False, most=1)
    for _ in range(2):
        queue.records.end(taken.holding, ENDS)
    with pytest.raises(HoldLost):
        queue.records.end(taken.holding, Finished("failed"))

    assert [row["event"] for row in queue.log()][-3:] == ["held", "ended", "refused"]


@BOTH
def test_a_request_that_was_cancelled_while_it_was_held_does_not_begin(queue: DurableQueue) -> None:
    join(queue, "a")
    queue.enqueue(piece_of_work(1))
    (taken,) = queue.records.take("a", ["shop"], changes=False, most=1)
    assert not queue.cancel(piece_of_work(1).request_id, Wish("ada", "enough"))

    assert queue.records.begin(taken.holding) == Wish("ada", "enough")
    assert queue.work()[0].begun == 0


@BOTH
def test_what_is_not_for_a_runner_is_not_taken(queue: DurableQueue) -> None:
    join(queue, "a")
    changing = piece_of_work(1)
    queue.enqueue(type(changing)(**{**vars(changing), "changes": True}))
    queue.enqueue(piece_of_work(2, project="other"))

    assert queue.records.take("a", ["shop"], changes=False, most=9) == []
    assert len(queue.records.take("a", ["shop"], changes=True, most=9)) == 1
    with queue.database.reading() as connection:
        waiting = connection.execute(sa.select(WORK.c.request_id).where(WORK.c.executor_id == "")).scalars()
        assert list(waiting) == [piece_of_work(2).request_id]

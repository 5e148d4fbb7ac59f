"""What recurs is queued once for each moment, however many servers keep the schedule and whoever of them dies."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from foundry_kernel.errors import FoundryError
from foundry_kernel.runner.backends.backend import Enqueued, QueueUnreachable, Work
from foundry_kernel.runner.backends.durable import DurableQueue
from foundry_kernel.runner.backends.moments import Asked, Moments
from tests.fakes.queue_runner import piece_of_work

BOTH = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
DUE = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


@pytest.fixture
def queue(queue: DurableQueue) -> DurableQueue:
    """One that recurring requests are claimed in."""
    Moments(queue.database, queue, "").create()
    return queue


def moments(queue: DurableQueue, by: str, **more: float) -> Moments:
    return Moments(queue.database, queue, by, **more)


@BOTH
def test_many_servers_queue_one_request_for_a_moment_also_from_different_commits(
    queue: DurableQueue,
) -> None:
    def serve(number: int) -> list[str]:
        """One server, whose clone is at a commit of its own; it comes to three moments."""
        own = moments(queue, f"server {number}")
        return [
            own.ask(
                "nightly", DUE + timedelta(days=day), lambda day=day: piece_of_work(day * 100 + number)
            ).outcome
            for day in range(3)
        ]

    with ThreadPoolExecutor(8) as servers:
        said = Counter(outcome for each in servers.map(serve, range(8)) for outcome in each)

    assert said == {"queued": 3, "elsewhere": 21}
    assert len(queue.work()) == 3
    told = [row for row in queue.log() if row["event"] == "moment"]
    assert sorted(row["details"]["due"] for row in told) == [
        f"2026-03-0{day}T03:00:00.000000Z" for day in (2, 3, 4)
    ]


@BOTH
def test_where_nothing_was_committed_since_nothing_is_queued_and_that_is_told_once(
    queue: DurableQueue,
) -> None:
    queue.enqueue(piece_of_work(1))
    again = [
        moments(queue, by).ask("nightly", DUE, lambda: piece_of_work(1, asked_as="runreq_new"))
        for by in ("a", "b")
    ]

    assert again == [Asked("deduplicated", piece_of_work(1).request_id), Asked("elsewhere")]
    (line,) = queue.work()
    assert line.times_deduplicated == 1


@dataclass
class Dying:
    """A queue whose server is killed when it queues, before or after it did."""

    queue: DurableQueue
    after: bool

    def enqueue(self, work: Work) -> Enqueued:
        if self.after:
            self.queue.enqueue(work)
        raise QueueUnreachable("killed")


@BOTH
@pytest.mark.parametrize("after", [True, False], ids=["after it was queued", "before it was queued"])
def test_a_server_that_dies_over_a_moment_leaves_its_very_request_to_others(
    queue: DurableQueue, after: bool
) -> None:
    dying = Moments(queue.database, Dying(queue, after), "dying", unfinished_s=0)  # type: ignore[arg-type]
    with pytest.raises(QueueUnreachable):
        dying.ask("nightly", DUE, lambda: piece_of_work(1))
    patient, other = moments(queue, "patient"), moments(queue, "other", unfinished_s=0)

    assert patient.finish() == [], "it may still come"
    assert other.ask("nightly", DUE, lambda: piece_of_work(2)).outcome == "elsewhere"
    assert other.finish() == [Asked("queued", piece_of_work(1).request_id)]
    assert other.finish() == []
    assert [each.request_id for each in queue.work()] == [piece_of_work(1).request_id]


@BOTH
def test_who_cannot_make_the_request_leaves_the_moment_to_others(queue: DurableQueue) -> None:
    def nowhere() -> Work:
        raise FoundryError("the request is not here")

    with pytest.raises(FoundryError, match="not here"):
        moments(queue, "a").ask("nightly", DUE, nowhere)
    assert moments(queue, "b").ask("nightly", DUE, lambda: piece_of_work(1)).outcome == "queued"


@BOTH
def test_a_key_that_stands_for_something_else_is_told_and_ends_the_moment(queue: DurableQueue) -> None:
    queue.enqueue(piece_of_work(1))
    other = Work(**{**vars(piece_of_work(1)), "request_hash": "other"})

    asked = moments(queue, "a").ask("nightly", DUE, lambda: other)
    assert (asked.outcome, "something else" in asked.why) == ("refused", True)
    assert moments(queue, "b", unfinished_s=0).finish() == []

"""The serving loop: so many at a time, one failure takes no other along, a stop lets what runs end or hands it back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from foundry_kernel.errors import CannotDispatch, Unsafe
from foundry_kernel.runner.backends.backend import Finished, Holding, Wish, Work
from foundry_kernel.runner.source import ServeHow, serve
from tests.fakes.queue_runner import piece_of_work


@dataclass
class Piece:
    """One request of a list."""

    work: Work
    said: list[str] = field(default_factory=list)

    @property
    def holding(self) -> Holding:
        return Holding(self.work.key, 1)

    def begin(self) -> None:
        self.said.append("begun")

    def wish(self) -> Wish | None:
        return None

    def end(self, finished: Finished) -> None:
        self.said.append(f"{finished.status} {finished.failure_class or ''}".strip())

    def hand_back(self, why: str) -> None:
        self.said.append("handed back")


@dataclass
class Pieces:
    """A source with so many requests."""

    left: list[Piece]

    def take(self, running: tuple[str, ...]) -> Piece | None:
        return self.left.pop(0) if self.left else None


@dataclass
class Slowly:
    """Executes for a while, and obeys a wish; refuses what it is told to refuse."""

    seconds: float = 0.1
    refuses: str = ""
    breaks: str = ""
    at_once: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def materialize(self, work: Work) -> None:
        if work.request_id == self.refuses:
            raise Unsafe("the prompt pack was edited")

    def execute(self, work: Work, holding: Holding, wish: Callable[[], Wish | None]) -> Finished:
        if work.request_id == self.breaks:
            raise RuntimeError("nobody foresaw this")
        with self.lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        try:
            until = time.monotonic() + self.seconds
            while time.monotonic() < until:
                wanted = wish()
                if wanted is not None and wanted.at_once:
                    return Finished("failed", failure_class="execution", message="ended")
                time.sleep(0.01)
            return Finished("completed", result={})
        finally:
            with self.lock:
                self.at_once -= 1


def pieces(count: int) -> list[Piece]:
    return [Piece(piece_of_work(number)) for number in range(count)]


def test_no_more_than_the_slots_run_at_a_time_and_all_come_to_their_end() -> None:
    all_of_them, executor = pieces(7), Slowly(0.05)
    how = ServeHow(slots=3, until_empty=True, idle_s=0.01)
    served = serve(Pieces(list(all_of_them)), executor, how, threading.Event())

    assert set(served.ended.values()) == {"completed"}
    assert len(served.ended) == 7
    assert 1 < executor.most <= 3
    assert {tuple(each.said) for each in all_of_them} == {("begun", "completed")}


def test_one_time_takes_one() -> None:
    source = Pieces(pieces(3))
    served = serve(source, Slowly(0.01), ServeHow(once=True, idle_s=0.01), threading.Event())

    assert len(served.ended) == 1
    assert len(source.left) == 2


def test_a_refusal_is_an_end_and_nothing_begins() -> None:
    one, two = pieces(2)
    executor = Slowly(0.01, refuses=one.work.request_id)
    told: list[str] = []
    served = serve(
        Pieces([one, two]),
        executor,
        ServeHow(until_empty=True, idle_s=0.01),
        threading.Event(),
        told=lambda work, finished: told.append(finished.message),
    )

    assert one.said == ["stopped safety"]
    assert two.said == ["begun", "completed"]
    assert served.ended[one.work.request_id] == "stopped"
    assert told == ["the prompt pack was edited", ""]


def test_what_nobody_foresaw_takes_no_other_request_with_it() -> None:
    one, two = pieces(2)
    lines: list[str] = []
    served = serve(
        Pieces([one, two]),
        Slowly(0.01, breaks=one.work.request_id),
        ServeHow(until_empty=True, idle_s=0.01),
        threading.Event(),
        tell=lines.append,
    )

    assert served.ended == {two.work.request_id: "completed"}
    assert any("nobody foresaw this" in line for line in lines)


@dataclass
class Silent:
    """A source that does not answer at first."""

    left: list[Piece]
    silent: int

    def take(self, running: tuple[str, ...]) -> Piece | None:
        if self.silent:
            self.silent -= 1
            raise CannotDispatch("the shared Alloy does not answer")
        return self.left.pop(0) if self.left else None


def test_a_source_that_does_not_answer_for_a_while_ends_no_runner_that_stays() -> None:
    stop, told, (piece,) = threading.Event(), [], pieces(1)  # type: ignore[var-annotated]
    source = Silent([piece], silent=3)

    def tell(text: str) -> None:
        told.append(text)
        if text.endswith("completed"):
            stop.set()

    served = serve(source, Slowly(0.01), ServeHow(idle_s=0.01, silence_s=0.01), stop, tell=tell)

    assert served.ended == {piece.work.request_id: "completed"}
    assert sum("does not answer; it is asked again" in each for each in told) == 3


def test_who_takes_what_waits_and_leaves_says_that_nobody_answered() -> None:
    with pytest.raises(CannotDispatch, match="does not answer"):
        serve(Silent([], silent=1), Slowly(), ServeHow(until_empty=True), threading.Event())


def test_a_stop_lets_what_runs_end() -> None:
    (one,), stop = pieces(1), threading.Event()
    threading.Timer(0.1, stop.set).start()
    served = serve(Pieces([one]), Slowly(0.5), ServeHow(drain_s=30, idle_s=0.01), stop)

    assert served.ended == {one.work.request_id: "completed"}


def test_what_does_not_end_in_time_is_handed_back() -> None:
    (one,), stop = pieces(1), threading.Event()
    threading.Timer(0.1, stop.set).start()
    began = time.monotonic()
    served = serve(Pieces([one]), Slowly(60), ServeHow(drain_s=0.2, idle_s=0.01), stop)

    assert served.handed_back == [one.work.request_id]
    assert one.said == ["begun", "handed back"]
    assert time.monotonic() - began < 10

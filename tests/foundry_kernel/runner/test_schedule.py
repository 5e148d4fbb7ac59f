"""What recurs is asked for again at its time, on what is committed then, and is never run twice on the same commit."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foundry_kernel.errors import CannotDispatch
from foundry_kernel.runner.cron import BadCronTime
from foundry_kernel.runner.schedule import AskMailbox, BadSchedule, Recurring, keep_schedule, read_schedule
from tests.foundry_kernel.runner.tiny_workspace import Tiny, git, make_workspace

NIGHTLY = '[[recurring]]\nname = "nightly"\ncron = "* * * * *"\nrequest = "{request}"\n'


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    made = make_workspace(tmp_path / "tiny")
    made.workspace.mailbox.post(made.request)
    return made


class PassingClock:
    """Each look is ten seconds later; stops the schedule when it is late enough."""

    def __init__(self, stop: threading.Event, minutes: int) -> None:
        self.now, self.stop = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC), stop
        self.end = self.now + timedelta(minutes=minutes)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=10)
        if self.now > self.end:
            self.stop.set()
        return self.now


def kept(tiny: Tiny, file: Path, minutes: int) -> list[str]:
    told: list[str] = []
    stop = threading.Event()
    stop.wait = lambda timeout=None: stop.is_set()  # type: ignore[method-assign]
    clock = PassingClock(stop, minutes)
    asking = AskMailbox(tiny.workspace, clock)
    keep_schedule(read_schedule(file), asking, stop, told.append, clock=clock)
    return told


def test_on_a_new_commit_a_new_request_is_made_and_on_the_same_one_none(tiny: Tiny, tmp_path: Path) -> None:
    file = tmp_path / "schedule.toml"
    file.write_text(NIGHTLY.format(request=tiny.request.id))
    assert {line.partition(": ")[2] for line in kept(tiny, file, 3)} == {
        f"{tiny.request.id} was asked before; nothing runs again"
    }
    (tiny.workspace.root / "new.txt").write_text("new")
    git(tiny.workspace.root, "add", "new.txt")
    git(tiny.workspace.root, "commit", "-q", "-m", "More")
    told = kept(tiny, file, 3)

    assert told[0].endswith("asked")
    assert all("nothing runs again" in line for line in told[1:])
    requests = list(tiny.workspace.mailbox.requests())
    assert [each.content.repo.revision for each in requests][-1] == git(
        tiny.workspace.root, "rev-parse", "HEAD"
    )
    assert len(requests) == 2


def test_what_cannot_be_asked_is_told_and_the_schedule_goes_on(tiny: Tiny, tmp_path: Path) -> None:
    file = tmp_path / "schedule.toml"
    file.write_text(NIGHTLY.format(request="runreq_01K00000000000000000000009"))
    told = kept(tiny, file, 3)

    assert len(told) >= 2
    assert all("not asked" in line for line in told)


class Unreachable:
    """Answers from the third time on."""

    def __init__(self) -> None:
        self.asked: list[datetime] = []

    def ask(self, entry: Recurring, due: datetime) -> str:
        self.asked.append(due)
        if len(self.asked) < 3:
            raise CannotDispatch("the database is down")
        return "queued"

    def finish(self) -> tuple[str, ...]:
        raise CannotDispatch("the database is down")


def test_a_moment_at_which_nobody_answered_is_asked_for_again(tmp_path: Path) -> None:
    file = tmp_path / "schedule.toml"
    file.write_text(NIGHTLY.format(request="x").replace("* * * * *", "*/5 * * * *"))
    stop, told, asking = threading.Event(), [], Unreachable()  # type: ignore[var-annotated]
    stop.wait = lambda timeout=None: stop.is_set()  # type: ignore[method-assign]
    keep_schedule(read_schedule(file), asking, stop, told.append, clock=PassingClock(stop, 8))

    assert asking.asked == [datetime(2026, 3, 2, 12, 5, tzinfo=UTC)] * 3
    assert [each.rpartition(": ")[2] for each in told] == ["the database is down"] * 2 + ["queued"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "recurring = 1",
        '[[recurring]]\nname = "a"\ncron = "* * * * *"\n',
        NIGHTLY.format(request="x") * 2,
        NIGHTLY.format(request="x") + "more = 1\n",
        NIGHTLY.format(request="x").replace("nightly", "../nightly"),
    ],
)
def test_a_schedule_is_read_strictly(text: str, tmp_path: Path) -> None:
    (tmp_path / "schedule.toml").write_text(text)
    with pytest.raises(BadSchedule):
        read_schedule(tmp_path / "schedule.toml")


def test_a_bad_time_is_named(tmp_path: Path) -> None:
    (tmp_path / "schedule.toml").write_text(NIGHTLY.format(request="x").replace("* * * * *", "99 * * * *"))
    with pytest.raises(BadCronTime, match="minute"):
        read_schedule(tmp_path / "schedule.toml")

"""A run is launched and left to itself; it is found again, looked at and cancelled by whoever comes next."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from alloynb.application.launch_run import (
    Launch,
    NotCancelled,
    cancel_launch,
    launch_run,
    look_at_launch,
    standing_launches,
)
from alloynb.application.run_loop import RunLoop
from alloynb.application.workspace import open_workspace
from alloynb.errors import CannotRun
from alloynb.intent.authority import MissingAuthority, Principal
from runtime_artifacts.journal import JournalWriter
from tests.fakes.alloy_workspace import Governed, governed_shop
from tests.fakes.journals import RUN_ID
from tests.fakes.left_alone import LeftAlone

WAIT_S = 10.0


@pytest.fixture
def governed(tmp_path: Path) -> Governed:
    return governed_shop(tmp_path / "shop", "vendor-boundary")


@pytest.fixture
def foundry() -> Iterator[LeftAlone]:
    with LeftAlone() as engine:
        yield engine


def until_over(governed: Governed, launch: Launch) -> Launch:
    deadline = time.monotonic() + WAIT_S
    while not (now := look_at_launch(governed.workspace, launch.request_id)).is_over:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return now


def test_a_launch_returns_at_once_and_is_found_again_by_another_notebook(
    governed: Governed, foundry: LeftAlone
) -> None:
    launch = launch_run(governed.workspace, RunLoop(), foundry=foundry)

    assert launch.phase == "starting"
    assert foundry.processes[0].poll() is None
    assert standing_launches(governed.reopened()) == (launch,)


def test_it_runs_when_foundry_has_taken_the_request_up_and_ends_with_its_result(
    governed: Governed, foundry: LeftAlone
) -> None:
    launch = launch_run(governed.workspace, RunLoop(), foundry=foundry)
    governed.workspace.mailbox.claim(launch.request_id, "run_1", "scripted", "2027-01-11T09:00:00Z")
    assert look_at_launch(governed.workspace, launch.request_id).run_id == "run_1"

    foundry.run(launch.request_id, governed.workspace.root, quiet=True)
    assert look_at_launch(governed.workspace, launch.request_id) == Launch(
        launch.request_id, "run_1", "ended", "completed"
    )


def test_the_same_launch_twice_starts_one_process(governed: Governed, foundry: LeftAlone) -> None:
    first = launch_run(governed.workspace, RunLoop(), foundry=foundry)
    assert launch_run(governed.reopened(), RunLoop(), foundry=foundry) == first
    foundry.run(first.request_id, governed.workspace.root, quiet=True)
    cancel_launch(governed.workspace, first.request_id, at_once=True)
    foundry.processes[0].wait(WAIT_S)

    again = launch_run(governed.workspace, RunLoop(), foundry=foundry)

    assert (again.phase, again.status, again.deduplicated) == ("ended", "completed", True)
    assert len(foundry.processes) == 1


def test_a_process_that_dies_without_a_result_says_its_last_words(
    governed: Governed, foundry: LeftAlone
) -> None:
    launch = launch_run(governed.workspace, RunLoop(), foundry=foundry)
    log = governed.workspace.mailbox.folder / "launches" / f"{launch.request_id}.log"
    deadline = time.monotonic() + WAIT_S
    while not log.read_bytes() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(foundry.processes[0].pid, signal.SIGKILL)

    died = until_over(governed, launch)

    assert (died.phase, died.said) == ("died", "working")
    assert standing_launches(governed.workspace) == ()


def test_what_died_can_be_launched_again(governed: Governed, foundry: LeftAlone) -> None:
    launch = launch_run(governed.workspace, RunLoop(), foundry=foundry)
    os.killpg(foundry.processes[0].pid, signal.SIGKILL)
    until_over(governed, launch)

    again = launch_run(governed.workspace, RunLoop(), foundry=foundry)

    assert (again.request_id, again.phase) == (launch.request_id, "starting")
    assert len(foundry.processes) == 2


def test_cancelling_asks_the_process_first_and_ends_its_group_at_once_on_demand(
    governed: Governed, foundry: LeftAlone
) -> None:
    launch = launch_run(governed.workspace, RunLoop(), foundry=foundry)
    asked: list[tuple[str, int, int]] = []
    arguments: dict[str, Any] = {
        "send": lambda pid, number: asked.append(("process", pid, number)),
        "send_group": lambda pid, number: asked.append(("group", pid, number)),
        "patience_s": 0.0,
    }
    cancel_launch(governed.reopened(), launch.request_id, **arguments)
    cancel_launch(governed.reopened(), launch.request_id, at_once=True, **arguments)

    pid = foundry.processes[0].pid
    assert asked == [("process", pid, signal.SIGINT), ("group", pid, signal.SIGKILL)]


def test_a_run_that_has_only_just_begun_is_asked_once_it_can_leave_a_result(
    governed: Governed, foundry: LeftAlone
) -> None:
    launch = launch_run(governed.workspace, RunLoop(), foundry=foundry)
    governed.workspace.mailbox.claim(launch.request_id, RUN_ID, "scripted", "2027-01-11T09:00:00Z")
    began: list[bool] = []
    with ExitStack() as written:
        journal = governed.workspace.run_dir(RUN_ID) / "journal" / "0001.jsonl"
        soon = Timer(0.15, lambda: written.enter_context(JournalWriter(journal)))
        soon.start()
        cancel_launch(
            governed.workspace, launch.request_id, send=lambda pid, number: began.append(journal.exists())
        )
        soon.join()
    assert began == [True]


def test_a_number_that_another_process_has_now_is_never_signalled(
    governed: Governed, foundry: LeftAlone
) -> None:
    launch = launch_run(governed.workspace, RunLoop(), foundry=foundry)
    os.killpg(foundry.processes[0].pid, signal.SIGKILL)
    until_over(governed, launch)
    note = governed.workspace.mailbox.folder / "launches" / f"{launch.request_id}.json"
    note.write_text(note.read_text().replace(str(foundry.processes[0].pid), str(os.getpid())))

    with pytest.raises(NotCancelled, match="no process"):
        cancel_launch(governed.workspace, launch.request_id)


def test_only_who_may_approve_a_run_may_cancel_it(governed: Governed, foundry: LeftAlone) -> None:
    launch = launch_run(governed.workspace, RunLoop(), foundry=foundry)
    (governed.workspace.alloy_dir / "authority.yaml").write_text("principals:\n  ada: [view_intent]\n")
    stranger = open_workspace(governed.shop.root, principal=Principal("eve"))

    with pytest.raises(MissingAuthority):
        cancel_launch(stranger, launch.request_id)
    assert foundry.processes[0].poll() is None


def test_without_foundry_nothing_is_launched(governed: Governed) -> None:
    before = governed.shop.tree()
    with pytest.raises(CannotRun):
        launch_run(governed.workspace, RunLoop(), foundry=LeftAlone(missing=True))
    assert governed.shop.tree() == before


def test_a_request_that_is_no_request_is_refused(governed: Governed) -> None:
    with pytest.raises(NotCancelled, match="not the id"):
        cancel_launch(governed.workspace, "../../etc/passwd")

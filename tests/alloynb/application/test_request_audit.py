"""Every audit question has one answer for every request, also for one that was refused or cancelled before it ran."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from alloynb.application.end_request import CancelRequest, cancel_request, expire_leases
from alloynb.application.fleet import request_standing
from alloynb.application.receive_run import fail_request
from alloynb.application.request_run import RequestRun, request_run
from runtime_artifacts.runner_protocol import Failed
from tests.fakes.evidence_store import TickingClock
from tests.fakes.remote_runner import Shared, finish, shared_alloy, take


@pytest.fixture
def shared(tmp_path: Path) -> Shared:
    """A shared shop."""
    return shared_alloy(tmp_path / "shop")


def audit(shared: Shared, request_id: str) -> dict[int, str]:
    """Every answer of the audit of a request, by the number of its question."""
    rows = shared.workspace.warehouse.query(
        f"SELECT number, answer, question FROM request_audit('{request_id}') ORDER BY number"
    ).rows
    assert [number for number, _, _ in rows] == list(range(1, 20)), rows
    assert all(answer for _, answer, _ in rows)
    return {int(number): str(answer) for number, answer, _ in rows}


def test_a_request_that_ran_is_answered_as_its_run_is(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    _, lease = take(here, runner)
    finish(here, runner, lease)
    of_run = here.warehouse.query(f"FROM run_audit('{lease.run_id}')").rows

    assert here.warehouse.query(f"FROM request_audit('{request.id}')").rows == of_run


def test_one_that_was_refused_says_by_whom_and_why(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    _, lease = take(here, runner, start=False)
    why = "the prompt pack was edited after approval"
    fail_request(
        here,
        runner,
        request.id,
        Failed(lease_id=lease.lease_id, failure_class="safety", message=why, recovery_actions=("recompile",)),
    )
    told = audit(shared, request.id)

    for number in (4, 5, 8, 9, 12):
        assert "nothing ran; stopped" in told[number]
        assert why in told[number]
    assert runner.runner_id in told[5]
    assert told[1] == told[10] == told[11] == told[13] == told[16] == told[17] == told[18] == "none"
    assert request.content.brief.digest in told[2]
    assert "shop.intent.vendor-boundary v1" in told[2]
    assert told[3] == f"{request.content.prompt_pack.id} {request.content.prompt_pack.digest}"
    assert told[6] == request.content.repo.revision
    assert told[7] != "none"
    assert "shop.intent.vendor-boundary#" in told[14]


def test_one_that_was_cancelled_while_it_waited_says_by_whom_and_why(shared: Shared) -> None:
    request = shared.request()
    cancel_request(shared.workspace, CancelRequest(request.id, "wrong brief"))

    assert audit(shared, request.id)[8] == "nothing ran; cancelled by ada: wrong brief"


def test_one_that_waits_says_that_it_waits_and_one_that_nobody_made_says_nothing(shared: Shared) -> None:
    request = shared.request()

    assert audit(shared, request.id)[8] == "nothing ran; it waits"
    assert shared.workspace.warehouse.query("FROM request_audit('runreq_nobody')").rows == ()


def test_one_that_was_asked_twice_and_one_that_was_overridden_say_so(shared: Shared) -> None:
    here = shared.workspace
    first = shared.request()
    request_run(here, RequestRun(first.content.brief.id, "dry_run"))
    second = request_run(here, RequestRun(first.content.brief.id, "dry_run", None, True, "the disk was full"))

    assert audit(shared, first.id)[17] == f"{first.id}, 1 times"
    assert "ada" in audit(shared, second.request.id)[16]
    assert audit(shared, first.id)[16] == "none"


def test_one_whose_runner_was_lost_says_that_it_was_taken_up_again(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    take(here, runner, lease_s=5)
    clock = here.clock
    assert isinstance(clock, TickingClock)
    clock.advance(timedelta(seconds=6))
    expire_leases(here)
    waiting = request_standing(here, request.id)
    _, second = take(here, runner)
    finish(here, runner, second)

    assert waiting.state == "waiting"
    assert "runner 1" in audit(shared, request.id)[18]

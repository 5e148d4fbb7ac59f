"""A shared Alloy gives each request to one runner at a time, and takes one answer."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from alloynb.application.check_reported import FactsRefused
from alloynb.application.compile_intent import CompileIntent, compile_intent
from alloynb.application.dispatch import (
    LeaseLost,
    NotForThisRunner,
    accept_request,
    hand_back,
    heartbeat,
    next_offer,
    report_started,
)
from alloynb.application.end_request import (
    MOST_LEASES,
    CancelRequest,
    EndedBefore,
    cancel_request,
    expire_leases,
)
from alloynb.application.fleet import fleet, request_standing
from alloynb.application.foundry_capabilities import keep_capabilities
from alloynb.application.read_run import find_run
from alloynb.application.receive_run import (
    NotItsResult,
    complete_request,
    fail_request,
    report_events,
)
from alloynb.application.request_lives import lives_of
from alloynb.application.request_run import RequestRun, request_run
from alloynb.application.runners import RevokeRunner, find_runner, keep_manifest, revoke_runner
from alloynb.application.workspace import Workspace
from runtime_artifacts.capability_manifest import FormationCapability
from runtime_artifacts.errors import AlreadyClaimed
from runtime_artifacts.identity import new_id
from runtime_artifacts.journal import Fact
from runtime_artifacts.request_life import IllegalStep
from runtime_artifacts.runner_protocol import (
    Acceptance,
    Completed,
    Events,
    Failed,
    HandedBack,
    Heartbeat,
    Poll,
    Started,
)
from tests.fakes.evidence_store import TickingClock
from tests.fakes.remote_runner import (
    SUPPORTED,
    Shared,
    finish,
    manifest_bytes,
    result_of,
    shared_alloy,
    take,
)


@pytest.fixture
def shared(tmp_path: Path) -> Shared:
    """A shared shop."""
    return shared_alloy(tmp_path / "shop")


def later(workspace: Workspace, seconds: float) -> None:
    """Let time pass."""
    clock = workspace.clock
    assert isinstance(clock, TickingClock)
    clock.advance(timedelta(seconds=seconds))


def steps(workspace: Workspace, request_id: str) -> list[str]:
    """What the audit view tells of a request."""
    rows = workspace.warehouse.query(
        f"SELECT step FROM dispatch WHERE request_id = '{request_id}' ORDER BY happened_at"
    ).rows
    return [str(row[0]) for row in rows]


def test_a_request_goes_to_a_runner_and_comes_back_with_its_result(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    offer, lease = take(here, runner)

    assert offer.request == request.as_json()
    kinds = [str(each["schema"]).split(".")[1] for each in offer.artifacts]
    assert kinds == ["formation_brief", "prompt_pack", "gate_overlay", "evidence_plan"]
    assert (lease.number, lease.begun_before) == (1, ())
    assert request_standing(here, request.id).state == "executing"

    end = finish(here, runner, lease)
    assert end.status == "completed"
    assert request_standing(here, request.id).state == "completed"
    assert [each.content.foundry_run_id for each in here.mailbox.results(request.id)] == [lease.run_id]
    assert steps(here, request.id) == ["accepted", "started", "ended"]
    assert find_run(here, lease.run_id).request == request, "it is read like a run that was executed here"


def test_nothing_to_do_is_no_error(shared: Shared) -> None:
    assert next_offer(shared.workspace, shared.register("near"), Poll()) is None


def test_a_request_that_a_runner_holds_is_offered_to_nobody_else(shared: Shared) -> None:
    here, one, two = shared.workspace, shared.register("one"), shared.register("two")
    request = shared.request()
    _, lease = take(here, one)

    assert next_offer(here, two, Poll()) is None
    with pytest.raises(IllegalStep, match="holds it"):
        accept_request(here, two, request.id, Acceptance(run_id=new_id("run")))
    with pytest.raises(LeaseLost, match="holds no such lease"):
        heartbeat(here, two, request.id, Heartbeat(lease_id=lease.lease_id))


def test_a_message_that_is_sent_again_has_the_effect_of_one(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    said = Acceptance(run_id=new_id("run"), lease_s=30)
    lease = accept_request(here, runner, request.id, said)
    again = accept_request(here, runner, request.id, said.model_copy(update={"sends": 2}))
    for sends in (1, 2, 3):
        report_started(here, runner, request.id, Started(lease_id=lease.lease_id, sends=sends))
    done = Completed(lease_id=lease.lease_id, result=result_of(here, lease).as_json(), sends=3)
    ends = [complete_request(here, runner, request.id, done) for _ in range(2)]

    assert again.lease_id == lease.lease_id
    assert ends[0] == ends[1]
    assert steps(here, request.id) == ["accepted", "started", "ended"]
    standing = request_standing(here, request.id)
    assert (standing.transport_retries, standing.runner_retries, standing.foundry_retries) == (2, 0, 0)


def test_every_message_that_was_sent_again_is_counted_once_also_what_is_no_step(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    _, lease = take(here, runner, start=False)
    said = {"lease_id": lease.lease_id}
    heartbeat(here, runner, request.id, Heartbeat(**said, sends=3, resent=2))
    assert request_standing(here, request.id).transport_retries == 2
    report_started(here, runner, request.id, Started(**said, resent=2))
    report_events(here, runner, request.id, Events(**said, facts=(), sends=2, resent=5))
    report_events(here, runner, request.id, Events(**said, facts=(), resent=4))
    assert request_standing(here, request.id).transport_retries == 5
    done = Completed(**said, result=result_of(here, lease).as_json(), sends=2, resent=6)
    complete_request(here, runner, request.id, done)

    standing = request_standing(here, request.id)
    assert (standing.transport_retries, standing.runner_retries, standing.foundry_retries) == (6, 0, 0)
    told = here.warehouse.query("SELECT step, transport_retries FROM dispatch ORDER BY happened_at").rows
    assert [tuple(row) for row in told] == [("accepted", 0), ("started", 2), ("ended", 4)]
    (ends,) = here.warehouse.query("SELECT transport_retries FROM request_ends").rows
    assert tuple(ends) == (6,)
    (run_id,) = here.warehouse.query("SELECT run_id FROM runs").rows[0]
    retries = here.warehouse.query(f"SELECT retries FROM run_retries('{run_id}') WHERE sort = 'transport'")
    assert [tuple(row) for row in retries.rows] == [(6,)]


def test_what_a_lost_runner_had_to_send_again_is_told_by_the_end_of_its_lease(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    _, lease = take(here, runner, lease_s=5)
    heartbeat(here, runner, request.id, Heartbeat(lease_id=lease.lease_id, sends=2))
    later(here, 6)
    expire_leases(here)
    _, second = take(here, runner)
    heartbeat(here, runner, request.id, Heartbeat(lease_id=second.lease_id, sends=2))

    standing = request_standing(here, request.id)
    assert (standing.transport_retries, standing.runner_retries) == (2, 1)


def test_a_runner_that_is_busy_and_does_not_poll_is_alive(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    next_offer(here, runner, Poll(host="mill-1"))
    _, lease = take(here, runner, lease_s=300)
    for _ in range(5):
        later(here, 100)
        heartbeat(here, runner, request.id, Heartbeat(lease_id=lease.lease_id))

    (line,) = fleet(here).runners
    assert (line.state, line.running) == ("alive", (request.id,))


def test_a_runner_that_is_not_heard_loses_its_request_to_another(shared: Shared) -> None:
    here, one, two = shared.workspace, shared.register("one"), shared.register("two")
    request = shared.request()
    _, lost = take(here, one, lease_s=30)
    later(here, 29)
    assert next_offer(here, two, Poll()) is None
    heartbeat(here, one, request.id, Heartbeat(lease_id=lost.lease_id))
    later(here, 29)
    assert next_offer(here, two, Poll()) is None, "a heartbeat gives time"
    later(here, 2)
    _, lease = take(here, two)

    assert (lease.number, lease.begun_before[0].started, lease.begun_before[0].ended_by) == (
        2,
        True,
        "expired",
    )
    with pytest.raises(LeaseLost):
        heartbeat(here, one, request.id, Heartbeat(lease_id=lost.lease_id))
    with pytest.raises(LeaseLost):
        finish(here, one, lost)
    assert list((here.mailbox.folder / "arrived" / request.id).glob("*.json")), "what came late is kept"
    assert here.mailbox.results(request.id) == []
    finish(here, two, lease)
    assert steps(here, request.id).count("ended") == 1
    assert steps(here, request.id).count("refused") == 2
    assert request_standing(here, request.id).runner_retries == 1
    (row,) = here.warehouse.query("SELECT ends, leases, runners_lost, ended_as FROM request_ends").rows
    assert tuple(row) == (1, 2, 1, "completed")


def test_a_result_that_comes_late_counts_while_nobody_else_works(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    _, lease = take(here, runner, lease_s=10)
    later(here, 60)
    assert expire_leases(here) == [request.id]

    assert finish(here, runner, lease).status == "completed"


def test_a_request_over_which_runners_are_lost_again_and_again_is_given_up(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    for _ in range(MOST_LEASES):
        take(here, runner, lease_s=5)
        later(here, 6)
        expire_leases(here)

    assert next_offer(here, runner, Poll()) is None
    standing = request_standing(here, request.id)
    assert (standing.state, standing.recovery_actions) == (
        "failed",
        ("narrow_scope", "validate_only", "ask_question"),
    )
    assert f"given up after {MOST_LEASES}" in standing.why[0]


def test_what_is_handed_back_waits_for_the_next_runner(shared: Shared) -> None:
    here, one, two = shared.workspace, shared.register("one"), shared.register("two")
    request = shared.request()
    _, lease = take(here, one, start=False)
    said = HandedBack(lease_id=lease.lease_id, why="going down")
    hand_back(here, one, request.id, said)
    hand_back(here, one, request.id, said)

    assert take(here, two)[1].number == 2
    assert steps(here, request.id) == []
    assert fleet(here).open_requests[0].holder == "two"
    assert steps(here, request.id) == ["accepted", "handed_back", "accepted", "started"]


def test_cancelling_what_waits_ends_it_and_what_runs_is_asked_to_end(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    waiting = shared.request()
    assert cancel_request(here, CancelRequest(waiting.id, "not now")).ended
    assert next_offer(here, runner, Poll()) is None
    with pytest.raises(EndedBefore, match="cancelled"):
        cancel_request(here, CancelRequest(waiting.id))

    running = shared.request(again=True)
    _, lease = take(here, runner)
    asked = cancel_request(here, CancelRequest(running.id, "wrong branch"))
    assert (asked.ended, asked.held_by) == (False, runner.runner_id)
    state = heartbeat(here, runner, running.id, Heartbeat(lease_id=lease.lease_id))
    assert (state.cancel, state.by, state.why) == (True, "ada", "wrong branch")
    finish(here, runner, lease, status="cancelled")
    assert request_standing(here, running.id).state == "cancelled"


def test_what_shall_end_ends_with_the_lease_of_a_runner_that_was_lost(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    take(here, runner, lease_s=5)
    cancel_request(here, CancelRequest(request.id))
    later(here, 6)
    expire_leases(here)

    assert request_standing(here, request.id).state == "cancelled"


def test_a_runner_gets_only_what_it_may_have_and_people_see_why(shared: Shared) -> None:
    here = shared.workspace
    foreign, silent = shared.register("foreign", "other"), shared.register("silent", manifest=False)
    request = shared.request("full", prompt="go")
    untrusted, trusted = shared.register("untrusted"), shared.register("trusted", trusted=True)

    with pytest.raises(NotForThisRunner, match="may not serve shop"):
        next_offer(here, foreign, Poll())
    with pytest.raises(NotForThisRunner, match="may not serve other"):
        next_offer(here, trusted, Poll(projects=("other",)))
    for runner in (silent, untrusted, trusted):
        assert next_offer(here, runner, Poll()) is None
        with pytest.raises(NotForThisRunner):
            accept_request(here, runner, request.id, Acceptance(run_id=new_id("run")))
    (standing,) = fleet(here).open_requests
    assert set(standing.why) == {
        "foreign may not serve shop",
        "foreign is not trusted to change a repository",
        "nobody has approved that it changes the repository, or the approval is over",
        "silent has not said what it supports",
        "untrusted is not trusted to change a repository",
    }
    refused = here.warehouse.query("SELECT why FROM dispatch WHERE step = 'refused'").rows
    assert len(refused) == 5


def test_a_runner_cannot_talk_itself_into_what_it_is_not_trusted_with(shared: Shared) -> None:
    here, liar = shared.workspace, shared.register("liar", manifest=False)
    request = shared.request("full", prompt="go")
    harmless = FormationCapability(name="iterate", entry_event="iteration_requested", mutates=False)
    lie = SUPPORTED.model_copy(update={"formations": (harmless,)})
    keep_manifest(here, liar, manifest_bytes(here, lie))

    assert next_offer(here, liar, Poll()) is None
    with pytest.raises(NotForThisRunner, match="not trusted to change a repository"):
        accept_request(here, liar, request.id, Acceptance(run_id=new_id("run")))


def test_a_check_at_full_goes_to_anybody_once_a_person_said_that_it_changes_nothing(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    compiled = compile_intent(here, CompileIntent("validate"))
    request_run(here, RequestRun(compiled.formation.brief.id, "full"))
    assert next_offer(here, runner, Poll()) is None

    keep_capabilities(here, manifest_bytes(here))

    assert next_offer(here, runner, Poll()) is not None


def test_what_lacks_an_approval_says_so_also_where_nobody_is_registered(shared: Shared) -> None:
    shared.request("full", prompt="go")

    (standing,) = fleet(shared.workspace).open_requests
    assert "nobody has approved a change" in standing.why[1]


def test_a_runner_that_was_revoked_gets_nothing(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    revoke_runner(here, RevokeRunner("near", "sold"))

    with pytest.raises(NotForThisRunner, match="revoked"):
        accept_request(here, find_runner(here, "near"), request.id, Acceptance(run_id=new_id("run")))
    assert next_offer(here, find_runner(here, runner.name), Poll()) is None


def test_what_a_run_on_this_machine_has_is_not_given_away(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    here.mailbox.claim(request.id, new_id("run"), "local:here", "2026-03-02T12:00:00.000000Z")

    assert next_offer(here, runner, Poll()) is None
    with pytest.raises(AlreadyClaimed):
        accept_request(here, runner, request.id, Acceptance(run_id=new_id("run")))
    assert request_standing(here, request.id).state == "executing here"


def test_who_died_between_claim_and_lease_loses_nothing(shared: Shared) -> None:
    here, one, two = shared.workspace, shared.register("one"), shared.register("two")
    request = shared.request()
    here.mailbox.claim(request.id, new_id("run"), one.runner_id, "2026-03-02T12:00:00.000000Z")

    assert take(here, two)[1].request_id == request.id


def test_a_result_of_something_else_ends_nothing(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    _, lease = take(here, runner)
    result = result_of(here, lease.model_copy(update={"run_id": new_id("run")}))

    with pytest.raises(NotItsResult, match="foundry_run_id"):
        complete_request(
            here, runner, request.id, Completed(lease_id=lease.lease_id, result=result.as_json())
        )
    assert lives_of(here).life(request.id).state == "executing"


def test_a_result_whose_receiver_died_is_delivered_at_the_next_look(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    _, lease = take(here, runner)
    finish(here, runner, lease)
    for file in (here.mailbox.folder / "results").rglob("*.json"):
        file.unlink()
    (here.mailbox.folder / "told" / request.id).unlink()

    fleet(here)
    assert [each.content.status for each in here.mailbox.results(request.id)] == ["completed"]


def test_a_refusal_by_the_runner_ends_the_request_with_its_class_and_what_to_do(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    _, lease = take(here, runner, start=False)
    said = Failed(
        lease_id=lease.lease_id,
        failure_class="safety",
        message="the prompt pack was edited",
        recovery_actions=("recompile", "re_approve"),
    )
    assert fail_request(here, runner, request.id, said) == fail_request(here, runner, request.id, said)

    standing = request_standing(here, request.id)
    assert (standing.state, standing.why) == ("stopped", ("the prompt pack was edited",))
    assert standing.recovery_actions == ("recompile", "re_approve")


def facts(run_id: str, *numbers: int) -> tuple[dict[str, object], ...]:
    """Lines of a run's journal."""
    return tuple(
        json.loads(
            Fact(
                fact_id=f"{run_id}/{number}",
                kind="event",
                seq=number,
                recorded_at="2026-03-02T12:00:00.000000Z",
                run_id=run_id,
            ).model_dump_json(exclude_none=True)
        )
        for number in numbers
    )


def test_facts_of_a_run_arrive_once_and_become_its_journal(shared: Shared) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    _, lease = take(here, runner)

    def send(*numbers: int) -> None:
        said = Events(lease_id=lease.lease_id, facts=facts(lease.run_id, *numbers))
        report_events(here, runner, request.id, said)

    send(1, 2)
    send(1, 2, 3)
    with pytest.raises(FactsRefused, match="fact 4 is next"):
        send(5)
    other = Events(lease_id=lease.lease_id, facts=facts(new_id("run"), 4))
    with pytest.raises(FactsRefused, match="a fact of run"):
        report_events(here, runner, request.id, other)
    finish(here, runner, lease)

    (count,) = here.warehouse.query(
        f"SELECT count(*) FROM facts WHERE run_id = '{lease.run_id}' AND kind = 'event'"
    ).rows[0]
    assert count == 3

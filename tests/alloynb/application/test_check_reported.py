"""A runner tells of its own run: what it says of anything else, or against the request, is refused and told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alloynb.application.check_reported import FactsRefused
from alloynb.application.fleet import request_standing
from alloynb.application.receive_run import NotItsResult, complete_request, report_events
from runtime_artifacts.envelope import seal
from runtime_artifacts.identity import new_id
from runtime_artifacts.journal import Fact
from runtime_artifacts.run_result import RUN_RESULT, CommitMade, RunResult
from runtime_artifacts.runner_protocol import Completed, Events
from tests.fakes.remote_runner import Shared, finish, result_of, shared_alloy, take


@pytest.fixture
def shared(tmp_path: Path) -> Shared:
    """A shared shop."""
    return shared_alloy(tmp_path / "shop")


def lines(run_id: str, *numbers: int) -> tuple[dict[str, object], ...]:
    """Lines of a run's journal."""
    made = [
        Fact(fact_id=f"{run_id}/{number}", kind="event", seq=number, recorded_at=NOW, run_id=run_id)
        for number in numbers
    ]
    return tuple(json.loads(each.model_dump_json(exclude_none=True)) for each in made)


NOW = "2026-03-02T12:00:00.000000Z"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"kind": "approval", "principal": "ada"}, "a run writes no 'approval' fact"),
        ({"kind": "waiver"}, "a run writes no 'waiver' fact"),
        ({"kind": "dispatch", "status": "ended"}, "a run writes no 'dispatch' fact"),
        ({"run_id": None}, "a fact of run None"),
        ({"request_id": "runreq_01K00000000000000000000009"}, "says request_id"),
        ({"project_id": "bank"}, "says project_id 'bank'"),
        ({"brief_digest": f"sha256:{'0' * 64}"}, "says brief_digest"),
        ({"principal": "ada"}, "says principal 'ada'"),
        ({"attempt": 7}, "says attempt '7'"),
        ({"fact_id": "approval/1"}, "cannot be the id of a fact"),
        ({"unknown": 1}, "not a fact"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_a_runner_tells_of_its_own_run_and_of_nothing_else(
    shared: Shared, said: dict[str, object], why: str
) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    _, lease = take(here, runner)
    good, bad = lines(lease.run_id, 1, 2)

    with pytest.raises(FactsRefused, match=why):
        report_events(
            here, runner, request.id, Events(lease_id=lease.lease_id, facts=(good, {**bad, **said}))
        )
    finish(here, runner, lease)

    assert here.warehouse.query("SELECT * FROM approvals").rows == ()
    assert here.warehouse.query("SELECT * FROM facts WHERE kind = 'event'").rows == (), (
        "not even the good one"
    )
    (told,) = here.warehouse.query("SELECT why FROM dispatch WHERE step = 'refused'").rows
    assert why in str(told[0])


def forged(result: RunResult) -> dict[str, RunResult]:
    """Results that say more than their run can have done."""
    gate, seen = result.gates[0], result.evidence_observations[0]

    def but(**fields: object) -> RunResult:
        return result.model_copy(update=fields)

    def gate_but(**fields: object) -> RunResult:
        return but(gates=(gate.model_copy(update=fields), *result.gates[1:]))

    def seen_but(**fields: object) -> RunResult:
        return but(evidence_observations=(seen.model_copy(update=fields),))

    commit = CommitMade(commit="f" * 40, branch="main", subject="Trust me", pushed=True)
    return {
        "commits at dry run": but(commits=(commit,), revision_after="f" * 40),
        "a commit that it does not list": but(revision_after="f" * 40),
        "another throttle": but(throttle="full"),
        "another entry event": but(entry_event="release_requested"),
        "a gate that nobody asked for": gate_but(name="looks-fine"),
        "a required gate as advice": gate_but(mode="advisory", required=False),
        "a gate of the repository as evidence": gate_but(source="repository"),
        "evidence of something else": seen_but(evidence_id="shop.intent.other#tests"),
        "evidence of another run": seen_but(foundry_run_id=new_id("run")),
        "completed although a gate failed": but(
            gates=(gate.model_copy(update={"status": "failed"}), *result.gates[1:]), evidence_observations=()
        ),
        "satisfied although the gate failed": but(
            status="completed_with_findings",
            gates=(gate.model_copy(update={"status": "failed"}), *result.gates[1:]),
        ),
        "satisfied without any gate": but(gates=()),
        "a waiver by a runner": but(
            gates=(gate.model_copy(update={"status": "failed"}),),
            evidence_observations=(seen.model_copy(update={"status": "waived"}),),
        ),
    }


FORGERIES = (
    "commits at dry run",
    "a commit that it does not list",
    "another throttle",
    "another entry event",
    "a gate that nobody asked for",
    "a required gate as advice",
    "a gate of the repository as evidence",
    "evidence of something else",
    "evidence of another run",
    "completed although a gate failed",
    "satisfied although the gate failed",
    "satisfied without any gate",
    "a waiver by a runner",
)


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_result_ends_nothing_and_is_told(shared: Shared, name: str) -> None:
    here, runner = shared.workspace, shared.register("near")
    request = shared.request()
    _, lease = take(here, runner)
    honest = result_of(here, lease)
    lie = seal(
        RUN_RESULT,
        forged(honest.content)[name],
        id=new_id("result"),
        created_at=here.clock(),
        created_by="a runner",
        compiler_version="foundry-kernel 0",
    )

    with pytest.raises(NotItsResult):
        complete_request(here, runner, request.id, Completed(lease_id=lease.lease_id, result=lie.as_json()))

    assert request_standing(here, request.id).state == "executing"
    assert here.mailbox.results(request.id) == []
    (told,) = here.warehouse.query(
        "SELECT refused_message, request_id FROM dispatch WHERE step = 'refused'"
    ).rows
    assert tuple(told) == ("completed", request.id)
    assert finish(here, runner, lease).status == "completed", "the honest one still counts"

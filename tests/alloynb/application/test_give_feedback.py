"""A run teaches: its feedback is a document and facts, and what it proposes waits for a human."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alloynb.application.answer_proposal import (
    AnswerProposal,
    NotOpen,
    UnknownProposal,
    answer_proposal,
    proposals_of_project,
)
from alloynb.application.run_loop import RunLoop, feedback_of, run_loop
from alloynb.errors import AlloyError
from alloynb.intent.authority import Principal
from alloynb.intent.errors import MissingAuthority
from tests.fakes.alloy_shop import BOUNDARY
from tests.fakes.alloy_workspace import Governed, ScriptedFoundry, governed_shop

GATE = "vendor-boundary.imports"


@pytest.fixture
def governed(tmp_path: Path) -> Governed:
    return governed_shop(tmp_path / "shop", "vendor-boundary")


def run(governed: Governed, **gates: str) -> str:
    (governed.shop.root / "notes.md").write_text(f"{len(gates)} {governed.workspace.clock()}")
    governed.shop.commit("Another revision")
    foundry = ScriptedFoundry(
        gates={GATE: gates.get("gate", "failed")}, status="failed", failure_class="execution"
    )
    if gates.get("gate") == "passed":
        foundry = ScriptedFoundry()
    return run_loop(
        governed.workspace, RunLoop(), html_of=lambda report: "", foundry=foundry
    ).provenance.run_id


def test_a_run_leaves_a_document_that_answers_and_links(governed: Governed) -> None:
    run_id = run(governed)
    document, file = feedback_of(governed.workspace, None)
    assert file.name == f"{run_id}-1.feedback.yaml"
    assert document["run"]["run_id"] == run_id
    [threat] = document["threat_observations"]
    assert threat["links"] == [f"trace://{run_id}/gates/{GATE}"]
    assert document["strategy_effectiveness"][0]["effect"] == "did_not_hold"


def test_what_the_document_says_can_be_asked_of_the_store(governed: Governed) -> None:
    run_id = run(governed)
    feedback_of(governed.workspace, run_id)
    ask = governed.workspace.warehouse.query
    assert ask("SELECT run_id, record_id FROM threat_observations").rows == ((run_id, BOUNDARY),)
    assert ask("SELECT effect FROM strategy_effectiveness").rows == (("did_not_hold",),)
    assert len(ask("FROM tradeoff_observations")) == 1
    assert len(ask(f"FROM run_threats('{run_id}')")) == 1


def broken_three_times(governed: Governed) -> str:
    for _ in range(3):
        run(governed)
    [found] = [
        each for each in proposals_of_project(governed.workspace) if each["to_status"] == "contradicted"
    ]
    return str(found["proposal_id"])


def test_a_record_that_is_broken_at_three_revisions_in_a_row_may_be_untrue(governed: Governed) -> None:
    run(governed)
    run(governed)
    assert [each for each in proposals_of_project(governed.workspace) if each["to_status"]] == []
    run(governed)
    [found] = [each for each in proposals_of_project(governed.workspace) if each["to_status"]]
    assert (found["record_id"], found["to_status"]) == (BOUNDARY, "contradicted")
    assert governed.workspace.intent.get(BOUNDARY).model.status == "active"


def test_a_revision_at_which_it_held_ends_the_row(governed: Governed) -> None:
    run(governed)
    run(governed)
    run(governed, gate="passed")
    run(governed)
    assert [each for each in proposals_of_project(governed.workspace) if each["to_status"]] == []


def test_taking_up_a_transition_takes_it_through_the_lifecycle(governed: Governed) -> None:
    proposal = broken_three_times(governed)
    answered = answer_proposal(governed.workspace, AnswerProposal(proposal[:-3], "taken_up", "we were wrong"))
    assert (answered.record_id, answered.became) == (BOUNDARY, "contradicted")
    assert governed.workspace.intent.get(BOUNDARY).model.status == "contradicted"
    with pytest.raises(NotOpen, match="taken up by ada"):
        answer_proposal(governed.workspace, AnswerProposal(proposal, "dismissed", "no"))


def test_a_machine_cannot_take_up_a_step_that_only_humans_take(governed: Governed) -> None:
    proposal = broken_three_times(governed)
    machine = replace(governed.workspace, principal=Principal("nightly", "machine"))
    with pytest.raises(MissingAuthority):
        answer_proposal(machine, AnswerProposal(proposal, "taken_up", "it failed"))
    assert proposal in {each["proposal_id"] for each in proposals_of_project(governed.workspace)}


def test_what_was_dismissed_is_not_raised_again(governed: Governed) -> None:
    proposal = broken_three_times(governed)
    answer_proposal(governed.workspace, AnswerProposal(proposal, "dismissed", "the code is wrong"))
    run(governed)
    assert proposal not in {each["proposal_id"] for each in proposals_of_project(governed.workspace)}
    assert governed.workspace.intent.get(BOUNDARY).model.status == "active"


def test_a_failing_gate_that_nobody_owns_can_become_a_draft(governed: Governed) -> None:
    from alloynb.evidence.feedback_facts import feedback_facts
    from tests.fakes.evidence_story import _proposal

    run(governed)
    document, _ = feedback_of(governed.workspace, None)
    document["proposals"] = {
        "new_records": [_proposal("proposal_lint", None, "Lint & style")],
        "deprecations": [],
        "transitions": [],
        "better_evidence": [_proposal("proposal_better", BOUNDARY, "x")],
    }
    governed.workspace.warehouse.record(feedback_facts(document, at=governed.workspace.clock()))

    answered = answer_proposal(
        governed.workspace, AnswerProposal("proposal_lint", "taken_up", "we rely on it")
    )

    drafted = governed.workspace.intent.get("shop.intent.gate-lint-style").model
    assert (answered.became, drafted.status) == (drafted.id, "hypothesized")
    assert drafted.sources[0].source_type == "foundry_trace"
    with pytest.raises(AlloyError, match="only a human can write"):
        answer_proposal(governed.workspace, AnswerProposal("proposal_better", "taken_up", "yes"))


def test_an_answer_needs_a_reason_and_a_proposal_that_is_there(governed: Governed) -> None:
    with pytest.raises(AlloyError, match="needs a reason"):
        answer_proposal(governed.workspace, AnswerProposal("proposal_x", "dismissed", " "))
    with pytest.raises(UnknownProposal):
        answer_proposal(governed.workspace, AnswerProposal("proposal_x", "dismissed", "no"))

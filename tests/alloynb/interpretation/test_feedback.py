from __future__ import annotations

import io
from typing import Any

import pytest

from alloynb.compiler.formation import CompileFormation, compile_formation
from alloynb.intent.evidence_definition import Waiver
from alloynb.interpretation.contradiction import ContradictionQuestion
from alloynb.interpretation.feedback import ReadRun, run_feedback
from alloynb.interpretation.satisfaction import JudgeRun, judge_satisfaction
from runtime_artifacts.run_result import RunResult

REVISION = "b" * 40
GATE = {"id": "gate", "kind": "gate", "description": "d", "gate": {"name": "g", "command": ["make"]}}
REVIEW = {"id": "ask", "kind": "human_review", "description": "d", "question": "Did it work?", "role": "lead"}
REVIEW |= {"expires_days": 30, "required": False}


@pytest.fixture
def read(make_record, at):
    """Compiles records, judges a run with the given gate statuses, and writes the document."""

    def write(
        gates: dict[str, str], *records: Any, waivers: Any = (), repository_gates: Any = (), **more: Any
    ) -> dict[str, Any]:
        records = records or (make_record("offline", evidence=[GATE, REVIEW]),)
        formation = compile_formation(
            CompileFormation(
                records=records,
                project_id="shop",
                target_project="shop",
                created_at=at,
                created_by="Ada",
                compiler_version="test",
            )
        )
        reports = [
            {"name": gate.name, "phase": "preflight", "status": gates[gate.name], "required": True}
            | {"mode": gate.mode, "source": "overlay", "duration_ms": 12.34, "applies_to": gate.applies_to}
            | {"evidence_id": gate.evidence_id}
            for gate in formation.gate_overlay.content.gates
            if gate.name in gates
        ]
        run = {key: more.pop(key) for key in ("errors", "follow_up_questions") if key in more}
        result = RunResult(
            foundry_run_id="run_1",
            run_request_id="runreq_1",
            request_digest=formation.brief.digest,
            idempotency_key=formation.brief.digest,
            correlation_id="c",
            brief=formation.brief.ref,
            project_id="shop",
            revision_before=REVISION,
            revision_after=REVISION,
            throttle="dry_run",
            entry_event="validation_requested",
            status="completed",
            started_at="2026-03-01T11:00:00Z",
            finished_at="2026-03-01T11:01:00Z",
            gates=[*reports, *repository_gates],
            trace_id="t",
            foundry_version="0",
            runner_id="r",
            **run,
        )
        judged = judge_satisfaction(
            JudgeRun(plan=formation.evidence_plan.content, now=at, result=result, waivers=waivers)
        )
        return run_feedback(ReadRun(formation.brief, result, judged, **more))

    return write


PASSED, FAILED = {"offline.gate": "passed"}, {"offline.gate": "failed"}


def test_the_document_answers_the_five_questions(read):
    document = read(PASSED)
    assert document["what_foundry_did"]["entry_event"] == "validation_requested"
    assert document["what_foundry_did"]["gates"][0]["status"] == "passed"
    assert document["why"]["formation"] == "no_agent"
    assert document["intent_served"][0]["record"] == "shop.intent.offline"
    assert [each["status"] for each in document["evidence_collected"]] == ["satisfied", "unknown"]
    assert document["needs_a_human"] == ["shop.intent.offline#ask: lead has not answered: Did it work?"]


def test_the_document_survives_yaml(read):
    from ruamel.yaml import YAML

    document = read(FAILED, repository_gates=[], statuses={"shop.intent.offline": "accepted"})
    text = io.StringIO()
    YAML().dump(document, text)
    assert YAML(typ="safe").load(text.getvalue()) == document


def test_the_same_run_gives_the_same_document(read):
    assert read(FAILED) == read(FAILED)


def test_a_broken_record_is_a_threat_seen_a_drift_event_and_a_question(read):
    document = read(FAILED)
    assert document["capability_satisfaction"][0]["status"] == "unsatisfied"
    (threat,) = document["threat_observations"]
    assert threat["threat"] == "A vendor library in the core."
    assert threat["links"] == ["trace://run_1/gates/offline.gate"]
    assert document["drift_events"][0]["evidence"] == "shop.intent.offline#gate"
    assert document["strategy_effectiveness"][0]["effect"] == "did_not_hold"
    assert (
        "shop.intent.offline is broken by shop.intent.offline#gate: is this drift, an exception, or obsolete intent?"
        in document["needs_a_human"]
    )


def test_a_record_that_holds_shows_what_its_evidence_cost(read):
    document = read(PASSED)
    assert document["threat_observations"] == []
    assert document["strategy_effectiveness"][0]["effect"] == "worked"
    assert document["tradeoff_observations"][0] == {
        "record": "shop.intent.offline",
        "accepted": "More files.",
        "evidence_took_ms": 12.3,
        "share_of_gate_time": 0.9968,
        "retries": 0,
        "links": ["trace://run_1/gates/offline.gate"],
    }


LONG = {"name": "offline.gate", "phase": "verify", "required": True, "mode": "required_for_dry_run"}
LONG |= {"status": "passed", "source": "overlay", "duration_ms": 90_000.0}
LONG |= {"applies_to": ["shop.intent.offline"], "evidence_id": "shop.intent.offline#gate"}


def test_a_strategy_that_holds_may_cost_too_much(read):
    document = read(PASSED, repository_gates=[LONG])
    [effect] = document["strategy_effectiveness"]
    assert effect["effect"] == "worked_but_expensive"
    assert effect["because"] == ["its evidence took 90 s, 100% of the time of all gates"]
    tried = [{**LONG, "duration_ms": 1.0, "attempt": attempt} for attempt in (2, 3)]
    [effect] = read(PASSED, repository_gates=tried)["strategy_effectiveness"]
    assert effect["because"] == ["its gates needed 2 retries"]


def test_silence_is_never_told_as_success(read):
    document = read({})
    assert document["strategy_effectiveness"][0]["effect"] == "not_shown"
    assert document["capability_satisfaction"][0]["missing"] == ["shop.intent.offline#gate"]


@pytest.mark.parametrize(
    ("status", "before", "gates", "proposed"),
    [
        ("accepted", frozenset(), PASSED, 1),
        ("accepted", frozenset({"shop.intent.offline"}), PASSED, 0),
        ("accepted", frozenset(), FAILED, 0),
        ("active", frozenset(), PASSED, 0),
        (None, frozenset(), PASSED, 0),
    ],
)
def test_a_first_satisfaction_proposes_to_make_an_accepted_record_active(
    read, status, before, gates, proposed
):
    statuses = {"shop.intent.offline": status} if status else {}
    document = read(gates, statuses=statuses, satisfied_before=before)
    assert len(document["proposals"]["transitions"]) == proposed
    assert "waits for a human" in document["proposals"]["note"]


def test_required_evidence_that_nobody_observes_becomes_a_question_for_better_evidence(read, make_record):
    metric = {"id": "p", "kind": "metric", "description": "d", "condition": {"sql": "SELECT true"}}
    document = read({}, make_record("offline", evidence=[metric]))
    (proposal,) = document["proposals"]["better_evidence"]
    assert proposal["because"] == "its SQL condition was not evaluated"


def test_a_failing_gate_that_no_record_names_could_become_one(read):
    lint = {"name": "lint", "phase": "preflight", "status": "failed", "required": True, "mode": "advisory"}
    lint |= {"source": "repository", "duration_ms": 1}
    (proposal,) = read(PASSED, repository_gates=[lint])["proposals"]["new_records"]
    assert proposal["record"] is None
    assert proposal["proposal"] == "the gate lint could belong to a record: which capability does it protect?"
    assert read(PASSED, repository_gates=[lint | {"status": "passed"}])["proposals"]["new_records"] == []


def test_a_record_whose_evidence_is_all_waived_is_asked_about(read):
    waiver = Waiver.model_validate(
        {"waiver_id": "waiver_1", "evidence_id": "shop.intent.offline#gate", "who": "Ada", "why": "late"}
        | {"granted_at": "2026-02-01T00:00:00Z", "until": "2026-04-01T00:00:00Z"}
    )
    document = read(FAILED, waivers=[waiver])
    assert document["evidence_collected"][0]["waiver"]["who"] == "Ada"
    assert document["proposals"]["deprecations"][0]["because"] == "all of its required evidence is waived"
    assert document["drift_events"]


def test_safety_failures_contradictions_and_foundrys_questions_reach_a_human(read):
    contradiction = ContradictionQuestion(
        question_id="q",
        reason="r",
        record_ids=("shop.intent.offline",),
        question="Which of the two?",
        evidence=("e",),
    )
    safety = {"failure_class": "safety", "message": "a gate was removed", "next_step": "restore it"}
    document = read(
        PASSED, errors=[safety], follow_up_questions=["Why is it slow?"], contradictions=[contradiction]
    )
    assert document["needs_a_human"][:2] == ["a gate was removed: restore it", "Which of the two?"]
    assert "Why is it slow?" in document["needs_a_human"]
    assert document["contradicted_expectations"][0]["records"] == ["shop.intent.offline"]

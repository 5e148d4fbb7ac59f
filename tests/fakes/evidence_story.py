"""A store in which every question has an answer: two runs of one shop, all that led to them and all that followed.

The examples of views and macros name things by short stand-ins, such as `run_01K`; `asked` puts in the real ones.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from alloynb.evidence.decision_facts import finding_decision_fact, waiver_fact
from alloynb.evidence.feedback_facts import feedback_facts, proposal_answer_fact
from alloynb.evidence.ingest import ingest_run
from alloynb.evidence.intent_facts import (
    code_observation_fact,
    hypothesis_fact,
    record_evidence_fact,
    record_fact,
)
from alloynb.evidence.meaning_facts import contradiction_fact, finding_fact, satisfaction_fact
from alloynb.evidence.run_facts import approval_fact, new_fact, request_fact
from alloynb.evidence.warehouse import Warehouse
from runtime_artifacts.envelope import Artifact, Kind, seal
from runtime_artifacts.execution_request import EXECUTION_REQUEST
from runtime_artifacts.journal import JournalWriter
from runtime_artifacts.kinds import read_any
from runtime_artifacts.run_result import RUN_RESULT
from tests.fakes.evidence_store import (
    GOLDEN,
    RECORD,
    TickingClock,
    fill,
    journal_of,
    look_of,
    run_fact,
    write_golden_run,
    write_run,
)

EARLIER = "run_01JNAB3WCR0000000000000002"
LATER = "run_01JNAB3WCR0000000000000009"
CHARGE_ONCE = "shop.intent.charge-once"
STAND_INS = {
    "run_01K": LATER,
    "runreq_01K": "runreq_01JNAB3WC80000000000000009",
    "run_01M": EARLIER,
    "shop.intent.ports": RECORD,
    "finding_01K": "finding_1",
}


def asked(example: str) -> str:
    """The example with the names that the story knows."""
    for stand_in, name in STAND_INS.items():
        example = example.replace(f"'{stand_in}'", f"'{name}'")
    return example


def tell_story(warehouse: Warehouse) -> None:
    """Fill a store with at least one row for every example of every view and macro."""
    fill(warehouse)
    _write_later_run(warehouse)
    _quarantine(warehouse)
    clock = TickingClock(datetime(2026, 3, 3, 12, 0, tzinfo=UTC))
    with warehouse.session() as session:
        session.record(_said_of_the_run(clock))
        session.record(_intent(clock))
        session.record(_lost_on_the_way(clock))


def _golden(name: str) -> Artifact[Any]:
    return read_any((GOLDEN / f"{name}.json").read_bytes())


def _anew(kind: Kind[Any], name: str, artifact_id: str, **changes: Any) -> Artifact[Any]:
    golden = _golden(name)
    content = kind.model.model_validate_json(json.dumps({**golden.raw_content, **changes}), strict=True)
    return seal(
        kind,
        content,
        id=artifact_id,
        created_at=datetime(2026, 3, 3, 11, 0, tzinfo=UTC),
        created_by="principal:mira",
        compiler_version="test",
    )


def _write_later_run(warehouse: Warehouse) -> None:
    """A run for good, asked again on purpose: it retried, changed files, made a commit."""
    golden = _golden("foundry_execution_request")
    override = {
        "by": "mira",
        "at": "2026-03-03T11:00:00Z",
        "why": "the disk was full",
        "of_request": golden.id,
    }
    call = {**golden.raw_content["foundry"], "throttle": "full"}
    from runtime_artifacts.execution_request import ExecutionRequest, FoundryCall, Override, idempotency_key

    given = ExecutionRequest.model_validate_json(json.dumps(golden.raw_content), strict=True)
    key = idempotency_key(
        project_id=given.project_id,
        revision=given.repo.revision,
        brief_digest=given.brief.digest,
        foundry=FoundryCall.model_validate(call),
        requested_by=given.requested_by,
        override=Override.model_validate_json(json.dumps(override), strict=True),
    )
    request = _anew(
        EXECUTION_REQUEST,
        "foundry_execution_request",
        "runreq_01JNAB3WC80000000000000009",
        override=override,
        foundry=call,
        idempotency_key=key,
    )
    result = _anew(
        RUN_RESULT,
        "foundry_run_result",
        "result_01JNAB3ZXV0000000000000009",
        foundry_run_id=LATER,
        run_request_id=request.id,
        request_digest=request.digest,
        idempotency_key=key,
        throttle="full",
        revision_after="b" * 40,
        started_at="2026-03-03T11:00:00Z",
        finished_at="2026-03-03T11:30:00Z",
        changed_files=["services/checkout/gateway.py"],
        commits=[
            {"commit": "b" * 40, "branch": "alloy/shop/charge/1", "subject": "Charge once", "pushed": False}
        ],
        retries={"transport": 1, "runner": 1, "foundry": 1},
    )
    folder = write_golden_run(warehouse.layout.root, LATER)
    (folder / "result-1.json").write_bytes(result.to_bytes())
    (folder / "artifacts" / "foundry_execution_request.json").write_bytes(request.to_bytes())
    _write_journal(warehouse)
    ingest_run(warehouse, folder)
    clock = TickingClock(datetime(2026, 3, 3, 11, 40, tzinfo=UTC))
    warehouse.record([request_fact(request, step="deduplicated", at=clock(), by="nightly")])
    approval = _golden("approval")
    lifted = {**approval.raw_content, "scopes": ["mutation", "gate_weakening"]}
    warehouse.record([approval_fact(approval), _lifting(approval_fact(approval), lifted["scopes"])])


def _lifting(fact: Any, scopes: list[str]) -> Any:
    payload = {**fact.payload, "scopes": scopes, "approval_id": "approval_01JNAB3MHG0000000000000009"}
    payload["expires_at"] = "2100-01-01T00:00:00.000000Z"
    return fact.model_copy(update={"fact_id": "approval/lifting", "payload": payload})


def _write_journal(warehouse: Warehouse) -> None:
    gate = {"gate": "gateway-boundary", "phase": "verify", "required": True, "mode": "required_for_dry_run"}
    observer = {"block": "assess_project", "block_kind": "observer", "event_id": "evt_1"}
    mutator = {"block": "execute_plan", "block_kind": "mutator", "event_id": "evt_2"}
    push = {"block": "push_changes", "block_kind": "mutator", "event_id": "evt_3"}
    calls = [{"agent": "replayed", "usd": 0.25, "tokens_in": 1200, "tokens_out": 300}]
    steps: list[tuple[str, dict[str, Any]]] = [
        ("run_started", {"event_type": "iteration_requested", "runner_id": "runner:laptop"}),
        ("event", {"event_id": "evt_1", "event_type": "iteration_requested", "delivered": True}),
        ("block_started", observer),
        (
            "block_finished",
            {
                **observer,
                "status": "completed",
                "duration_ms": 900.0,
                "payload": {"emitted_event_ids": ["evt_2"], "details": {"agent_calls": calls}},
            },
        ),
        ("block_started", mutator),
        ("gate_started", {**gate, "payload": {"gate_attempt": 1}}),
        ("gate_finished", {**gate, "status": "failed", "duration_ms": 20.0, "payload": {"gate_attempt": 1}}),
        ("gate_started", {**gate, "payload": {"gate_attempt": 2}}),
        ("gate_finished", {**gate, "status": "passed", "duration_ms": 20.0, "payload": {"gate_attempt": 2}}),
        ("block_finished", {**mutator, "status": "completed", "duration_ms": 5000.0}),
        ("block_started", push),
        ("block_finished", {**push, "status": "simulated", "duration_ms": 1.0}),
        ("run_finished", {"status": "completed_with_findings", "duration_ms": 6000.0}),
    ]
    with JournalWriter(journal_of(warehouse.layout.root, LATER)) as journal:
        for seq, (kind, columns) in enumerate(steps, start=1):
            journal.append(run_fact(LATER, seq, kind, **columns))


def _quarantine(warehouse: Warehouse) -> None:
    journal = write_run(warehouse.layout.root, 2, "run_01K00000000000000000000003")
    whole = journal.read_bytes()
    journal.write_bytes(b'{"no": "fact"}\n' + whole)


def _said_of_the_run(clock: TickingClock) -> list[Any]:
    evidence = f"{CHARGE_ONCE}#gateway-boundary"
    link = f"trace://{LATER}/gates/gateway-boundary"
    verdict: dict[str, Any] = {
        "project_id": "shop",
        "record_id": CHARGE_ONCE,
        "title": "Charge once",
        "capability": "charged once",
        "severity": "high",
        "required": 2,
        "evidence": [],
    }
    document = {
        "run": {
            "run_id": LATER, "attempt": 1, "request_id": None, "brief_id": None, "brief_digest": None,
            "project": "shop", "revision": "b" * 40,
        },
        "threat_observations": [
            {"record": CHARGE_ONCE, "evidence": evidence, "threat": "a second click", "seen_in": "gate failed",
             "links": [link]}
        ],
        "strategy_effectiveness": [
            {"record": CHARGE_ONCE, "strategy": "one gateway", "effect": "worked_but_expensive",
             "because": ["2 retries"], "evidence_took_ms": 61_000.0, "links": [link]}
        ],
        "tradeoff_observations": [
            {"record": CHARGE_ONCE, "accepted": "one more round trip", "evidence_took_ms": 61_000.0,
             "share_of_gate_time": 0.8, "retries": 2, "links": [link]}
        ],
        "needs_a_human": ["Does the receipt reassure?"],
        "proposals": {
            "new_records": [_proposal("proposal_1", None, "lint")],
            "deprecations": [],
            "transitions": [_proposal("proposal_2", CHARGE_ONCE, "contradicted")],
            "better_evidence": [],
        },
    }  # fmt: skip
    return [
        satisfaction_fact(
            status="satisfied", observed_at=clock(), satisfied=2, missing=[], run_id=EARLIER, revision="a" * 40,
            **verdict,
        ),
        satisfaction_fact(
            status="unsatisfied", observed_at=clock(), satisfied=1, missing=[evidence], run_id=LATER, revision="b" * 40,
            **verdict,
        ),
        *feedback_facts(document, at=clock()),
        proposal_answer_fact(
            project_id="shop", proposal_id="proposal_2", record_id=CHARGE_ONCE, answer="dismissed", principal="mel",
            why="it is true", at=clock(),
        ),
        waiver_fact(
            project_id="shop", waiver_id="waiver_2", record_id=CHARGE_ONCE, evidence_id=f"{CHARGE_ONCE}#double-submit",
            principal="mel", why="the sandbox is down", until=datetime(2100, 1, 1, tzinfo=UTC),
            at=datetime(2026, 3, 1, tzinfo=UTC),
        ),
        finding_decision_fact(
            project_id="shop", finding_id="finding_1", record_id=RECORD, decision="exception", principal="mel",
            why="for now", at=datetime(2026, 3, 1, tzinfo=UTC) - timedelta(days=1),
        ),
    ]  # fmt: skip


def _proposal(proposal_id: str, record: str | None, subject: str) -> dict[str, Any]:
    return {
        "id": proposal_id,
        "record": record,
        "subject": subject,
        "proposal": f"something about {subject}",
        "because": "it was seen",
        "to_status": None,
        "links": [f"trace://{LATER}"],
    }


def _lost_on_the_way(clock: TickingClock) -> list[Any]:
    """A runner that was refused, a request whose runner was lost, somebody with a wrong key."""
    step: dict[str, Any] = {"project_id": "shop", "request_id": "runreq_1", "runner_id": "runner_1"}
    return [
        new_fact(
            "dispatch",
            at=clock(),
            status="refused",
            summary="not yours",
            payload={"why": "not yours"},
            **step,
        ),
        new_fact("dispatch", at=clock(), status="expired", summary="no heartbeat", **step),
        new_fact("runner", at=clock(), status="wrong_key", payload={"source": "10.0.0.1", "times": 1}),
    ]


def _intent(clock: TickingClock) -> list[Any]:
    told = {
        "title": "Charge once",
        "severity": "high",
        "digest": "sha256:other",
        "version": 4,
        "capability": "c",
    }
    return [
        record_fact(project_id="shop", record_id=CHARGE_ONCE, status="active", at=clock(), told=told),
        record_fact(project_id="shop", record_id=RECORD, status="accepted", at=clock(), told={"title": "Ports"}),
        record_evidence_fact(
            project_id="shop", record_id=RECORD, evidence_id=f"{RECORD}#imports", status="required", required=True,
            at=clock(), told={"kind": "import_boundary", "description": "d", "observed_by": "reading"},
        ),
        hypothesis_fact(
            project_id="shop", hypothesis="shop.hypothesis.layers", status="rejected", title="Layers", at=clock(),
            told={"confidence": 0.7, "kind": "layers", "rejected_by": "mel", "why": "chance"},
        ),
        contradiction_fact(
            project_id="shop", question_id="question_2", record_ids=[CHARGE_ONCE], reason="review_trigger",
            question="Still true?", evidence=["nothing touched it for two years"], at=clock(),
        ),
        finding_fact(
            project_id="shop", finding_id="finding_2", record_id=RECORD, evidence_id=f"{RECORD}#imports", status="new",
            severity="high", message="it came back", path="shop/core.py", lines=[9], revision="b" * 40, seen_at=clock(),
        ),
        look_of("finding_2", LATER, clock(), "intent_is_stale"),
        code_observation_fact(
            project_id="shop", hypothesis="shop.hypothesis.layers", ref="shop/core.py:7", told="imports downwards",
            supports=True, at=clock(), more={"signal": "import_layers", "weight": 0.5, "observed_text": "import x"},
        ),
    ]  # fmt: skip

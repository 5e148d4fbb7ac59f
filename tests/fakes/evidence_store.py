"""A small store to test with: a clock that ticks, journals of runs, and a repository's worth of evidence."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alloynb.evidence.change_facts import commit_facts, history_read_fact
from alloynb.evidence.decision_facts import (
    contradiction_answer_fact,
    exception_fact,
    finding_decision_fact,
    transition_fact,
    waiver_fact,
)
from alloynb.evidence.dispatch_facts import life_facts, runner_fact
from alloynb.evidence.ingest import ingest_run
from alloynb.evidence.meaning_facts import (
    confirmation_fact,
    contradiction_fact,
    finding_fact,
    finding_verdict_fact,
    satisfaction_fact,
)
from alloynb.evidence.run_facts import new_fact, request_fact
from alloynb.evidence.warehouse import Warehouse
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.journal import Fact, JournalWriter
from runtime_artifacts.kinds import read_any
from runtime_artifacts.request_life import LifeStep, life_of

GOLDEN = Path(__file__).parents[2] / "artifacts" / "golden" / "v1"
FIRST_RUN = "run_01K00000000000000000000001"
SECOND_RUN = "run_01K00000000000000000000002"
RECORD = "shop.intent.ports"
EVIDENCE = f"{RECORD}#imports"
REVISION = "a" * 40


class TickingClock:
    """Each look at it is one millisecond later; may be set forward."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


def plain_fact(number: int = 1, kind: str = "event", **columns: Any) -> Fact:
    """A fact of no importance."""
    columns.setdefault("fact_id", f"plain/{number:06d}")
    columns.setdefault("recorded_at", "2026-03-02T12:00:00.000000Z")
    return Fact(kind=kind, seq=number, **columns)


def journal_of(alloy_dir: Path, run_id: str = FIRST_RUN, attempt: int = 1) -> Path:
    """Where the journal of an attempt lies."""
    return alloy_dir / "runs" / run_id / "journal" / f"{attempt:04d}.jsonl"


def write_run(alloy_dir: Path, count: int, run_id: str = FIRST_RUN, attempt: int = 1) -> Path:
    """Write a finished journal of `count` events."""
    file = journal_of(alloy_dir, run_id, attempt)
    with JournalWriter(file) as journal:
        for seq in range(1, count + 1):
            journal.append(
                run_fact(run_id, seq, "event", attempt=attempt, event_type="greeted", payload={"seq": seq})
            )
    return file


def run_fact(run_id: str, seq: int, kind: str, *, attempt: int = 1, **columns: Any) -> Fact:
    """A fact as the engine writes it."""
    moment = datetime(2026, 3, 2, 9, 0, tzinfo=UTC) + timedelta(seconds=seq + 100 * attempt)
    return Fact(
        fact_id=f"{run_id}/{attempt:04d}/{seq:06d}",
        kind=kind,
        seq=seq,
        recorded_at=format_timestamp(moment),
        run_id=run_id,
        attempt=attempt,
        project_id="shop",
        revision=REVISION,
        throttle="dry_run",
        **columns,
    )


def write_whole_run(alloy_dir: Path, run_id: str, gate_status: str, *, finished: bool = True) -> None:
    """Write the journal of a validation run with two gates and a mutator that was simulated."""
    gate = {"gate": "tests", "phase": "preflight", "required": True, "mode": "required_for_dry_run"}
    lint = {
        "gate": "lint",
        "phase": "preflight",
        "required": False,
        "mode": "advisory",
        "evidence_id": EVIDENCE,
    }
    steps: list[tuple[str, dict[str, Any]]] = [
        ("run_started", {"event_type": "validation_requested", "runner_id": "laptop"}),
        ("event", {"event_id": "evt_1", "event_type": "validation_requested", "delivered": True}),
        (
            "block_started",
            {"block": "run_preflight", "block_kind": "observer", "event_id": "evt_1", "span_id": "s1"},
        ),
        ("gate_started", dict(gate)),
        ("gate_started", dict(lint)),
        ("gate_finished", {**gate, "status": gate_status, "exit_code": 0, "duration_ms": 1500.0}),
        (
            "gate_finished",
            {
                **lint,
                "status": "passed",
                "duration_ms": 20.0,
                "payload": {"source": "overlay", "gate_attempt": 1},
            },
        ),
        (
            "block_finished",
            {
                "block": "run_preflight",
                "block_kind": "observer",
                "event_id": "evt_1",
                "span_id": "s1",
                "status": "completed",
                "duration_ms": 1600.0,
                "payload": {"emitted_event_ids": ["evt_2"]},
            },
        ),
        ("block_started", {"block": "commit", "block_kind": "mutator", "event_id": "evt_2", "span_id": "s2"}),
        (
            "block_finished",
            {
                "block": "commit",
                "block_kind": "mutator",
                "event_id": "evt_2",
                "status": "simulated",
                "duration_ms": 1.0,
            },
        ),
        (
            "block_started",
            {"block": "summarize", "block_kind": "observer", "event_id": "evt_3", "span_id": "s3"},
        ),
    ]
    if finished:
        status = "completed" if gate_status == "passed" else "failed"
        failure = None if status == "completed" else "execution"
        steps.append(("run_finished", {"status": status, "failure_class": failure, "duration_ms": 4000.0}))
    with JournalWriter(journal_of(alloy_dir, run_id)) as journal:
        for seq, (kind, columns) in enumerate(steps, start=1):
            journal.append(run_fact(run_id, seq, kind, **columns))


def write_golden_run(alloy_dir: Path, run_id: str = "") -> Path:
    """Lay out the folder of a run from the golden artifacts, as a runner leaves it."""
    result = json.loads((GOLDEN / "foundry_run_result.json").read_bytes())
    folder = alloy_dir / "runs" / (run_id or str(result["content"]["foundry_run_id"]))
    (folder / "artifacts").mkdir(parents=True)
    for name in (
        "formation_brief",
        "prompt_pack",
        "gate_overlay",
        "evidence_plan",
        "foundry_execution_request",
    ):
        (folder / "artifacts" / f"{name}.json").write_bytes((GOLDEN / f"{name}.json").read_bytes())
    (folder / "result-1.json").write_bytes((GOLDEN / "foundry_run_result.json").read_bytes())
    return folder


def fill(warehouse: Warehouse) -> None:
    """Put at least one fact of every kind into a store."""
    alloy_dir = warehouse.layout.root
    clock = TickingClock()
    write_whole_run(alloy_dir, FIRST_RUN, "failed")
    write_whole_run(alloy_dir, SECOND_RUN, "passed")
    ingest_run(warehouse, write_golden_run(alloy_dir))
    request = read_any((GOLDEN / "foundry_execution_request.json").read_bytes())
    approval = read_any((GOLDEN / "approval.json").read_bytes())
    from alloynb.evidence.run_facts import approval_fact

    with warehouse.session() as session:
        session.record([request_fact(request, step="deduplicated", at=clock()), approval_fact(approval)])
        session.record(_verdict(run_id, status, clock()) for run_id, status in _VERDICTS)
        session.record(_finding(status, clock()) for status in ("new", "known", "resolved"))
        session.record([look_of("finding_1", FIRST_RUN, clock())])
        session.record(_decisions(clock))
        session.record(_history(clock()))
        session.record(_dispatched(request.id, clock))
        session.record(
            [
                new_fact(
                    "evidence_definition",
                    at=clock(),
                    record_id=RECORD,
                    evidence_id=f"{RECORD}#review",
                    required=True,
                    project_id="shop",
                    payload={"kind": "human_review", "description": "someone looked", "observed_by": "human"},
                )
            ]
        )


_VERDICTS = ((FIRST_RUN, "satisfied"), (SECOND_RUN, "unsatisfied"))


def _verdict(run_id: str, status: Any, at: datetime) -> Fact:
    return satisfaction_fact(
        project_id="shop",
        record_id=RECORD,
        status=status,
        observed_at=at,
        title="Ports stay narrow",
        capability="swap the payment provider",
        severity="high",
        required=2,
        satisfied=2 if status == "satisfied" else 1,
        missing=[] if status == "satisfied" else [EVIDENCE],
        evidence=[{"evidence_id": EVIDENCE, "status": status}],
        run_id=run_id,
        revision=REVISION,
    )


def _finding(status: str, at: datetime) -> Fact:
    return finding_fact(
        project_id="shop",
        finding_id="finding_1",
        record_id=RECORD,
        evidence_id=EVIDENCE,
        status=status,
        severity="high",
        message="the core imports the SDK",
        path="shop/core.py",
        lines=[7, 9],
        revision=REVISION,
        seen_at=at,
        more={"detector": "import_boundary"},
    )


def look_of(finding_id: str, run_id: str, at: datetime, leaning: str = "code_left_intent") -> Fact:
    """What a finding looked like to the reading of a run."""
    clue = {
        "clue": "few_or_many",
        "leans": leaning,
        "weight": 0.35,
        "told": "1 of 14 places",
        "place": "shop/core.py",
    }
    return finding_verdict_fact(
        project_id="shop",
        finding_id=finding_id,
        record_id=RECORD,
        evidence_id=EVIDENCE,
        leaning=leaning,
        strength=0.51,
        scores={"code_left_intent": 0.51, "refactor_keeps_intent": 0.0, "intent_is_stale": 0.0},
        clues=[clue],
        weighing={"prior": 0.25, "least_lead": 0.15, "version": "1.0.0"},
        told="looks like code that left valid intent",
        severity="high",
        revision=REVISION,
        judged_at=at,
        path="shop/core.py",
        lines=[7, 9],
        run_id=run_id,
    )


def _history(at: datetime) -> list[Fact]:
    commit = commit_facts(
        project_id="shop",
        commit=REVISION,
        at=int(at.timestamp()),
        authored_at=int(at.timestamp()) - 60,
        author="Mel",
        email="mel@example.org",
        subject="Move the SDK out of the core",
        changes=[("shop/core.py", "modified"), ("shop/adapter.py", "added")],
    )
    return [
        *commit,
        history_read_fact(project_id="shop", tip=REVISION, complete=True, commits=1, paths=2, at=at),
    ]


def _dispatched(request_id: str, clock: TickingClock) -> list[Fact]:
    """A request that was cancelled before a runner took it up."""
    asked = LifeStep(kind="cancel_asked", at=format_timestamp(clock()), by="mel", why="because")
    end = LifeStep(kind="ended", at=format_timestamp(clock()), by="mel", status="cancelled")
    known = runner_fact(step="registered", runner_id="runner_1", at=clock(), principal="mel", name="near")
    return [*life_facts(life_of(request_id, [asked, end]), "shop"), known]


def _decisions(clock: TickingClock) -> list[Fact]:
    until = datetime(2100, 1, 1, tzinfo=UTC)
    said: dict[str, Any] = {"project_id": "shop", "principal": "mel", "why": "because"}
    return [
        finding_decision_fact(
            finding_id="finding_1", record_id=RECORD, decision="drift", at=clock(), brief_id="brief_1", **said
        ),
        contradiction_fact(
            project_id="shop",
            question_id="question_1",
            record_ids=[RECORD, "shop.intent.speed"],
            reason="conflicting_records",
            question="Simplify or preserve?",
            evidence=["both are active"],
            at=clock(),
        ),
        contradiction_answer_fact(
            question_id="question_1",
            record_id=RECORD,
            answer="preserve",
            at=clock(),
            answer_id="answer_1",
            until=until,
            **said,
        ),
        confirmation_fact(confirmed_id=RECORD, at=clock(), **said),
        transition_fact(
            record_id=RECORD,
            from_status="proposed",
            to_status="accepted",
            authority="accept_intent",
            at=clock(),
            **said,
        ),
        waiver_fact(
            waiver_id="waiver_1", record_id=RECORD, evidence_id=EVIDENCE, until=until, at=clock(), **said
        ),
        exception_fact(
            exception_id="exception_1",
            record_id=RECORD,
            finding_id="finding_1",
            until=until,
            at=clock(),
            **said,
        ),
    ]

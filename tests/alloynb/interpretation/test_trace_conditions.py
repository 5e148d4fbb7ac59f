from __future__ import annotations

from typing import Any

import pytest

from alloynb.interpretation.trace_conditions import CONDITIONS, judge_condition
from runtime_artifacts.run_result import GateReport, RunError, RunResult
from runtime_artifacts.trace_summary import BlockSummary, TraceSummary

DIGEST = "sha256:" + "a" * 64
REVISION = "b" * 40


def block(kind: str = "observer", status: str = "completed", name: str = "look") -> BlockSummary:
    return BlockSummary(
        block=name,
        kind=kind,
        span_id="s1",
        trigger_event_id="evt_1",
        status=status,
        started_at="2026-03-10T11:00:00Z",
        duration_ms=1,
    )


def gate(name: str, status: str, attempt: int) -> GateReport:
    return GateReport(
        name=name,
        phase="verify",
        status=status,
        attempt=attempt,
        required=True,
        mode="advisory",
        source="overlay",
        duration_ms=1,
    )


def run(*blocks: BlockSummary, truncated: bool = False, trace: bool = True, **more: Any) -> RunResult:
    summary = TraceSummary(
        foundry_run_id="run_1",
        trace_id="t",
        project_id="shop",
        entry_event="e",
        throttle="dry_run",
        blocks=blocks,
        block_count=len(blocks),
        truncated=truncated,
    )
    values: dict[str, Any] = {
        "foundry_run_id": "run_1",
        "run_request_id": "runreq_1",
        "request_digest": DIGEST,
        "idempotency_key": DIGEST,
        "correlation_id": "c",
        "brief": {"id": "brief_1", "digest": DIGEST},
        "project_id": "shop",
        "revision_before": REVISION,
        "revision_after": REVISION,
        "throttle": "dry_run",
        "entry_event": "e",
        "status": "completed",
        "started_at": "2026-03-10T11:00:00Z",
        "finished_at": "2026-03-10T11:01:00Z",
        "trace_id": "t",
        "trace_summary": summary if trace else None,
        "foundry_version": "0",
        "runner_id": "r",
    }
    return RunResult(**values | more)


SAFETY = RunError(failure_class="safety", message="observer look changed the work tree: a.py")


@pytest.mark.parametrize(
    ("condition", "result", "status"),
    [
        ("no_mutator_ran_under_dry_run", run(block(), block("mutator", "simulated")), "satisfied"),
        ("no_mutator_ran_under_dry_run", run(block("mutator", "completed")), "unsatisfied"),
        ("no_mutator_ran_under_dry_run", run(block("mutator", "interrupted")), "unsatisfied"),
        ("no_mutator_ran_under_dry_run", run(block(), changed_files=("a.py",)), "unsatisfied"),
        ("no_mutator_ran_under_dry_run", run(block(), throttle="full"), "unknown"),
        ("no_mutator_ran_under_dry_run", run(trace=False), "unknown"),
        ("no_mutator_ran_under_dry_run", run(block(), truncated=True), "unknown"),
        ("no_mutator_ran_under_dry_run", run(block("mutator"), truncated=True), "unsatisfied"),
        ("no_observer_mutated", run(block()), "satisfied"),
        ("no_observer_mutated", run(block(), errors=(SAFETY,)), "unsatisfied"),
        ("no_observer_mutated", run(block(), revision_after="c" * 40), "unsatisfied"),
        (
            "no_observer_mutated",
            run(block(), block("mutator"), changed_files=("a",), throttle="full"),
            "satisfied",
        ),
        ("no_observer_mutated", run(block(status="interrupted")), "unknown"),
        ("no_observer_mutated", run(), "unknown"),
        ("no_observer_mutated", run(trace=False), "unknown"),
        ("no_observer_mutated", run(block(), truncated=True), "unknown"),
        (
            "retry_touched_only_failed_gates",
            run(gates=(gate("a", "failed", 1), gate("b", "passed", 1))),
            "unknown",
        ),
        (
            "retry_touched_only_failed_gates",
            run(gates=(gate("a", "failed", 1), gate("b", "passed", 1), gate("a", "passed", 2))),
            "satisfied",
        ),
        (
            "retry_touched_only_failed_gates",
            run(
                gates=(
                    gate("a", "failed", 1),
                    gate("b", "passed", 1),
                    gate("a", "passed", 2),
                    gate("b", "passed", 2),
                )
            ),
            "unsatisfied",
        ),
        ("revision_unchanged", run(), "satisfied"),
        ("revision_unchanged", run(revision_after="c" * 40), "unsatisfied"),
        ("revision_unchanged", run(changed_files=("a",)), "unsatisfied"),
        ("every_gate_reported", run(gates=(gate("a", "failed", 1),)), "satisfied"),
        ("every_gate_reported", run(gates=(gate("a", "cannot_start", 1),)), "unsatisfied"),
        ("every_gate_reported", run(), "unknown"),
    ],
)
def test_each_condition_holds_is_broken_or_cannot_be_told(condition, result, status):
    answer = judge_condition(condition, result)
    assert answer.status == status
    assert answer.reason
    assert all(link.startswith("trace://run_1") for link in answer.links)


@pytest.mark.parametrize(
    ("sent", "status"), [(None, "unknown"), (DIGEST, "satisfied"), ("sha256:" + "0" * 64, "unsatisfied")]
)
def test_a_run_is_of_the_request_that_was_sent(sent, status):
    assert judge_condition("request_digest_matches", run(), sent).status == status


def test_an_unknown_condition_is_never_satisfied_and_names_the_known_ones():
    answer = judge_condition("all_is_well", run(block()))
    assert answer.status == "unknown"
    assert all(name in answer.reason for name in CONDITIONS)

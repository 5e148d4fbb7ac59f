"""A result follows from the journal alone, whoever writes it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_kernel.engine.outcome import Outcome
from foundry_kernel.runner.report import Circumstances, Ending, exit_code_of, result_of, running_when_it_died
from foundry_kernel.runner.run_folder import RunFolder
from runtime_artifacts.envelope import Artifact, format_timestamp
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.gate_overlay import GateOverlay
from runtime_artifacts.journal import Fact
from runtime_artifacts.run_result import GateReport, RunError, RunResult
from tests.foundry_kernel.runner.tiny_workspace import NOW, gate, make_workspace

OVERLAY = GateOverlay(project_id="tiny", gates=(gate("a", "true"), gate("b", "true")))


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> Artifact[ExecutionRequest]:
    return make_workspace(tmp_path_factory.mktemp("report") / "tiny", overlay_gates=OVERLAY.gates).request


class Journal:
    """Facts as an engine would write them, one second apart."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.attempt = 1
        self._seq = count(1)

    def add(self, kind: str, **columns: Any) -> Journal:
        seq = next(self._seq)
        at = format_timestamp(NOW + timedelta(seconds=seq))
        fixed = {
            "fact_id": f"f{seq}",
            "seq": seq,
            "recorded_at": at,
            "attempt": self.attempt,
            "trace_id": "ab" * 16,
        }
        self.facts.append(Fact(kind=kind, run_id="run_x", **fixed, **columns))
        return self

    def begun(self) -> Journal:
        self.add("run_started")
        self.add(
            "event", event_id="evt_1", event_type="validation_requested", span_id="e1", occurred_at=self._at()
        )
        self.add(
            "block_started", block="run_preflight", event_id="evt_1", span_id="b1", block_kind="observer"
        )
        resolved = {"gates": [each.model_dump(mode="json") | {"source": "overlay"} for each in OVERLAY.gates]}
        return self.add(
            "event", event_id="evt_2", event_type="gate_resolution_completed", span_id="e2", payload=resolved
        )

    def gate(self, name: str, status: Any, *, required: bool = False, **more: Any) -> Journal:
        overlay = next(each for each in OVERLAY.gates if each.name == name)
        report = GateReport(
            name=name,
            phase="preflight",
            status=status,
            required=required,
            mode="advisory",
            source="overlay",
            duration_ms=5,
            evidence_id=overlay.evidence_id,
            applies_to=overlay.applies_to,
            **more,
        )
        self.add("gate_started", gate=name, phase="preflight")
        said = report.model_dump(mode="json", exclude_none=True)
        return self.add("gate_finished", gate=name, phase="preflight", status=status, payload=said)

    def end(self, status: Any, **more: Any) -> Journal:
        self.add("block_finished", block="run_preflight", event_id="evt_1", span_id="b1", status="completed")
        return self.add("run_finished", status=status, payload=Outcome(status, **more).as_json())

    def _at(self) -> str:
        return format_timestamp(NOW)


Report = Callable[..., RunResult]


@pytest.fixture
def report(request_: Artifact[ExecutionRequest]) -> Report:
    def make(journal: Journal, ending: Ending | None = None) -> RunResult:
        about = Circumstances(
            run_id="run_x",
            attempt=journal.attempt,
            started_at=format_timestamp(NOW),
            finished_at=format_timestamp(NOW + timedelta(minutes=1)),
            runner_id="local:test",
            foundry_version="0",
        )
        return result_of(request_, OVERLAY, journal.facts, about, ending)

    return make


def test_gates_that_pass_satisfy_their_evidence(report: Report) -> None:
    result = report(Journal().begun().gate("a", "passed").gate("b", "passed").end("completed"))
    assert (result.status, result.failure_class, exit_code_of(result)) == ("completed", None, 0)
    assert {seen.status for seen in result.evidence_observations} == {"satisfied"}
    assert result.evidence_observations[0].record_ids == ("tiny.intent.a",)
    assert result.evidence_observations[0].supporting_artifacts[0] == "trace://run_x/gates/a"


@pytest.mark.parametrize(
    ("status", "observed"),
    [
        ("failed", "unsatisfied"),
        ("timed_out", "unknown"),
        ("cannot_start", "unknown"),
        ("cancelled", "unknown"),
        ("skipped", "unknown"),
    ],
)
def test_only_a_gate_that_ran_to_its_end_decides_evidence(report: Report, status: str, observed: str) -> None:
    result = report(
        Journal().begun().gate("a", status, details="why").gate("b", "passed").end("completed_with_findings")
    )
    seen = result.evidence_observations[0]
    assert seen.status == observed
    assert seen.notes
    assert exit_code_of(result) == 1


def test_a_gate_that_never_ran_leaves_its_evidence_unknown(report: Report) -> None:
    result = report(Journal().begun().gate("a", "passed").end("completed"))
    assert [(seen.status, seen.notes) for seen in result.evidence_observations] == [
        ("satisfied", ""),
        ("unknown", "the gate did not run"),
    ]


def test_a_failed_required_gate_is_an_answer_and_not_something_to_resume(report: Report) -> None:
    journal = Journal().begun().gate("a", "failed", required=True)
    result = report(journal.end("failed", failure_class="execution"))
    assert exit_code_of(result) == 1
    assert "resume" not in result.recovery_actions
    assert any("gate a failed in preflight" in error.message for error in result.errors)


def test_a_journal_without_an_end_is_a_kernel_that_died(report: Report) -> None:
    journal = Journal().begun().gate("a", "passed").add("gate_started", gate="b", phase="preflight")
    result = report(journal)
    assert (result.status, result.failure_class, exit_code_of(result)) == ("failed", "execution", 4)
    assert result.errors[0].message == "the kernel died while gate b ran"
    assert "resume" in result.recovery_actions
    assert [(each.name, each.status) for each in result.gates] == [("a", "passed"), ("b", "cancelled")]
    assert result.gates[1].evidence_id == "tiny.intent.b#it"
    assert [each.status for each in result.trace_summary.blocks] == ["interrupted"]  # type: ignore[union-attr]


def test_what_ran_when_it_died_is_the_gate_then_the_block_then_nothing() -> None:
    assert running_when_it_died([]) == "nothing"
    assert running_when_it_died(Journal().begun().facts) == "block run_preflight"
    assert running_when_it_died(Journal().begun().add("gate_started", gate="b").facts) == "gate b"


def test_an_end_after_a_cancellation_is_no_death(report: Report) -> None:
    result = report(Journal().begun().add("cancel_requested"))
    assert (result.status, result.errors, exit_code_of(result)) == ("cancelled", (), 4)


def test_what_was_refused_outside_of_the_engine_has_its_own_class(report: Report) -> None:
    ending = Ending("failed", (RunError(failure_class="dispatch", message="git is gone"),))
    result = report(Journal(), ending)
    assert (result.failure_class, result.errors[0].message, exit_code_of(result)) == (
        "dispatch",
        "git is gone",
        4,
    )


@pytest.mark.parametrize(
    ("failure", "code"), [("safety", 3), ("validation", 2), ("dispatch", 4), ("semantic", 1)]
)
def test_every_failure_class_has_its_code_and_recovery_actions(
    report: Report, failure: Any, code: int
) -> None:
    result = report(Journal().begun().end("stopped", failure_class=failure, questions=("What now?",)))
    assert exit_code_of(result) == code
    assert result.recovery_actions
    assert result.follow_up_questions == ("What now?",)


def test_a_resumed_run_tells_the_whole_story_once(report: Report) -> None:
    journal = Journal().begun().gate("a", "passed").add("gate_started", gate="b", phase="preflight")
    journal.attempt = 2
    journal.add("run_resumed")
    journal.add("block_started", block="run_preflight", event_id="evt_1", span_id="b1", block_kind="observer")
    result = report(journal.gate("a", "passed").gate("b", "passed").end("completed"))
    assert (result.status, result.attempt, result.retries.runner) == ("completed", 2, 1)
    assert [(each.name, each.status) for each in result.gates] == [("a", "passed"), ("b", "passed")]
    assert result.trace_summary is not None
    assert [(each.block, each.status) for each in result.trace_summary.blocks] == [
        ("run_preflight", "completed")
    ]


def test_the_whole_key_of_a_run_is_in_its_result(
    report: Report, request_: Artifact[ExecutionRequest]
) -> None:
    result = report(Journal().begun().end("completed"))
    asked = request_.content
    assert (result.run_request_id, result.request_digest) == (request_.id, request_.digest)
    assert (result.brief, result.idempotency_key) == (asked.brief, asked.idempotency_key)
    assert (result.revision_before, result.correlation_id) == (asked.repo.revision, asked.correlation_id)
    assert (result.trace_id, result.trace_references) == ("ab" * 16, ("trace://run_x",))


@given(st.integers(min_value=0, max_value=12))
def test_every_prefix_of_a_journal_makes_a_result(request_: Artifact[ExecutionRequest], length: int) -> None:
    journal = Journal().begun().gate("a", "passed").gate("b", "failed", required=True).end("failed")
    about = Circumstances("run_x", 1, format_timestamp(NOW), format_timestamp(NOW), "r", "0")
    result = result_of(request_, OVERLAY, journal.facts[:length], about)
    assert result.status == "failed"
    assert exit_code_of(result) in {1, 4}
    assert len(result.evidence_observations) == 2


def test_a_folder_without_a_journal_reads_as_empty(tmp_path: Path) -> None:
    assert RunFolder(tmp_path).facts() == []
    assert RunFolder(tmp_path).is_alive() is False

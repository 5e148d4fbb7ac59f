"""Run Result: what Foundry reports of one attempt at a run (spec 3.7)."""

from __future__ import annotations

from typing import Literal, Self, TypeAlias

from pydantic import Field, model_validator

from runtime_artifacts import errors
from runtime_artifacts.content import ArtifactRef, Content, Digest, RelativePath, Throttle, Timestamp
from runtime_artifacts.envelope import Kind
from runtime_artifacts.evidence_observation import EvidenceObservation
from runtime_artifacts.gate_overlay import GateMode
from runtime_artifacts.trace_summary import TraceSummary

RunStatus = Literal["completed", "completed_with_findings", "failed", "stopped", "cancelled"]
FailureClass: TypeAlias = errors.FailureClass
GateStatus = Literal["passed", "failed", "timed_out", "cannot_start", "cancelled", "skipped"]


class GateReport(Content):
    """What one gate said in one phase.

    Attributes:
        source: `repository` (its own gate file) or `overlay`.
        details: head and tail of the output, secrets redacted.
        output_file: whole output, relative to the run's folder.
        report_files: SARIF or JUnit files that the gate left, relative to the run's folder.
        told_by: who said so, where this Foundry did not run the gate itself; None where it did.
    """

    name: str
    phase: Literal["preflight", "verify"]
    status: GateStatus
    required: bool
    mode: GateMode
    source: Literal["repository", "overlay"]
    attempt: int = Field(default=1, ge=1)
    exit_code: int | None = None
    duration_ms: float = Field(ge=0)
    details: str = ""
    output_file: RelativePath | None = None
    report_files: tuple[RelativePath, ...] = ()
    evidence_id: str | None = None
    applies_to: tuple[str, ...] = ()
    told_by: str | None = None


class RetryCounts(Content):
    """Three kinds of retry, never mixed (spec 5.4)."""

    transport: int = Field(default=0, ge=0)
    runner: int = Field(default=0, ge=0)
    foundry: int = Field(default=0, ge=0)


class CommitMade(Content):
    """One commit that the run made, and whether it was pushed."""

    commit: str
    branch: str
    subject: str
    pushed: bool = False
    push_outcome: str = ""


class RunError(Content):
    """One thing that went wrong, with the next step."""

    failure_class: FailureClass
    message: str
    next_step: str = ""
    place: str = ""


class RunResult(Content):
    """Content of `alloy.foundry_run_result.v1`.

    Attributes:
        attempt: 1 for the first; a resumed run reports again with the next number.
        failure_class: present when the run failed or was stopped, absent when it completed.
        recovery_actions: names of what a human can do next (spec 5.5).
        package_versions: versions that shaped the result, by package name.
        uncommitted: paths that had uncommitted changes and were left out of the run.
    """

    foundry_run_id: str
    run_request_id: str
    request_digest: Digest
    idempotency_key: Digest
    correlation_id: str
    brief: ArtifactRef
    project_id: str
    revision_before: str
    revision_after: str
    branch: str | None = None
    throttle: Throttle
    entry_event: str
    status: RunStatus
    attempt: int = Field(default=1, ge=1)
    started_at: Timestamp
    finished_at: Timestamp
    gates: tuple[GateReport, ...] = ()
    retries: RetryCounts = Field(default_factory=RetryCounts)
    commits: tuple[CommitMade, ...] = ()
    changed_files: tuple[str, ...] = ()
    uncommitted: tuple[str, ...] = ()
    trace_id: str
    trace_references: tuple[str, ...] = ()
    trace_summary: TraceSummary | None = None
    evidence_observations: tuple[EvidenceObservation, ...] = ()
    follow_up_questions: tuple[str, ...] = ()
    errors: tuple[RunError, ...] = ()
    failure_class: FailureClass | None = None
    recovery_actions: tuple[str, ...] = ()
    foundry_version: str
    runner_id: str
    kernel: str = ""
    package_versions: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_classified(self) -> Self:
        if self.status in {"failed", "stopped"} and self.failure_class is None:
            raise ValueError(f"a run that is {self.status} has a failure class")
        if self.status == "completed" and self.failure_class is not None:
            raise ValueError("a completed run has no failure class")
        return self


RUN_RESULT = Kind("alloy.foundry_run_result", "result", RunResult)

"""Gates and validation: what stands, what it said, what follows from it (spec 4.5, 4.6)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from foundry_kernel.events.payload import (
    ClosingPayload,
    EntryPayload,
    Payload,
    PayloadPart,
    StepPayload,
    Workflow,
)
from runtime_artifacts.gate_overlay import GateMode
from runtime_artifacts.run_result import GateStatus

GatePhase = Literal["preflight", "verify"]
GateSource = Literal["repository", "overlay"]


class Gate(PayloadPart):
    """One gate as it was resolved, ready to be run.

    Attributes:
        command: an argument list, or a text for `/bin/sh -c`.
        required: the repository's own word; for an overlay gate, its mode is not `advisory`.
        timeout_s: seconds, above 0.
        working_directory: relative to the root of the tree.
        environment: names of variables that may pass to the command.
        applies_to: references of the overlay, opaque here.
        evidence_id: what the gate observes, opaque here.
        phase: the only phase in which it is run; None for every phase.
    """

    name: str = Field(min_length=1, max_length=200)
    command: tuple[str, ...] | str
    required: bool
    mode: GateMode
    source: GateSource
    timeout_s: float = Field(gt=0)
    working_directory: str = "."
    environment: tuple[str, ...] = ()
    applies_to: tuple[str, ...] = ()
    evidence_id: str | None = None
    phase: Literal["preflight", "verify"] | None = None


class ReportCounts(PayloadPart):
    """What a report says that a gate left.

    Attributes:
        file: name of the report.
        total: test cases, or results.
        failures: failed or broken test cases, or results of level `error`.
        warnings: results of level `warning` or `note`.
        skipped: test cases that were skipped, or results that are suppressed.
        problem: why it could not be read; empty when it was.
    """

    file: str
    total: int = 0
    failures: int = 0
    warnings: int = 0
    skipped: int = 0
    problem: str = ""


class GateOutcome(PayloadPart):
    """What one gate said, in short; the report in the journal says it whole.

    Attributes:
        weight: what it means for the run if it did not pass: `fails` or `finding`.
        duration_ms: milliseconds.
        details: end of the output of a gate that did not pass, for whoever has to mend it.
        reports: counts over the reports that the gate left.
    """

    name: str
    status: GateStatus
    weight: Literal["fails", "finding"]
    mode: GateMode
    source: GateSource
    exit_code: int | None = None
    duration_ms: float = Field(ge=0)
    details: str = ""
    evidence_id: str | None = None
    reports: tuple[ReportCounts, ...] = ()


class GateTally(Payload):
    """Counts over the gates of one phase.

    Attributes:
        gates_total: gates that were resolved.
        failed_required: did not pass, and that fails the run at its throttle.
        failed_advisory: did not pass, and that is a finding.
        dry_run_sufficient: every gate passed that is needed to call a dry run sufficient.
    """

    gates_total: int = Field(ge=0)
    failed_required: int = Field(default=0, ge=0)
    failed_advisory: int = Field(default=0, ge=0)
    dry_run_sufficient: bool = True


class ValidationRequested(EntryPayload):
    """The gates of a project should be run, and nothing changed."""


class ProjectValidationCompleted(Payload):
    """A registered project was looked at: whether it can be worked on, and if not, why.

    Attributes:
        skipped: the registry says that it is passed over; `reason` says why.
        revision: commit where work begins.
        actions: what may be done with it.
    """

    success: bool
    reason: str = ""
    skipped: bool = False
    revision: str = ""
    actions: dict[str, bool] = Field(default_factory=dict)


class CharterCheckCompleted(StepPayload):
    """Whether the project says what it is for, and where it says so."""

    success: bool
    source: str | None = None
    reason: str = ""


class GateResolutionCompleted(StepPayload):
    """Which gates stand, in the order in which they are reported.

    Attributes:
        gate_file_digest: `sha256:` digest of the repository's gate file, None when it has none.
        remarks: what was renamed or not understood, each in one sentence.
        attempt: 1 for the first resolution of the run.
    """

    gates: tuple[Gate, ...]
    gate_file_digest: str | None = None
    overlay_digest: str | None = None
    remarks: tuple[str, ...] = ()
    attempt: int = Field(default=1, ge=1)
    workflow: Workflow = "validation"


class PreflightCompleted(GateTally, StepPayload):
    """The gates were run on the untouched tree, or passed over (`skipped`)."""

    success: bool
    skipped: bool = False
    outcomes: tuple[GateOutcome, ...] = ()
    workflow: Workflow = "validation"


class GateVerificationCompleted(GateTally, StepPayload):
    """The gates were read again and run on the changed tree.

    Attributes:
        attempt: 1 after the first execution, at most 4.
        weakened: what became weaker than it was before the execution and is allowed by an approval, each in one
            sentence. What nobody allowed ends the run instead.
        suspicious: what a human should look at, each in one sentence.
        changed_files: what differs from the state before the execution.
        tree_digest: of the tree that was verified; empty when nothing really ran.
    """

    success: bool
    attempt: int = Field(default=1, ge=1)
    outcomes: tuple[GateOutcome, ...] = ()
    weakened: tuple[str, ...] = ()
    suspicious: tuple[str, ...] = ()
    changed_files: tuple[str, ...] = ()
    tree_digest: str = ""


class ValidationCompleted(ClosingPayload):
    """What the gates say together. Closes the validation formation."""

    gates_total: int = Field(ge=0)
    failed_required: int = Field(default=0, ge=0)
    failed_advisory: int = Field(default=0, ge=0)
    dry_run_sufficient: bool = True


EVENTS = (
    ValidationRequested,
    ProjectValidationCompleted,
    CharterCheckCompleted,
    GateResolutionCompleted,
    PreflightCompleted,
    GateVerificationCompleted,
    ValidationCompleted,
)

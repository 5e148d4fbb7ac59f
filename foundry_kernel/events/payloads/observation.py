"""Looking without touching: drift and the state of a pipeline (spec 4.6)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from foundry_kernel.events.payload import ClosingPayload, EntryPayload, PayloadPart


class DriftCheck(PayloadPart):
    """What one check of the evidence plan said; its meaning is opaque here."""

    evidence_id: str
    status: Literal["satisfied", "partially_satisfied", "unsatisfied", "unknown"]
    notes: str = ""


class DriftAssessmentRequested(EntryPayload):
    """The checks that the brief's evidence plan names should be run; no names means all."""

    evidence_ids: tuple[str, ...] = ()


class DriftAssessmentCompleted(ClosingPayload):
    """What the drift checks said."""

    checks: tuple[DriftCheck, ...] = ()


class PipelineCheckRequested(EntryPayload):
    """The state of the code host's pipeline should be read."""

    branch: str | None = None


class PipelineJob(PayloadPart):
    """One job of a pipeline that did not pass."""

    name: str
    status: str
    log: str = ""


class PipelineChecked(ClosingPayload):
    """The pipeline's state."""

    status: Literal["passed", "failed", "running", "none", "unknown"]
    branch: str = ""
    revision: str = ""
    address: str = ""
    failed_jobs: tuple[PipelineJob, ...] = Field(default=())


EVENTS = (DriftAssessmentRequested, DriftAssessmentCompleted, PipelineCheckRequested, PipelineChecked)

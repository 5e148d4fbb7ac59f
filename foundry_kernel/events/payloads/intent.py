"""Runs that a brief shapes: its context, its stop conditions, its review (spec 3.2, 5.5)."""

from __future__ import annotations

from typing import Literal

from foundry_kernel.events.payload import Payload, PayloadPart, StepPayload


class IntentContextResolved(Payload):
    """The brief was found, verified, and its context is at hand.

    Attributes:
        sections: names of the brief's sections; what they mean is opaque here.
        stop_conditions: as the brief words them.
    """

    brief_id: str
    brief_digest: str
    prompt_pack_id: str | None = None
    prompt_pack_digest: str | None = None
    evidence_plan_id: str | None = None
    evidence_plan_digest: str | None = None
    objective: str = ""
    sections: tuple[str, ...] = ()
    stop_conditions: tuple[str, ...] = ()


class SafetyStopRaised(Payload):
    """The run stopped rather than went on.

    Attributes:
        question: what a human is asked, if anything.
    """

    reason: str
    block: str | None = None
    question: str = ""
    next_step: str = ""


class ReviewFinding(PayloadPart):
    """One remark of a review."""

    severity: Literal["low", "medium", "high"]
    message: str
    path: str | None = None
    line: int | None = None
    references: tuple[str, ...] = ()


class ReviewCompleted(StepPayload):
    """A change was reviewed against the brief.

    Attributes:
        skipped: nobody asked for a review.
    """

    success: bool
    skipped: bool = False
    findings: tuple[ReviewFinding, ...] = ()
    summary: str = ""


EVENTS = (IntentContextResolved, SafetyStopRaised, ReviewCompleted)

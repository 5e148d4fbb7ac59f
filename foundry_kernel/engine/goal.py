"""What a run is to reach, for the blocks that plan it: a human's words, or a gap that was assessed and accepted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from foundry_kernel.engine.block import Trigger
from foundry_kernel.events.payloads.iteration import (
    AssessmentCompleted,
    ExecutionRequested,
    IterationRequested,
    PromptExecutionRequested,
    TriageCompleted,
)
from foundry_kernel.events.payloads.validation import PreflightCompleted


@dataclass(frozen=True)
class Goal:
    """What is to be reached.

    Attributes:
        asked: a human's words, which are an instruction of this run; empty when an assessment says what to do.
        assessment, evidence, accepted_because: what agents said; data.
        decision: what a human decided about the way; empty when none did.
    """

    asked: str = ""
    assessment: str = ""
    evidence: str = ""
    accepted_because: str = ""
    decision: str = ""

    @property
    def shown(self) -> tuple[tuple[str, str, bool], ...]:
        """Title, text, and whether it is an instruction, of each part that an agent is shown."""
        return (
            ("What was asked for", self.asked, True),
            ("Assessment", self.assessment, False),
            ("Evidence that it names", self.evidence, False),
            ("Why it was accepted", self.accepted_because, False),
        )


def goal_of(trigger: Trigger) -> Goal:
    """Find the goal on the path that led to an event."""
    prompted, handed_in = trigger.latest(PromptExecutionRequested), trigger.latest(ExecutionRequested)
    found, triage = trigger.latest(AssessmentCompleted), trigger.latest(TriageCompleted)
    entries = (*trigger.upstream(IterationRequested), *filter(None, (prompted, handed_in)))
    return Goal(
        asked=(prompted.prompt if prompted else handed_in.plan if handed_in else "").strip(),
        assessment=(found.assessment or found.principle) if found else "",
        evidence="\n".join(found.evidence) if found else "",
        accepted_because=triage.reason if triage else "",
        decision=next((each.decision.strip() for each in entries if each.decision.strip()), ""),
    )


def may_be_carried_out(payload: Any) -> bool:
    """Whether a preflight held, of a chain whose plan was handed in."""
    return bool(payload.success) and payload.workflow in ("prompt", "execution")


def may_be_planned(payload: Any) -> bool:
    """Whether a plan is to be made now: a gap was accepted, or the preflight of a chain with a prompt held."""
    if isinstance(payload, TriageCompleted):
        return payload.accepted
    return isinstance(payload, PreflightCompleted) and may_be_carried_out(payload)

"""One improvement: assessed, judged, planned, executed, verified, summarized (spec 4.6)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from foundry_kernel.events.payload import ClosingPayload, EntryPayload, Payload, PayloadPart

Workflow = Literal["iterate", "maintain", "prompt", "execution"]


class LoopContext(PayloadPart):
    """Where an inner iteration stands in the outer loop."""

    iteration: int = Field(ge=1)
    max_iterations: int = Field(ge=1)
    area: str = ""


class Area(PayloadPart):
    """One area that a strategic assessment proposes."""

    name: str
    why: str = ""
    priority: int | None = None


class IterationRequested(EntryPayload):
    """The project should be improved once, or strategically in a loop."""

    strategic: bool = False
    max_iterations: int | None = Field(default=None, ge=1)
    strategic_prompt: str | None = None
    loop_context: LoopContext | None = None


class PromptExecutionRequested(EntryPayload):
    """A human's prompt should be executed: it is the plan."""

    prompt: str = Field(min_length=1)


class ExecutionRequested(EntryPayload):
    """A plan should be executed."""

    plan: str = ""
    workflow: Workflow = "execution"
    attempt: int = Field(default=1, ge=1)


class StrategicAssessmentCompleted(Payload):
    """The areas that are worth an iteration, best first."""

    success: bool = True
    areas: tuple[Area, ...] = ()
    summary: str = ""


class AssessmentCompleted(Payload):
    """The gap that is worth closing.

    Attributes:
        principle: what is threatened or missing.
        evidence: what was seen.
    """

    success: bool = True
    principle: str = ""
    category: str = ""
    severity: int | None = Field(default=None, ge=0, le=10)
    assessment: str = ""
    evidence: tuple[str, ...] = ()
    loop_context: LoopContext | None = None


class TriageCompleted(Payload):
    """Whether the gap is accepted as work."""

    accepted: bool
    reason: str = ""
    escalate: bool = False
    loop_context: LoopContext | None = None


class PlanCompleted(Payload):
    """What will be done; `questions` are ambiguities that stop the run."""

    success: bool = True
    plan: str
    files_in_scope: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    loop_context: LoopContext | None = None


class ExecutionCompleted(Payload):
    """An agent or a command has worked on the tree.

    Attributes:
        attempt: 1 for the first, at most 4.
    """

    success: bool
    workflow: Workflow = "iterate"
    attempt: int = Field(default=1, ge=1)
    summary: str = ""
    changed_files: tuple[str, ...] = ()
    loop_context: LoopContext | None = None


class RetryRequested(Payload):
    """The gates failed and another attempt is allowed; carries what the next attempt must know.

    Attributes:
        attempt: number of the attempt that is asked for, 2 to 4.
    """

    attempt: int = Field(ge=2, le=4)
    workflow: Workflow = "iterate"
    failed_gates: tuple[str, ...] = ()
    failure_context: str = ""
    prior: tuple[str, ...] = ()
    loop_context: LoopContext | None = None


class InnerIterationCompleted(Payload):
    """One round of the strategic loop is over."""

    success: bool
    loop_context: LoopContext
    summary: str = ""
    changed: bool = True


class ProjectIterationCompleted(ClosingPayload):
    """The iteration is over, however it went."""

    attempts: int = Field(default=1, ge=0)
    reason: str = ""
    changed_files: tuple[str, ...] = ()
    loop_context: LoopContext | None = None


class SummarizeCompleted(Payload):
    """The change in words: what a commit message and a human need."""

    success: bool = True
    headline: str = ""
    summary: str = ""
    details: dict[str, Any] = Field(default_factory=dict)


class ProjectChangesCommitted(Payload):
    """A commit was made on the run's branch; `commit` is empty when nothing had changed."""

    success: bool = True
    commit: str = ""
    branch: str = ""
    subject: str = ""
    changed_files: tuple[str, ...] = ()


class ProjectChangesPushed(Payload):
    """A branch was pushed, or why it was not."""

    success: bool
    commit: str = ""
    branch: str = ""
    remote: str = ""
    reason: str = ""


EVENTS = (
    IterationRequested,
    PromptExecutionRequested,
    ExecutionRequested,
    StrategicAssessmentCompleted,
    AssessmentCompleted,
    TriageCompleted,
    PlanCompleted,
    ExecutionCompleted,
    RetryRequested,
    InnerIterationCompleted,
    ProjectIterationCompleted,
    SummarizeCompleted,
    ProjectChangesCommitted,
    ProjectChangesPushed,
)

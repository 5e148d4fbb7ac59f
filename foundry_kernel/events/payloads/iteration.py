"""One improvement: assessed, judged, planned, executed, verified, summarized (spec 4.6)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from foundry_kernel.events.payload import (
    ClosingPayload,
    EntryPayload,
    LoopContext,
    Payload,
    PayloadPart,
    StepPayload,
    Workflow,
)


class Area(PayloadPart):
    """One area that a strategic assessment proposes."""

    name: str
    why: str = ""
    priority: int | None = None


class DecidedPayload(EntryPayload):
    """Root of entries that agents work for, and about whose way a human may have decided.

    Attributes:
        decision: in a human's own words; empty when nobody decided yet.
    """

    decision: str = Field(default="", max_length=20_000)


class IterationRequested(DecidedPayload):
    """The project should be improved once, or strategically in a loop."""

    strategic: bool = False
    max_iterations: int | None = Field(default=None, ge=1)
    strategic_prompt: str | None = None
    loop_context: LoopContext | None = None


class PromptExecutionRequested(DecidedPayload):
    """A human's prompt should be executed: it is the plan."""

    prompt: str = Field(min_length=1)


class ExecutionRequested(DecidedPayload):
    """A plan should be executed."""

    plan: str = ""
    workflow: Workflow = "execution"
    attempt: int = Field(default=1, ge=1)


class StrategicAssessmentCompleted(Payload):
    """The areas that are worth an iteration, best first."""

    success: bool = True
    areas: tuple[Area, ...] = ()
    summary: str = ""


class AssessmentCompleted(StepPayload):
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


class TriageCompleted(StepPayload):
    """Whether the gap is accepted as work."""

    accepted: bool
    reason: str = ""
    escalate: bool = False


class PlanCompleted(StepPayload):
    """What will be done; `questions` are ambiguities that stop the run.

    Attributes:
        awaits_human: the question is what the run was for: a human decides, and asks for it again.
    """

    success: bool = True
    plan: str
    files_in_scope: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    awaits_human: bool = False


class ExecutionCompleted(StepPayload):
    """An agent or a command has worked on the tree.

    Attributes:
        attempt: 1 for the first, at most 4.
        changed_files: what differs from the state before the run's chain began to work, over all attempts.
        tree_digest: of the tree as it was left; what is verified and committed must be just this. Empty when nothing
            really ran.
    """

    success: bool
    attempt: int = Field(default=1, ge=1)
    summary: str = ""
    changed_files: tuple[str, ...] = ()
    tree_digest: str = ""


class RetryRequested(StepPayload):
    """The gates failed and another attempt is allowed; carries what the next attempt must know.

    Attributes:
        attempt: number of the attempt that is asked for, 2 to 4.
    """

    attempt: int = Field(ge=2, le=4)
    failed_gates: tuple[str, ...] = ()
    failure_context: str = ""
    prior: tuple[str, ...] = ()


class InnerIterationCompleted(StepPayload):
    """The change holds: the gates that must pass did, after so many attempts. What is left is to deliver it.

    Attributes:
        changed: whether anything was changed at all.
        findings: gates that did not pass and need not, and whatever else a human should look at.
    """

    success: bool
    attempts: int = Field(default=1, ge=0)
    summary: str = ""
    changed: bool = True
    changed_files: tuple[str, ...] = ()
    findings: int = Field(default=0, ge=0)


class ProjectIterationCompleted(ClosingPayload):
    """The iteration is over, however it went; with a loop context, one round of a strategic loop.

    Attributes:
        attempts: executions; 0 when it ended before there was one.
        commit: what was delivered; empty when nothing was.
        run_id: of the run that did it, when it was another than the one that tells.
    """

    attempts: int = Field(default=1, ge=0)
    reason: str = ""
    changed_files: tuple[str, ...] = ()
    commit: str = ""
    run_id: str = ""
    loop_context: LoopContext | None = None


class SummarizeCompleted(StepPayload):
    """The change in words: what a commit message and a human need."""

    success: bool = True
    headline: str = ""
    summary: str = ""
    details: dict[str, Any] = Field(default_factory=dict)


class ProjectChangesCommitted(StepPayload):
    """A commit was made on the run's branch; `commit` is empty when none was, and `reason` says why.

    Attributes:
        before: the commit was made before for the same key, by another run; nothing was committed now.
    """

    success: bool = True
    commit: str = ""
    branch: str = ""
    subject: str = ""
    reason: str = ""
    before: bool = False
    changed_files: tuple[str, ...] = ()


class ProjectChangesPushed(StepPayload):
    """A branch was pushed, or why it was not.

    Attributes:
        success: False when it should have been pushed and could not; not pushing what nobody asked to push is fine.
        remote: where it was pushed to, by its name; empty when it was not.
    """

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

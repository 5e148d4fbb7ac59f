"""Closes an iteration that ends before its change is delivered, and says why (spec 4.6)."""

from __future__ import annotations

from typing import Any

from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payload import Payload, StepPayload
from foundry_kernel.events.payloads.intent import ReviewCompleted
from foundry_kernel.events.payloads.iteration import (
    AssessmentCompleted,
    ExecutionCompleted,
    PlanCompleted,
    ProjectIterationCompleted,
    TriageCompleted,
)
from foundry_kernel.events.payloads.validation import CharterCheckCompleted, PreflightCompleted

_WORKFLOWS = ("iterate", "prompt", "execution")


def _ends_here(payload: Any) -> bool:
    if not isinstance(payload, StepPayload) or payload.workflow not in _WORKFLOWS:
        return False
    return not (
        payload.accepted if isinstance(payload, TriageCompleted) else getattr(payload, "success", True)
    )


@block(
    name="end_iteration_early",
    kind="observer",
    sinks=(
        CharterCheckCompleted,
        PreflightCompleted,
        AssessmentCompleted,
        TriageCompleted,
        PlanCompleted,
        ExecutionCompleted,
        ReviewCompleted,
    ),
    emits=(ProjectIterationCompleted,),
    accepts=_ends_here,
)
async def end_iteration_early(context: BlockContext) -> BlockResult:
    """Say why nothing is delivered. That there is nothing worth doing is a success, a refusal on the way is not."""
    success, findings, summary = _verdict(context.payload)
    executed = context.latest(ExecutionCompleted)
    step = context.payload.step if isinstance(context.payload, StepPayload) else {}
    same_round = executed is not None and executed.loop_context == step.get("loop_context")
    return BlockResult(
        summary,
        ProjectIterationCompleted(
            success=success,
            findings=findings,
            summary=summary,
            reason=context.event.event_type,
            attempts=executed.attempt if executed and same_round else 0,
            changed_files=executed.changed_files if executed and same_round else (),
            loop_context=step.get("loop_context"),
        ),
    )


def _verdict(payload: Payload) -> tuple[bool, int, str]:
    """Whether it is a success, how many things a human should look at, and one sentence."""
    match payload:
        case CharterCheckCompleted():
            return False, 0, payload.reason
        case PreflightCompleted():
            bad = [
                each.name for each in payload.outcomes if each.weight == "fails" and each.status != "passed"
            ]
            return False, 0, f"required gates did not pass before anything was changed: {', '.join(bad)}"
        case AssessmentCompleted():
            return True, 0, "nothing is worth a change"
        case TriageCompleted(escalate=True):
            return True, 1, f"a human must decide: {payload.reason}"
        case TriageCompleted():
            return True, 0, f"not worth work now: {payload.reason}"
        case PlanCompleted(awaits_human=True):
            return True, 1, "a human decides before anything is touched"
        case PlanCompleted():
            return False, 0, f"the plan asks: {'; '.join(payload.questions)}"
        case ExecutionCompleted():
            return False, 0, f"the plan was not carried out: {payload.summary}"
        case ReviewCompleted():
            return False, len(payload.findings), f"the review objects: {payload.summary}"
        case _:
            return False, 0, f"{payload.event_type()} says no success"


BLOCK = end_iteration_early

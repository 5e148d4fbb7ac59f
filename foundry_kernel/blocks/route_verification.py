"""Decides what follows from the gates after a change: on, once more, or the end (spec 4.5)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from foundry_kernel.engine.block import BlockContext, BlockResult, Settings, block
from foundry_kernel.events.payloads.iteration import (
    ExecutionCompleted,
    InnerIterationCompleted,
    ProjectIterationCompleted,
    RetryRequested,
)
from foundry_kernel.events.payloads.validation import GateVerificationCompleted
from foundry_kernel.gates.phase import failure_context

MOST_RETRIES = 3


class RouteSettings(Settings):
    """What a formation may set.

    Attributes:
        max_retries: further attempts after the first, at most 3.
    """

    max_retries: int = Field(default=MOST_RETRIES, ge=0, le=MOST_RETRIES)


def _ours(payload: Any) -> bool:
    return payload.workflow in ("iterate", "prompt", "execution")


@block(
    name="route_verification",
    kind="observer",
    sinks=(GateVerificationCompleted,),
    emits=(InnerIterationCompleted, RetryRequested, ProjectIterationCompleted),
    accepts=_ours,
    settings=RouteSettings,
)
async def route_verification(context: BlockContext) -> BlockResult:
    """Pass the change on, ask for another attempt with what failed, or give up."""
    verified = context.payload_as(GateVerificationCompleted)
    if verified.success:
        return BlockResult("the change holds", _holds(context, verified))
    failed = tuple(
        each.name
        for each in verified.outcomes
        if each.weight == "fails" and each.status not in ("passed", "skipped")
    )
    names = ", ".join(failed)
    if verified.attempt <= context.settings_as(RouteSettings).max_retries:
        asked = RetryRequested(
            attempt=verified.attempt + 1,
            failed_gates=failed,
            failure_context=failure_context(verified.outcomes),
            prior=_tried(context),
            **verified.step,
        )
        return BlockResult(f"{names} did not pass; attempt {asked.attempt} is asked for", asked)
    summary = f"{names} did not pass after {verified.attempt} attempts"
    return BlockResult(
        summary,
        ProjectIterationCompleted(
            success=False,
            summary=summary,
            reason="gates failed",
            attempts=verified.attempt,
            changed_files=verified.changed_files,
            loop_context=verified.loop_context,
        ),
    )


def _holds(context: BlockContext, verified: GateVerificationCompleted) -> InnerIterationCompleted:
    findings = verified.failed_advisory + len(verified.suspicious)
    return InnerIterationCompleted(
        success=True,
        attempts=verified.attempt,
        summary=(_tried(context) or ("",))[-1],
        changed=bool(verified.changed_files),
        changed_files=verified.changed_files,
        findings=findings,
        **verified.step,
    )


def _tried(context: BlockContext) -> tuple[str, ...]:
    """What was said of each attempt of this chain, in order."""
    verified = context.payload_as(GateVerificationCompleted)
    attempts = context.upstream(ExecutionCompleted)[: verified.attempt]
    return tuple(f"attempt {each.attempt}: {each.summary}" for each in reversed(attempts))


BLOCK = route_verification

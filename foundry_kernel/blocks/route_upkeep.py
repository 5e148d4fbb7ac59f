"""Decides what follows from the gates after upkeep: on, once more, or the end (spec 4.5, 4.6).

Upkeep is what keeps a project as it is meant to be: maintenance, remediation, and mending a pipeline.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from foundry_kernel.engine.block import BlockContext, BlockResult, Settings, block
from foundry_kernel.events.payload import ClosingPayload
from foundry_kernel.events.payloads.iteration import (
    ExecutionCompleted,
    InnerIterationCompleted,
    RetryRequested,
)
from foundry_kernel.events.payloads.maintenance import ProjectMaintenanceCompleted
from foundry_kernel.events.payloads.security import MainBranchAudited, RemediationCompleted
from foundry_kernel.events.payloads.validation import GateVerificationCompleted
from foundry_kernel.gates.phase import failure_context

MOST_RETRIES = 3


class UpkeepSettings(Settings):
    """What a formation may set.

    Attributes:
        max_retries: further attempts after the first, at most 3; an agent makes them.
    """

    max_retries: int = Field(default=MOST_RETRIES, ge=0, le=MOST_RETRIES)


def _ours(payload: Any) -> bool:
    return payload.workflow in ("maintain", "remediation", "pipeline")


@block(
    name="route_upkeep",
    kind="observer",
    sinks=(GateVerificationCompleted,),
    emits=(InnerIterationCompleted, RetryRequested, ProjectMaintenanceCompleted, RemediationCompleted),
    accepts=_ours,
    settings=UpkeepSettings,
)
async def route_upkeep(context: BlockContext) -> BlockResult:
    """Pass the change on, ask for another attempt with what failed, or give up."""
    verified = context.payload_as(GateVerificationCompleted)
    if verified.success:
        held = InnerIterationCompleted(
            success=True,
            attempts=verified.attempt,
            summary="; ".join(each.summary for each in _attempts(context) if each.summary),
            changed=bool(verified.changed_files),
            changed_files=verified.changed_files,
            findings=verified.failed_advisory + len(verified.suspicious),
            **verified.step,
        )
        return BlockResult("the change holds", held)
    failed = tuple(
        each.name
        for each in verified.outcomes
        if each.weight == "fails" and each.status not in ("passed", "skipped")
    )
    names = ", ".join(failed)
    if verified.attempt <= context.settings_as(UpkeepSettings).max_retries:
        asked = RetryRequested(
            attempt=verified.attempt + 1,
            failed_gates=failed,
            failure_context=failure_context(verified.outcomes),
            prior=tuple(f"attempt {each.attempt}: {each.summary}" for each in _attempts(context)),
            **verified.step,
        )
        return BlockResult(f"{names} did not pass; attempt {asked.attempt} is asked for", asked)
    summary = f"{names} did not pass after {verified.attempt} attempts"
    return BlockResult(summary, _given_up(context, verified, summary))


def _attempts(context: BlockContext) -> tuple[ExecutionCompleted, ...]:
    """Executions of this chain, in order."""
    count = context.payload_as(GateVerificationCompleted).attempt
    return tuple(reversed(context.upstream(ExecutionCompleted)[:count]))


def _given_up(context: BlockContext, verified: GateVerificationCompleted, summary: str) -> ClosingPayload:
    if verified.workflow == "maintain":
        return ProjectMaintenanceCompleted(
            success=False,
            summary=summary,
            attempts=verified.attempt,
            reason="gates failed",
            changed_files=verified.changed_files,
        )
    audited = context.latest(MainBranchAudited)
    return RemediationCompleted(
        success=False,
        summary=summary,
        vulnerability=audited.vulnerability if audited else "",
        package=audited.package if audited else "",
        changed_files=verified.changed_files,
    )


BLOCK = route_upkeep

"""Closes maintenance, remediation and the mending of a pipeline, and says what was delivered (spec 4.6)."""

from __future__ import annotations

from typing import Any

from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payload import StepPayload
from foundry_kernel.events.payloads.iteration import (
    ExecutionCompleted,
    InnerIterationCompleted,
    ProjectChangesPushed,
)
from foundry_kernel.events.payloads.maintenance import ProjectMaintenanceCompleted
from foundry_kernel.events.payloads.security import MainBranchAudited, RemediationCompleted


def _ends_here(payload: Any) -> bool:
    """What was pushed or needs not be; work that came to nothing; an audit that asks for nothing."""
    if isinstance(payload, MainBranchAudited):
        return not payload.vulnerable and not payload.release_vulnerable
    if not isinstance(payload, StepPayload) or payload.workflow not in (
        "maintain",
        "remediation",
        "pipeline",
    ):
        return False
    return isinstance(payload, ProjectChangesPushed) or not getattr(payload, "success", True)


@block(
    name="conclude_upkeep",
    kind="observer",
    sinks=(ProjectChangesPushed, ExecutionCompleted, MainBranchAudited),
    emits=(ProjectMaintenanceCompleted, RemediationCompleted),
    accepts=_ends_here,
)
async def conclude_upkeep(context: BlockContext) -> BlockResult:
    """Say how it ended. A commit that should have been pushed and was not is something for a human, not a failure."""
    payload = context.payload
    executed, held = context.latest(ExecutionCompleted), context.latest(InnerIterationCompleted)
    findings, success, commit = 0, True, ""
    if isinstance(payload, MainBranchAudited):
        summary = f"nothing to mend: {payload.details}"
    elif isinstance(payload, ProjectChangesPushed):
        commit = payload.commit
        findings = (held.findings if held else 0) + (0 if payload.success else 1)
        if held and held.changed and not commit and context.event.throttle == "full":
            findings += 1
        delivered = f"{payload.commit[:12]} on {payload.branch}" if commit else "nothing was committed"
        where = f"pushed to {payload.remote}" if payload.remote else payload.reason
        summary = "; ".join(filter(None, (executed.summary if executed else "", delivered, where)))
    else:
        success = False
        summary = executed.summary if executed and executed.summary else "the work came to nothing"
    changed = executed.changed_files if executed else ()
    if isinstance(payload, StepPayload) and payload.workflow == "maintain":
        return BlockResult(
            summary,
            ProjectMaintenanceCompleted(
                success=success,
                findings=findings,
                summary=summary,
                attempts=executed.attempt if executed else 0,
                changed_files=changed,
                commit=commit,
            ),
        )
    audited = context.latest(MainBranchAudited)
    return BlockResult(
        summary,
        RemediationCompleted(
            success=success,
            findings=findings,
            summary=summary,
            vulnerability=audited.vulnerability if audited else "",
            package=audited.package if audited else "",
            changed_files=changed,
        ),
    )


BLOCK = conclude_upkeep

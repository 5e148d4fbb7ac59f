"""Closes an iteration whose change went all its way (spec 4.6)."""

from __future__ import annotations

from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payloads.intent import ReviewCompleted
from foundry_kernel.events.payloads.iteration import (
    InnerIterationCompleted,
    ProjectChangesCommitted,
    ProjectChangesPushed,
    ProjectIterationCompleted,
    SummarizeCompleted,
)
from foundry_kernel.events.payloads.validation import GateVerificationCompleted

_MOST_SHOWN = 5


@block(
    name="conclude_iteration",
    kind="observer",
    sinks=(ProjectChangesPushed,),
    emits=(ProjectIterationCompleted,),
    accepts=lambda payload: payload.workflow in ("iterate", "prompt", "execution"),
)
async def conclude_iteration(context: BlockContext) -> BlockResult:
    """Say what was delivered, and count what a human should look at: what did not get where it should, too."""
    pushed = context.payload_as(ProjectChangesPushed)
    committed = context.latest(ProjectChangesCommitted)
    held = context.latest(InnerIterationCompleted)
    reviewed = context.latest(ReviewCompleted)
    told = context.latest(SummarizeCompleted)
    remarks = _undelivered(context, committed, pushed)
    findings = (held.findings if held else 0) + (len(reviewed.findings) if reviewed else 0) + len(remarks)
    headline = told.headline if told and held and held.changed else ""
    summary = "; ".join(filter(None, (headline, *remarks, *_to_look_at(context))))
    return BlockResult(
        summary or "delivered",
        ProjectIterationCompleted(
            success=True,
            findings=findings,
            summary=summary,
            attempts=held.attempts if held else 1,
            changed_files=held.changed_files if held else (),
            commit=pushed.commit,
            loop_context=pushed.loop_context,
        ),
    )


def _to_look_at(context: BlockContext) -> list[str]:
    """What the gates left for a human to look at, in short."""
    verified = context.latest(GateVerificationCompleted)
    if verified is None:
        return []
    missed = [
        f"gate {each.name} {each.status.replace('_', ' ')}"
        for each in verified.outcomes
        if each.weight == "finding" and each.status not in ("passed", "skipped")
    ]
    return [*missed, *verified.suspicious][:_MOST_SHOWN]


def _undelivered(
    context: BlockContext, committed: ProjectChangesCommitted | None, pushed: ProjectChangesPushed
) -> list[str]:
    """What should have been delivered and was not; a dry run delivers nothing, and that is as it should be."""
    if context.event.throttle == "dry_run":
        return []
    if not pushed.commit:
        return [(committed.reason if committed else "") or "nothing was committed"]
    return (
        [] if pushed.success else [f"the commit is on {pushed.branch}, and was not pushed: {pushed.reason}"]
    )


BLOCK = conclude_iteration

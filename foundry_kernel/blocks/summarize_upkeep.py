"""Says in words what upkeep changed; what was done is known exactly, so nobody is asked (spec 4.6)."""

from __future__ import annotations

from typing import Any

from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payloads.iteration import (
    ExecutionCompleted,
    InnerIterationCompleted,
    SummarizeCompleted,
)
from foundry_kernel.events.payloads.security import MainBranchAudited
from foundry_kernel.events.payloads.validation import GateVerificationCompleted


def _ours(payload: Any) -> bool:
    return bool(payload.success) and payload.workflow in ("maintain", "remediation", "pipeline")


@block(
    name="summarize_upkeep",
    kind="observer",
    sinks=(InnerIterationCompleted,),
    emits=(SummarizeCompleted,),
    accepts=_ours,
)
async def summarize_upkeep(context: BlockContext) -> BlockResult:
    """Write the headline and the text of the commit from what the chain knows."""
    held = context.payload_as(InnerIterationCompleted)
    headline = _headline(context, held) if held.changed else "Change nothing"
    return BlockResult(
        headline, SummarizeCompleted(headline=headline, summary=_text(context, held), **held.step)
    )


def _headline(context: BlockContext, held: InnerIterationCompleted) -> str:
    if held.workflow == "maintain":
        return "Bring dependencies up to date"
    if held.workflow == "pipeline":
        return "Mend what made the pipeline fail"
    audited = context.latest(MainBranchAudited)
    if audited is None:
        return "Take out a known vulnerability"
    return f"Take {audited.vulnerability} out of {audited.package or 'the dependencies'}"


def _text(context: BlockContext, held: InnerIterationCompleted) -> str:
    executed = context.latest(ExecutionCompleted)
    verified = context.latest(GateVerificationCompleted)
    gates = ", ".join(f"{each.name} {each.status}" for each in verified.outcomes) if verified else ""
    parts = [held.summary or (executed.summary if executed else "")]
    parts += [f"Gates: {gates}."] if gates else ["No gate stands."]
    if held.attempts > 1:
        parts.append(f"It took {held.attempts} attempts.")
    return "\n\n".join(filter(None, parts))


BLOCK = summarize_upkeep

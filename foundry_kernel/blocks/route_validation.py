"""Says what the gates say together, and so closes a validation (spec 4.6)."""

from __future__ import annotations

from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payloads.validation import PreflightCompleted, ValidationCompleted


@block(
    name="route_validation",
    kind="observer",
    sinks=(PreflightCompleted,),
    emits=(ValidationCompleted,),
    accepts=lambda payload: payload.workflow == "validation",
)
async def route_validation(context: BlockContext) -> BlockResult:
    """Judge the preflight. A validation without any gate proves nothing, and that is a finding."""
    preflight = context.payload_as(PreflightCompleted)
    summary = _summary(preflight)
    return BlockResult(
        summary,
        ValidationCompleted(
            success=preflight.success,
            findings=preflight.failed_advisory + (1 if preflight.gates_total == 0 else 0),
            summary=summary,
            gates_total=preflight.gates_total,
            failed_required=preflight.failed_required,
            failed_advisory=preflight.failed_advisory,
            dry_run_sufficient=preflight.dry_run_sufficient,
        ),
    )


def _summary(preflight: PreflightCompleted) -> str:
    if preflight.gates_total == 0:
        return "no gate stands: nothing was validated"
    bad = [each for each in preflight.outcomes if each.status not in ("passed", "skipped")]
    if not bad:
        return f"all {preflight.gates_total} gates passed"
    names = ", ".join(f"{each.name} ({each.status.replace('_', ' ')})" for each in bad[:10])
    more = f" and {len(bad) - 10} more" if len(bad) > 10 else ""
    return f"{len(bad)} of {preflight.gates_total} gates did not pass: {names}{more}"


BLOCK = route_validation

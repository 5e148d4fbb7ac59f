"""Runs the gates on the untouched tree (spec 4.5)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from foundry_kernel.engine.block import BlockContext, BlockResult, Settings, block
from foundry_kernel.events.payloads.validation import GateResolutionCompleted, PreflightCompleted
from foundry_kernel.gates.phase import run_phase
from foundry_kernel.gates.run import GatePlace
from foundry_kernel.gates.weight import count


class PreflightSettings(Settings):
    """What a formation may set.

    Attributes:
        skip: pass the gates over.
        slots: how many gates run at once; by default as many as there are processors.
    """

    skip: bool = False
    slots: int | None = Field(default=None, ge=1, le=64)


def _needs_preflight(payload: Any) -> bool:
    return not isinstance(payload, GateResolutionCompleted) or payload.workflow != "maintain"


@block(
    name="run_preflight",
    kind="observer",
    sinks=(GateResolutionCompleted,),
    emits=(PreflightCompleted,),
    accepts=_needs_preflight,
    settings=PreflightSettings,
)
async def run_preflight(context: BlockContext) -> BlockResult:
    """Run every gate and say what each said. Maintenance does without: what it mends may be what fails."""
    resolved = context.payload_as(GateResolutionCompleted)
    settings = context.settings_as(PreflightSettings)
    if settings.skip:
        passed_over = PreflightCompleted(success=True, skipped=True, gates_total=0, **resolved.step)
        return BlockResult("passed over", passed_over)
    place = GatePlace(
        tree=context.work_tree,
        run_dir=context.run_dir,
        phase="preflight",
        throttle=context.event.throttle,
        environment=context.gateways.environment,
        redactor=context.redactor,
    )
    outcomes = await run_phase(
        resolved.gates,
        place,
        context.gateways,
        cancel=context.cancel,
        on_started=lambda gate, required, group: context.gate_started(
            gate, "preflight", place.attempt, required=required, process_group=group
        ),
        on_finished=context.record_gate,
        slots=settings.slots,
    )
    counts = count(outcomes)
    return BlockResult(
        f"{sum(1 for each in outcomes if each.status == 'passed')} of {counts.gates_total} gates passed",
        PreflightCompleted(
            success=counts.failed_required == 0,
            outcomes=outcomes,
            gates_total=counts.gates_total,
            failed_required=counts.failed_required,
            failed_advisory=counts.failed_advisory,
            dry_run_sufficient=counts.dry_run_sufficient,
            **resolved.step,
        ),
    )


BLOCK = run_preflight

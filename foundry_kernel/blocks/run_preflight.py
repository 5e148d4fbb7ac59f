"""Runs the gates on the untouched tree (spec 4.5)."""

from __future__ import annotations

import json

from pydantic import Field

from foundry_kernel import __version__
from foundry_kernel.engine.block import BlockContext, BlockResult, Settings, block
from foundry_kernel.events.payloads.validation import (
    Gate,
    GateOutcome,
    GateResolutionCompleted,
    PreflightCompleted,
)
from foundry_kernel.gates.errors import NoTree
from foundry_kernel.gates.reports import count_report, junit_of, sarif_of
from foundry_kernel.gates.run import GatePlace, run_gates
from foundry_kernel.gates.weight import count, weigh
from runtime_artifacts.run_result import GateReport

_DETAILS_CHARACTERS = 128 * 1024
"""Of all gates that did not pass, together; the reports in the journal say more."""


class PreflightSettings(Settings):
    """What a formation may set.

    Attributes:
        skip: pass the gates over, as maintenance does.
        slots: how many gates run at once; by default as many as there are processors.
    """

    skip: bool = False
    slots: int | None = Field(default=None, ge=1, le=64)


@block(
    name="run_preflight",
    kind="observer",
    sinks=(GateResolutionCompleted,),
    emits=(PreflightCompleted,),
    settings=PreflightSettings,
)
async def run_preflight(context: BlockContext) -> BlockResult:
    """Run every gate and say what each said."""
    resolved = context.payload_as(GateResolutionCompleted)
    settings = context.settings_as(PreflightSettings)
    if settings.skip:
        return BlockResult("passed over", PreflightCompleted(success=True, skipped=True, gates_total=0))
    if context.tree is None:
        raise NoTree("gates run in a work tree", next_step="start the run with a repository and revision")
    place = GatePlace(
        tree=context.tree,
        run_dir=context.run_dir,
        phase="preflight",
        throttle=context.event.throttle,
        environment=context.gateways.environment,
        redactor=context.redactor,
    )
    reports = await run_gates(
        resolved.gates,
        place,
        context.gateways.shell,
        cancel=context.cancel,
        on_started=lambda gate, group: context.gate_started(
            gate,
            "preflight",
            place.attempt,
            required=weigh(gate, place.throttle) == "fails",
            process_group=group,
        ),
        on_finished=context.record_gate,
        slots=settings.slots,
    )
    _leave_reports(context, reports)
    outcomes = tuple(
        _outcome(context, gate, report, len(reports))
        for gate, report in zip(resolved.gates, reports, strict=True)
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
        ),
    )


def _outcome(context: BlockContext, gate: Gate, report: GateReport, reports: int) -> GateOutcome:
    passed = report.status in ("passed", "skipped")
    return GateOutcome(
        name=report.name,
        status=report.status,
        weight=weigh(gate, context.event.throttle),
        mode=report.mode,
        source=report.source,
        exit_code=report.exit_code,
        duration_ms=report.duration_ms,
        details="" if passed else report.details[-_DETAILS_CHARACTERS // reports :],
        evidence_id=report.evidence_id,
        reports=tuple(count_report(context.run_dir / each) for each in report.report_files),
    )


def _leave_reports(context: BlockContext, reports: tuple[GateReport, ...]) -> None:
    """Write what the gates said as JUnit XML and SARIF, for other tools."""
    folder = context.run_dir / "gates"
    context.gateways.files.write(folder / "preflight-1.junit.xml", junit_of(reports, "preflight"))
    sarif = json.dumps(sarif_of(reports, __version__), indent=2, ensure_ascii=False)
    context.gateways.files.write(folder / "preflight-1.sarif", sarif.encode() + b"\n")


BLOCK = run_preflight

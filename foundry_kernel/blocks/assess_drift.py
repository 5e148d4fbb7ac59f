"""Runs the drift checks that the brief's evidence plan names; what they mean stays opaque (spec 4.6)."""

from __future__ import annotations

from typing import Literal

from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.errors import FoundryError
from foundry_kernel.events.payloads.observation import (
    DriftAssessmentCompleted,
    DriftAssessmentRequested,
    DriftCheck,
)
from foundry_kernel.events.payloads.validation import Gate
from foundry_kernel.gates.errors import NoTree
from foundry_kernel.gates.resolve import resolve
from foundry_kernel.gates.run import GatePlace, run_gates
from foundry_kernel.gates.weight import weigh
from runtime_artifacts.canonical import MAX_DOCUMENT_BYTES
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN, EvidencePlan, EvidencePlanItem
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.kinds import read_as
from runtime_artifacts.run_result import GateReport

_PLAN = "artifacts/evidence_plan.json"
_OVERLAY = "artifacts/gate_overlay.json"
_NOTES_CHARACTERS = 2000
Status = Literal["satisfied", "unsatisfied", "unknown"]


class NoEvidencePlan(FoundryError):
    """Nothing says what would have to be checked, or the plan does not name it."""

    failure_class = "validation"


@block(
    name="assess_drift",
    kind="observer",
    sinks=(DriftAssessmentRequested,),
    emits=(DriftAssessmentCompleted,),
)
async def assess_drift(context: BlockContext) -> BlockResult:
    """Run the gates of the overlay that observe the asked evidence, and say what each said; nothing is judged."""
    if context.tree is None:
        raise NoTree("drift is looked for in a work tree", next_step="name a workspace with a commit")
    items = _asked_items(_plan(context), context.payload_as(DriftAssessmentRequested).evidence_ids)
    gates = {gate.evidence_id: gate for gate in _overlay_gates(context)}
    checked = [item for item in items if item.evidence_id in gates]
    reports = await _run(context, tuple(gates[item.evidence_id] for item in checked))
    said = {item.evidence_id: report for item, report in zip(checked, reports, strict=True)}
    checks = tuple(_check(item, said.get(item.evidence_id)) for item in items)
    drifted = [each for each in checks if each.status == "unsatisfied"]
    open_ones = [each for each in checks if each.evidence_id in said and each.status == "unknown"]
    summary = f"{len(drifted)} of {len(checked)} checks found drift"
    if len(items) > len(checked):
        summary += f"; {len(items) - len(checked)} are not observed by a gate"
    if open_ones:
        summary += f"; {len(open_ones)} could not be checked"
    return BlockResult(
        summary,
        DriftAssessmentCompleted(
            success=True, findings=len(drifted) + len(open_ones), summary=summary, checks=checks
        ),
    )


def _plan(context: BlockContext) -> EvidencePlan:
    text = context.gateways.files.read(context.run_dir, _PLAN, MAX_DOCUMENT_BYTES)
    if text is None:
        raise NoEvidencePlan(
            f"{_PLAN} is not there",
            next_step="run a request with a brief, whose evidence plan says what to check",
        )
    return read_as(EVIDENCE_PLAN, text, context.run_dir / _PLAN).content


def _asked_items(plan: EvidencePlan, asked: tuple[str, ...]) -> tuple[EvidencePlanItem, ...]:
    known = {item.evidence_id: item for item in plan.items}
    unknown = [each for each in asked if each not in known]
    if unknown:
        raise NoEvidencePlan(
            f"the evidence plan names no {unknown[0]!r}", next_step="compile a brief that holds its record"
        )
    return tuple(known[each] for each in dict.fromkeys(asked)) if asked else plan.items


def _overlay_gates(context: BlockContext) -> tuple[Gate, ...]:
    assert context.tree is not None
    text = context.gateways.files.read(context.run_dir, _OVERLAY, MAX_DOCUMENT_BYTES)
    if text is None:
        return ()
    overlay = read_as(GATE_OVERLAY, text, context.run_dir / _OVERLAY).content
    return tuple(gate for gate in resolve(None, overlay, context.tree).gates if gate.evidence_id is not None)


async def _run(context: BlockContext, gates: tuple[Gate, ...]) -> tuple[GateReport, ...]:
    assert context.tree is not None
    place = GatePlace(
        tree=context.tree,
        run_dir=context.run_dir,
        phase="preflight",
        throttle=context.event.throttle,
        environment=context.gateways.environment,
        redactor=context.redactor,
    )
    return await run_gates(
        gates,
        place,
        context.gateways.shell,
        cancel=context.cancel,
        on_started=lambda gate, group: context.gate_started(
            gate, "preflight", 1, required=weigh(gate, place.throttle) == "fails", process_group=group
        ),
        on_finished=context.record_gate,
    )


def _check(item: EvidencePlanItem, report: GateReport | None) -> DriftCheck:
    if report is None:
        return DriftCheck(
            evidence_id=item.evidence_id,
            status="unknown",
            notes=f"observed by {item.observed_by}, not by a gate of this run",
        )
    status: Status = "unknown"
    if report.status == "passed":
        status = "satisfied"
    elif report.status == "failed":
        status = "unsatisfied"
    notes = "" if status == "satisfied" else report.details[-_NOTES_CHARACTERS:]
    return DriftCheck(evidence_id=item.evidence_id, status=status, notes=notes)


BLOCK = assess_drift

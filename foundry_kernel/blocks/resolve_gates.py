"""Reads which gates stand: the repository's file and the overlay (spec 4.5)."""

from __future__ import annotations

from typing import Any

from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payload import StepPayload, Workflow
from foundry_kernel.events.payloads.maintenance import MaintenanceRequested
from foundry_kernel.events.payloads.observation import PipelineChecked
from foundry_kernel.events.payloads.security import MainBranchAudited
from foundry_kernel.events.payloads.validation import (
    CharterCheckCompleted,
    GateResolutionCompleted,
    ValidationRequested,
)
from foundry_kernel.gates.resolve import GATE_FILE, MAX_GATE_FILE_BYTES, resolve
from runtime_artifacts.canonical import MAX_DOCUMENT_BYTES
from runtime_artifacts.gate_overlay import GATE_OVERLAY, GateOverlay
from runtime_artifacts.kinds import read_as

_WORKFLOWS: dict[type, Workflow] = {
    MaintenanceRequested: "maintain",
    MainBranchAudited: "remediation",
    PipelineChecked: "pipeline",
}
_OVERLAY = "artifacts/gate_overlay.json"


def _may_go_on(payload: Any) -> bool:
    if isinstance(payload, MainBranchAudited):
        return payload.vulnerable
    if isinstance(payload, PipelineChecked):
        return payload.status == "failed"
    return not isinstance(payload, CharterCheckCompleted) or payload.success


@block(
    name="resolve_gates",
    kind="observer",
    sinks=(
        ValidationRequested,
        CharterCheckCompleted,
        MaintenanceRequested,
        MainBranchAudited,
        PipelineChecked,
    ),
    emits=(GateResolutionCompleted,),
    accepts=_may_go_on,
)
async def resolve_gates(context: BlockContext) -> BlockResult:
    """Say which gates stand, in the order in which they will be reported."""
    tree, files = context.work_tree, context.gateways.files
    gate_file = files.read(tree, GATE_FILE, MAX_GATE_FILE_BYTES)
    overlay, overlay_digest = _overlay(context)
    found = resolve(gate_file, overlay, tree)
    own = sum(1 for each in found.gates if each.source == "repository")
    return BlockResult(
        f"{own} gates of the repository, {len(found.gates) - own} of the overlay",
        GateResolutionCompleted(
            gates=found.gates,
            gate_file_digest=found.gate_file_digest,
            overlay_digest=overlay_digest,
            remarks=found.remarks,
            **_step(context),
        ),
    )


def _step(context: BlockContext) -> dict[str, Any]:
    """Which chain the gates are for."""
    if isinstance(context.payload, StepPayload):
        return context.payload.step
    return {"workflow": _WORKFLOWS.get(type(context.payload), "validation")}


def _overlay(context: BlockContext) -> tuple[GateOverlay | None, str | None]:
    text = context.gateways.files.read(context.run_dir, _OVERLAY, MAX_DOCUMENT_BYTES)
    if text is None:
        return None, None
    overlay = read_as(GATE_OVERLAY, text, context.run_dir / _OVERLAY)
    return overlay.content, overlay.digest


BLOCK = resolve_gates

"""The gate overlay: evidence that a command can observe, as gates for Foundry to run (spec 3.5)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from alloynb.intent.evidence_definition import (
    DependencyEvidence,
    EvidenceDefinition,
    EvidenceKind,
    GateEvidence,
    ImportBoundaryEvidence,
    PatternEvidence,
    TestEvidence,
)
from alloynb.intent.record import IntentRecord
from runtime_artifacts.gate_overlay import GateMode, GateOverlay, OverlayGate

CHECKER_READS: frozenset[EvidenceKind] = frozenset({"import_boundary", "dependency", "pattern"})
"""Kinds that `alloynb check` can decide; the others of its kind stay in the plan and are not claimed."""

_CHECK_LIMIT_S = 300.0
_TEST_LIMIT_S = 1800.0
_LONGEST_NAME = 200


def overlay_gates(
    project_id: str, records: Iterable[IntentRecord], checker_reads: frozenset[EvidenceKind] = CHECKER_READS
) -> GateOverlay:
    """Write one gate for each definition that a command can observe, ordered by record id.

    A required definition takes the mode that it states (a gate), else `required_for_dry_run`. A suggested one is
    `advisory`, whatever it states: what is not required never stops a run.

    Args:
        checker_reads: kinds that `alloynb check` can decide.
    """
    gates = [
        gate
        for record in sorted(records, key=lambda each: each.id)
        for definition in record.evidence
        if (gate := _gate(project_id, record, definition, checker_reads)) is not None
    ]
    return GateOverlay(project_id=project_id, gates=tuple(gates))


def gate_name(project_id: str, record: IntentRecord, definition: EvidenceDefinition) -> str:
    """Name the gate of a definition: `<record slug>.<evidence id>`, with the whole record id for another project.

    Slugs hold no dots, so two definitions never share a name. A name beyond 200 characters is cut, and told apart
    by a digest.
    """
    owner = record.slug if record.project == project_id else record.id
    name = f"{owner}.{definition.id}"
    if len(name) <= _LONGEST_NAME:
        return name
    told_apart = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name[: _LONGEST_NAME - 17]}.{told_apart}"


def _gate(
    project_id: str,
    record: IntentRecord,
    definition: EvidenceDefinition,
    checker_reads: frozenset[EvidenceKind],
) -> OverlayGate | None:
    evidence_id = definition.global_id(record.id)
    mode: GateMode = "required_for_dry_run"
    match definition:
        case GateEvidence():
            command, timeout_s, mode = (
                definition.gate.command,
                definition.gate.timeout_s,
                definition.gate.mode,
            )
        case TestEvidence():
            command, timeout_s = ("python", "-m", "pytest", "-q", "--", *definition.test.tests), _TEST_LIMIT_S
        case ImportBoundaryEvidence() | DependencyEvidence() | PatternEvidence():
            if definition.kind not in checker_reads:
                return None
            command, timeout_s = ("alloynb", "check", evidence_id), _CHECK_LIMIT_S
        case _:
            return None
    return OverlayGate(
        name=gate_name(project_id, record, definition),
        command=command,
        timeout_s=timeout_s,
        applies_to=(record.id,),
        evidence_id=evidence_id,
        mode=mode if definition.required else "advisory",
    )

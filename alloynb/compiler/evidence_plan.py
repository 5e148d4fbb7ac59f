"""The evidence plan: one item for each evidence definition of the records that guide the run (spec 3.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alloynb.compiler.wording import one_line
from alloynb.intent.evidence_definition import EvidenceDefinition, EvidenceKind
from alloynb.intent.record import IntentRecord
from runtime_artifacts.evidence_plan import EvidencePlan, EvidencePlanItem, Observer

OBSERVED_BY: Mapping[EvidenceKind, Observer] = {
    "gate": "gate",
    "test": "gate",
    "import_boundary": "reading",
    "dependency": "reading",
    "pattern": "reading",
    "trace": "trace",
    "metric": "metric",
    "human_review": "human",
}
"""Who observes each kind. `reading` is Alloy's own checker, run by Foundry as a gate where it knows the kind."""


def plan_evidence(
    project_id: str, records: Iterable[IntentRecord], gate_names: Mapping[str, str]
) -> EvidencePlan:
    """Write the plan, ordered by record id and then as the record defines its evidence.

    Each item pins the whole definition as it was (`EvidenceDefinition` as JSON), so that a checker needs nothing else.

    Args:
        gate_names: name of the overlay gate by global evidence id, where there is one.
    """
    items = [
        _item(record, definition, gate_names)
        for record in sorted(records, key=lambda each: each.id)
        for definition in record.evidence
    ]
    return EvidencePlan(project_id=project_id, items=tuple(items))


def _item(
    record: IntentRecord, definition: EvidenceDefinition, gate_names: Mapping[str, str]
) -> EvidencePlanItem:
    evidence_id = definition.global_id(record.id)
    return EvidencePlanItem(
        evidence_id=evidence_id,
        record_id=record.id,
        capability=one_line(record.capability or record.title),
        kind=definition.kind,
        description=one_line(definition.description),
        need="required" if definition.required else "suggested",
        observed_by=OBSERVED_BY[definition.kind],
        definition=definition.model_dump(mode="json", exclude_none=True),
        gate=gate_names.get(evidence_id),
    )

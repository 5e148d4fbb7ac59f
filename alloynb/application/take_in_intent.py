"""Intent as it stands now, told to the evidence store where it differs from what the store was told last (spec 6.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alloynb.application.workspace import Workspace
from alloynb.compiler.evidence_plan import OBSERVED_BY
from alloynb.evidence.intent_facts import (
    code_observation_fact,
    hypothesis_fact,
    record_evidence_fact,
    record_fact,
)
from alloynb.intent.evidence_definition import EvidenceDefinition
from alloynb.intent.record import FIVE_TEXTS, IntentRecord
from runtime_artifacts.journal import Fact

GONE = "gone"
_NOT_YET = frozenset({"hypothesized", "proposed"})


def record_facts(workspace: Workspace) -> Iterator[Fact]:
    """Tell every record and every evidence definition that changed, and those whose file is gone.

    Raises:
        BrokenFiles: a record cannot be read, with file and line; nothing is told then.
        StoreUnavailable: what was told last cannot be read.
    """
    project, now = workspace.settings.project, workspace.clock()
    records = workspace.intent.load_all()
    told = _last_told(workspace, "SELECT record_id, status, digest, version FROM intent_records")
    for record in records:
        digest = record.content_digest()
        if told.pop(record.id, None) != (record.status, digest, record.version):
            yield record_fact(
                project_id=project,
                record_id=record.id,
                status=record.status,
                at=now,
                told={"digest": digest, **_what_it_says(record)},
            )
    for record_id, (status, digest, version) in told.items():
        if status != GONE:
            last = {"digest": digest, "version": version}
            yield record_fact(project_id=project, record_id=record_id, status=GONE, at=now, told=last)
    yield from _definition_facts(workspace, records)


def _what_it_says(record: IntentRecord) -> dict[str, Any]:
    texts = {name: getattr(record, name) for name in FIVE_TEXTS}
    conflicts = [
        each.target
        for each in record.relationships
        if each.type == "conflicts_with" and each.resolution is None
    ]
    return {
        **texts,
        "title": record.title,
        "severity": record.severity,
        "owner": record.owner,
        "version": record.version,
        "scope": record.scope.model_dump(mode="json", exclude_none=True, exclude_defaults=True),
        "relationships": [{"type": each.type, "target": each.target} for each in record.relationships],
        "conflicts": conflicts,
    }


def _definition_facts(workspace: Workspace, records: tuple[IntentRecord, ...]) -> Iterator[Fact]:
    project, now = workspace.settings.project, workspace.clock()
    told = _last_told(
        workspace, "SELECT evidence_id, status, definition, record_id, required FROM evidence_definitions"
    )
    for record in records:
        for definition in record.evidence:
            evidence_id = definition.global_id(record.id)
            content = definition.model_dump(mode="json", exclude_none=True)
            status = _status_of(record, definition)
            known = told.pop(evidence_id, None)
            if known is None or known[:2] != (status, content):
                yield record_evidence_fact(
                    project_id=project,
                    record_id=record.id,
                    evidence_id=evidence_id,
                    status=status,
                    required=definition.required,
                    at=now,
                    told={
                        "kind": definition.kind,
                        "description": definition.description,
                        "capability": record.capability,
                        "observed_by": OBSERVED_BY[definition.kind],
                        "definition": content,
                    },
                )
    for evidence_id, (status, content, record_id, required) in told.items():
        if status != "obsolete":
            yield record_evidence_fact(
                project_id=project,
                record_id=record_id,
                evidence_id=evidence_id,
                status="obsolete",
                required=required,
                at=now,
                told={"definition": content},
            )


def _status_of(record: IntentRecord, definition: EvidenceDefinition) -> str:
    if record.guides_runs:
        return "required" if definition.required else "suggested"
    return "proposed" if record.status in _NOT_YET else "obsolete"


def hypothesis_facts(workspace: Workspace) -> Iterator[Fact]:
    """Tell every hypothesis that changed, with the observations that it rests on.

    Raises:
        BrokenFiles: a hypothesis cannot be read, with file and line; nothing is told then.
        StoreUnavailable: what was told last cannot be read.
    """
    from alloynb.application.discover_intent import hypothesis_store

    project, now = workspace.settings.project, workspace.clock()
    told = _last_told(workspace, "SELECT hypothesis, status, confidence, title FROM hypotheses")
    for each in hypothesis_store(workspace).load_all():
        status = "open" if each.rejected is None else "rejected"
        if told.pop(each.id, None) != (status, each.confidence, each.title):
            yield hypothesis_fact(
                project_id=project,
                hypothesis=each.id,
                status=status,
                title=each.title,
                at=each.found_at if each.rejected is None else each.rejected.at,
                told={
                    "hypothesis_id": each.hypothesis_id,
                    "kind": each.kind,
                    "confidence": each.confidence,
                    "rejected_by": each.rejected.by if each.rejected else None,
                    "why": each.rejected.why if each.rejected else None,
                },
            )
        for seen in each.observed:
            yield code_observation_fact(
                project_id=project,
                hypothesis=each.id,
                ref=seen.ref,
                told=seen.told,
                supports=seen.supports,
                at=each.found_at,
                more=seen.model_dump(
                    mode="json", include={"signal", "weight", "source_type", "observed_text"}
                ),
            )
    for hypothesis, (status, confidence, title) in told.items():
        if status == "open":
            yield hypothesis_fact(
                project_id=project,
                hypothesis=hypothesis,
                status=GONE,
                title=title,
                at=now,
                told={"confidence": confidence},
            )


def _last_told(workspace: Workspace, question: str) -> dict[str, tuple[Any, ...]]:
    """First column → the others, of this project."""
    found = workspace.warehouse.query(f"{question} WHERE project_id = $1", [workspace.settings.project])
    return {str(row[0]): tuple(row[1:]) for row in found.rows}

"""Weigh the import rules of a record against the tree: does each say what its words promise? (spec 2.5)"""

from __future__ import annotations

from dataclasses import dataclass

from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.intent.evidence_definition import ImportBoundaryEvidence
from alloynb.intent.record import IntentRecord


@dataclass(frozen=True)
class WeakRule:
    """An import rule that proves less than it seems.

    Attributes:
        told: one sentence.
    """

    evidence_id: str
    told: str

    def __str__(self) -> str:
        return f"{self.evidence_id}: {self.told}"


def weigh_rules(workspace: Workspace, record: IntentRecord) -> tuple[WeakRule, ...]:
    """Hold each import rule of a record against the working tree, and say where its silence would prove little.

    Reads imports, runs nothing, and keeps nothing; whether the rule is broken is not asked here. What cannot be read is
    told like a weak rule: nobody knows what it proves.
    """
    return tuple(
        WeakRule(definition.global_id(record.id), told)
        for definition in record.evidence
        if isinstance(definition, ImportBoundaryEvidence)
        for told in _doubts(workspace, definition)
    )


def _doubts(workspace: Workspace, definition: ImportBoundaryEvidence) -> tuple[str, ...]:
    from alloynb.archaeology.import_graph import read_import_graph
    from alloynb.interpretation.boundary import evaluate_boundary
    from alloynb.interpretation.rule_doubts import rule_doubts

    rule = definition.rule
    try:
        graph = read_import_graph(
            workspace.root, rule.packages, rule.source_roots, type_checking=rule.type_checking
        )
    except AlloyError as error:
        return (f"nobody knows what it proves here: {error}",)
    unread = tuple(f"not read: {path}" for path in graph.unread)
    return (*unread, *rule_doubts(definition, evaluate_boundary(rule, graph), graph))

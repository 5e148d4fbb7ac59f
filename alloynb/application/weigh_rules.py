"""Weigh the import rules of a record against the tree: does each say what its words promise? (spec 2.5)"""

from __future__ import annotations

from dataclasses import dataclass

from alloynb.application.workspace import Workspace
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
    from alloynb.interpretation.drift import assess_drift

    wanted = [each.global_id(record.id) for each in record.evidence if each.kind == "import_boundary"]
    if not wanted:
        return ()
    judged = record.model_copy(update={"status": "accepted"})
    report = assess_drift([judged], workspace.root, "this tree", workspace.clock(), only=wanted)
    return (
        *(WeakRule(each.evidence_id, "; ".join(each.reasons)) for each in report.could_not_check),
        *(WeakRule(each.evidence_id, each.text) for each in report.notes),
    )

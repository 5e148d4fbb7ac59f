"""Drift from declared import rules (spec 2.3, 6.4)."""

from __future__ import annotations

from alloynb.archaeology.vacuity import broken_promise
from alloynb.intent.evidence_definition import EvidenceKind, ImportBoundaryEvidence
from alloynb.interpretation.boundary import evaluate_boundary
from alloynb.interpretation.detection import Detection, Detector, Look


class ImportBoundaryDetector:
    """Reads the import graph of the rule's packages and holds the rule against it."""

    kind: EvidenceKind = "import_boundary"

    def detect(self, look: Look) -> Detection:
        """Report each forbidden pair of modules, and why the answer may be incomplete or empty of meaning."""
        if not isinstance(look.definition, ImportBoundaryEvidence):
            raise TypeError(f"{look.definition.kind} evidence is not for this detector")
        rule = look.definition.rule
        graph = look.reading.read_graph(rule.packages, rule.source_roots, rule.type_checking)
        verdict = evaluate_boundary(rule, graph)
        findings = tuple(
            look.finding(self.kind, (each.importer, each.imported), each.path, each.lines, each.message)
            for each in verdict.violations
        )
        doubts = [f"not read: {path}" for path in graph.unread]
        if verdict.vacuous:
            doubts.append(
                f"vacuous: the rule cannot be broken, so that it holds proves nothing: {verdict.vacuous}"
            )
        notes = [f"{each.role} {each.name!r} names nothing: {each.why}" for each in verdict.unmatched]
        said = broken_promise(
            look.definition.description, [rule.model_dump(mode="json")], graph.modules, rule.ignore_imports
        )
        return Detection(findings, tuple(doubts), (*notes, *([said] if said else [])))


DETECTOR: Detector = ImportBoundaryDetector()

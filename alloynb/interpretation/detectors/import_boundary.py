"""Drift from declared import rules (spec 2.3, 6.4)."""

from __future__ import annotations

from alloynb.archaeology.import_graph import ImportSite
from alloynb.intent.evidence_definition import EvidenceKind, ImportBoundaryEvidence
from alloynb.interpretation.boundary import evaluate_boundary
from alloynb.interpretation.detection import Detection, Detector, Look
from alloynb.interpretation.finding import Step
from alloynb.interpretation.rule_doubts import VACUOUS, rule_doubts


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
            look.finding(
                self.kind,
                (each.importer, each.imported),
                each.path,
                each.lines,
                each.message,
                through=[_step(sites) for sites in each.later_sites],
            )
            for each in verdict.violations
        )
        doubts = rule_doubts(look.definition, verdict, graph)
        unread = [f"not read: {path}" for path in graph.unread]
        vacuous = [each for each in doubts if each.startswith(VACUOUS)]
        notes = [each for each in doubts if each not in vacuous]
        notes += [f"{each.role} {each.name!r}: {each.why}" for each in verdict.unmatched if each.expected]
        return Detection(findings, (*unread, *vacuous), tuple(notes))


def _step(sites: tuple[ImportSite, ...]) -> Step:
    return Step(path=sites[0].path, lines=tuple(sorted({site.line for site in sites})))


DETECTOR: Detector = ImportBoundaryDetector()

"""Drift that a gate of the repository shows: read from the last run of the revision, never run here (spec 6.4)."""

from __future__ import annotations

from alloynb.intent.evidence_definition import EvidenceKind, GateEvidence
from alloynb.interpretation.detection import Detection, Detector, Look
from alloynb.interpretation.run_reports import failure_of, last_report


class GateDetector:
    """Takes the word of the last run; a revision that no run looked at is told, with how to request one."""

    kind: EvidenceKind = "gate"

    def detect(self, look: Look) -> Detection:
        """Report the gate if it failed in the last run of this very revision."""
        if not isinstance(look.definition, GateEvidence):
            raise TypeError(f"{look.definition.kind} evidence is not for this detector")
        report = last_report(look)
        if report is None:
            told = "a run executes the command, and none did at this revision"
            return Detection(elsewhere=told, complete=False)
        if report.status == "passed":
            return Detection()
        if report.status == "failed":
            return Detection((look.deviation(("gate",), failure_of(report, look)),))
        told = f"gate {report.name} gave no answer: {report.status.replace('_', ' ')}"
        return Detection(could_not_check=(told,))


DETECTOR: Detector = GateDetector()

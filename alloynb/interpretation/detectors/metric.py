"""Drift that the evidence store shows: an SQL condition that does not hold (spec 2.3, 6.4)."""

from __future__ import annotations

from alloynb.intent.evidence_definition import EvidenceKind, MetricEvidence
from alloynb.interpretation.detection import Detection, Detector, Look
from alloynb.interpretation.store_condition import look_by_condition


class MetricDetector:
    """Asks the store, which lets a statement read and nothing else."""

    kind: EvidenceKind = "metric"

    def detect(self, look: Look) -> Detection:
        """Report the condition if a row says no."""
        if not isinstance(look.definition, MetricEvidence):
            raise TypeError(f"{look.definition.kind} evidence is not for this detector")
        parameters = {"record_id": look.record.id, "revision": look.revision}
        return look_by_condition(look, look.definition.condition.sql, parameters)


DETECTOR: Detector = MetricDetector()

"""Drift in how runs went: a condition over the trace of the last run of the revision (spec 2.3, 6.4)."""

from __future__ import annotations

from alloynb.intent.evidence_definition import EvidenceKind, TraceEvidence
from alloynb.interpretation.detection import Detection, Detector, Look
from alloynb.interpretation.store_condition import look_by_condition
from alloynb.interpretation.trace_conditions import CONDITIONS, judge_condition


class TraceDetector:
    """Judges named conditions over the run itself, and SQL conditions over what the store knows of it."""

    kind: EvidenceKind = "trace"

    def detect(self, look: Look) -> Detection:
        """Report the condition if the last run of this revision broke it."""
        if not isinstance(look.definition, TraceEvidence):
            raise TypeError(f"{look.definition.kind} evidence is not for this detector")
        condition = look.definition.condition
        if isinstance(condition, str) and condition not in CONDITIONS:
            told = f"no trace condition {condition!r} is known; known: {', '.join(sorted(CONDITIONS))}"
            return Detection(could_not_check=(told,))
        run = look.witnesses.run
        if run is None:
            return Detection(
                elsewhere="the trace of a run is asked, and none ran at this revision", complete=False
            )
        run_id = run.result.foundry_run_id
        if not isinstance(condition, str):
            parameters = {"run_id": run_id, "record_id": look.record.id, "revision": look.revision}
            return look_by_condition(look, condition.sql, parameters)
        answer = judge_condition(condition, run.result, run.request_digest)
        if answer.status == "unsatisfied":
            told = f"{condition.replace('_', ' ')} does not hold in {run_id}: {answer.reason}"
            return Detection((look.deviation((condition,), told),))
        if answer.status == "satisfied":
            return Detection()
        return Detection(elsewhere=f"{run_id} cannot tell: {answer.reason}", complete=False)


DETECTOR: Detector = TraceDetector()

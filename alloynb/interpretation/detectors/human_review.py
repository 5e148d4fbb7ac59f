"""Drift that a person saw: the latest answer to a review question, as long as it counts (spec 2.3, 6.4)."""

from __future__ import annotations

from alloynb.intent.evidence_definition import EvidenceKind, HumanReviewEvidence
from alloynb.interpretation.detection import Detection, Detector, Look, OpenQuestion


class HumanReviewDetector:
    """Takes the latest committed answer to the question as it stands; without one, asks."""

    kind: EvidenceKind = "human_review"

    def detect(self, look: Look) -> Detection:
        """Report what the person found broken; a missing or expired answer is a question, and proves nothing."""
        definition = look.definition
        if not isinstance(definition, HumanReviewEvidence):
            raise TypeError(f"{definition.kind} evidence is not for this detector")
        given = [
            each
            for each in look.witnesses.answers
            if each.evidence_id == look.evidence_id and each.answered_at <= look.at
        ]
        spoken = [each for each in given if each.question == definition.question]
        if not spoken:
            why = "the question was reworded since it was answered" if given else "nobody answered yet"
            return self._ask(look, definition, why)
        latest = max(spoken, key=lambda each: (each.answered_at, each.id))
        ends = latest.ends(definition)
        if look.at >= ends:
            return self._ask(look, definition, f"the answer of {latest.who} expired on {ends:%Y-%m-%d}")
        if latest.answer == "holds":
            days = (ends - look.at).days
            return Detection(
                notes=(f"answered by {latest.told()}; asked again in {days} days",) if days < 14 else ()
            )
        told = f"a reviewer says that it does not hold, {latest.told()} ({definition.description})"
        return Detection((look.deviation(("answer",), told),))

    def _ask(self, look: Look, definition: HumanReviewEvidence, why: str) -> Detection:
        question = OpenQuestion(look.evidence_id, definition.role, definition.question, why)
        told = f"{definition.role} answers: {definition.question} ({why})"
        return Detection(elsewhere=told, complete=False, questions=(question,))


DETECTOR: Detector = HumanReviewDetector()

"""Executable rules of records that cannot hold together, decided by reading them (spec 6.4)."""

from __future__ import annotations

from alloynb.intent.conflicts.conflict import MEANING, RuleConflict, is_settled, resolved_pairs
from alloynb.intent.conflicts.find import find_rule_conflicts
from alloynb.interpretation.contradiction import (
    Asked,
    ContradictionDetector,
    ContradictionQuestion,
    IntentLook,
)


class ConflictingRules:
    """Compares the import rules, dependency rules, patterns and gates of all records that guide runs."""

    reason = "conflicting_rules"

    def ask(self, look: IntentLook) -> Asked:
        """Ask about each smallest set of rules, unless resolutions tie all its records together."""
        guiding = tuple(look.guiding.values())
        resolved = resolved_pairs(guiding)
        return Asked(
            tuple(
                self._question(look, conflict)
                for conflict in find_rule_conflicts(guiding)
                if not is_settled(conflict.record_ids, resolved)
            )
        )

    def _question(self, look: IntentLook, conflict: RuleConflict) -> ContradictionQuestion:
        titles = " and ".join(f"“{look.guiding[record_id].title}”" for record_id in conflict.record_ids)
        return ContradictionQuestion(
            question_id=conflict.conflict_id,
            reason=self.reason,
            record_ids=conflict.record_ids,
            question=(
                f"{titles} {_verb(conflict)}: {MEANING[conflict.verdict]}. "
                "Simplify (change a rule, or let a record go), or preserve them and say why they stand together?"
            ),
            evidence=(conflict.because, *(claim.told() for claim in conflict.claims)),
        )


def _verb(conflict: RuleConflict) -> str:
    alone = len(conflict.record_ids) == 1
    if conflict.verdict == "ambiguous":
        return "speaks ambiguously" if alone else "speak ambiguously"
    return "contradicts itself" if alone else "cannot all hold"


DETECTOR: ContradictionDetector = ConflictingRules()

"""Two records that guide runs although one of them declares a conflict with the other (spec 6.4)."""

from __future__ import annotations

from alloynb.intent.conflicts.conflict import Pair, declared_conflict_id
from alloynb.intent.record import IntentRecord
from alloynb.intent.relationship import Relationship
from alloynb.interpretation.contradiction import (
    Asked,
    ContradictionDetector,
    ContradictionQuestion,
    IntentLook,
)


class DeclaredConflicts:
    """Reads the `conflicts_with` of records."""

    reason = "conflicting_records"

    def ask(self, look: IntentLook) -> Asked:
        """Ask about each pair, unless a human recorded a resolution on either side."""
        declared: dict[Pair, list[tuple[IntentRecord, Relationship]]] = {}
        for record in look.guiding.values():
            for relationship in record.relationships:
                if relationship.type == "conflicts_with" and relationship.target in look.guiding:
                    pair = (min(record.id, relationship.target), max(record.id, relationship.target))
                    declared.setdefault(pair, []).append((record, relationship))
        return Asked(
            tuple(
                self._question(look, pair, said)
                for pair, said in sorted(declared.items())
                if not any(relationship.resolution for _, relationship in said)
            )
        )

    def _question(
        self, look: IntentLook, pair: Pair, said: list[tuple[IntentRecord, Relationship]]
    ) -> ContradictionQuestion:
        one, other = (look.guiding[record_id] for record_id in pair)
        evidence = [
            f"{record.id} declares a conflict with {relationship.target}"
            + (f": {relationship.notes}" if relationship.notes else "")
            for record, relationship in said
        ]
        evidence += [
            f"{record.id} is {record.status} and asks for: {record.strategy}" for record in (one, other)
        ]
        return ContradictionQuestion(
            question_id=declared_conflict_id(pair),
            reason=self.reason,
            record_ids=pair,
            question=(
                f"“{one.title}” and “{other.title}” both guide runs and are said to conflict. "
                "Simplify (drop or narrow one of them), or preserve both and record why they can stand together?"
            ),
            evidence=tuple(evidence),
        )


DETECTOR: ContradictionDetector = DeclaredConflicts()

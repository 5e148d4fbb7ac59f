"""Where the intent itself cannot stand: questions for a human, never answers (spec 6.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ConfigDict

from alloynb.intent.record import IntentRecord
from alloynb.intent.relationship import Relationship
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.identity import id_of_digest

_CONFLICT = "conflicting_records"
_OBSOLETE = "obsolete_intent"


class ContradictionQuestion(BaseModel):
    """Something that only a human can decide.

    Attributes:
        question_id: the same as long as the same records are asked about for the same reason.
        reason: name of the check that raised it.
        record_ids: sorted.
        question: in plain words.
        evidence: what led to it, one sentence each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    question_id: str
    reason: str
    record_ids: tuple[str, ...]
    question: str
    evidence: tuple[str, ...]


def find_contradictions(records: Iterable[IntentRecord]) -> tuple[ContradictionQuestion, ...]:
    """Ask about each pair of records that both guide runs although one declares a conflict with the other.

    A pair is not asked about when a human recorded a resolution on either side.

    Returns:
        One question per pair, sorted by record ids.

    Spec: 6.4.
    """
    guiding = {record.id: record for record in records if record.guides_runs}
    conflicts: dict[tuple[str, ...], list[tuple[IntentRecord, Relationship]]] = {}
    for record in guiding.values():
        for relationship in record.relationships:
            if relationship.type == "conflicts_with" and relationship.target in guiding:
                pair = tuple(sorted((record.id, relationship.target)))
                conflicts.setdefault(pair, []).append((record, relationship))
    return tuple(
        _question(pair, conflicts[pair], guiding)
        for pair in sorted(conflicts)
        if not any(relationship.resolution for _, relationship in conflicts[pair])
    )


def ask_about_obsolete(
    record: IntentRecord, finding_id: str, evidence: Iterable[str]
) -> ContradictionQuestion:
    """Ask about a record of which a human said, at a finding, that the code is right and the intent is not.

    Args:
        evidence: what was found and what was said, one sentence each.

    Spec: 6.4.
    """
    named = {"reason": _OBSOLETE, "record": record.id, "finding": finding_id}
    return ContradictionQuestion(
        question_id=id_of_digest("question", digest_of(named)),
        reason=_OBSOLETE,
        record_ids=(record.id,),
        question=(
            f"“{record.title}” is said to be obsolete where the code left it. "
            f"Contradict it (`alloynb intent contradict {record.id} --why …`), narrow it "
            f"(`alloynb intent edit {record.id} --why …`), or preserve it and call the finding drift?"
        ),
        evidence=tuple(evidence),
    )


def _question(
    pair: tuple[str, ...],
    declared: list[tuple[IntentRecord, Relationship]],
    guiding: Mapping[str, IntentRecord],
) -> ContradictionQuestion:
    one, other = (guiding[record_id] for record_id in pair)
    evidence = [
        f"{record.id} declares a conflict with {relationship.target}"
        + (f": {relationship.notes}" if relationship.notes else "")
        for record, relationship in sorted(declared, key=lambda each: each[0].id)
    ]
    evidence += [f"{record.id} is {record.status} and asks for: {record.strategy}" for record in (one, other)]
    return ContradictionQuestion(
        question_id=id_of_digest("question", digest_of({"reason": _CONFLICT, "records": list(pair)})),
        reason=_CONFLICT,
        record_ids=pair,
        question=(
            f"“{one.title}” and “{other.title}” both guide runs and are said to conflict. "
            "Simplify (drop or narrow one of them), or preserve both and record why they can stand together?"
        ),
        evidence=tuple(evidence),
    )

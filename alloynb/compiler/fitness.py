"""Whether the selected records can carry a brief at all (spec 3.2: when compilation refuses)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from alloynb.compiler.refusal import (
    ConflictingRules,
    HypothesisAsConstraint,
    NoEvidencePlan,
    NoProtectedCapability,
    NoSourceIntent,
    RecordNotGuiding,
    UnresolvedConflict,
)
from alloynb.compiler.selection import SelectedIntent
from alloynb.compiler.wording import one_line
from alloynb.intent.conflicts.conflict import (
    REFUSED,
    Pair,
    RuleConflict,
    declared_conflict_id,
    is_settled,
    resolved_pairs,
)
from alloynb.intent.conflicts.find import find_rule_conflicts
from alloynb.intent.record import IntentRecord
from alloynb.intent.relationship import Relationship
from runtime_artifacts.formation_brief import KnownConflict

Answers = Mapping[str, str]
"""By the id of a conflict, how a human said that it is to be lived with, for now."""


def refuse_unfit(selected: SelectedIntent, answers: Answers | None = None) -> None:
    """Refuse a selection that cannot shape a run.

    Args:
        answers: conflicts that a human answered.

    Raises:
        NoSourceIntent, HypothesisAsConstraint, RecordNotGuiding, NoProtectedCapability, NoEvidencePlan,
        UnresolvedConflict, ConflictingRules: with the records that are concerned.
    """
    guiding = selected.constraints
    if not guiding:
        asked = f", {len(selected.questions)} hypotheses only ask" if selected.questions else ""
        raise NoSourceIntent(
            f"no accepted or active record was selected{asked}",
            next_step="accept a record, or widen the selection",
        )
    for record in guiding:
        if record.status == "hypothesized":
            raise HypothesisAsConstraint(
                f"{record.id} is a hypothesis and never guides a run",
                next_step="accept it first, or only ask about it",
            )
        if not record.guides_runs:
            raise RecordNotGuiding(
                f"{record.id} is {record.status}", next_step="leave it out of the selection"
            )
    names = ", ".join(record.id for record in guiding)
    if not any(record.capability for record in guiding):
        raise NoProtectedCapability(
            f"no capability is stated by {names}", next_step="say in a record which ability must survive"
        )
    if not any(record.evidence for record in guiding):
        raise NoEvidencePlan(
            f"no evidence is defined by {names}", next_step="say in a record what would prove its capability"
        )
    _refuse_open_conflicts(guiding, answers or {})
    _refuse_conflicting_rules(guiding, answers or {})


def settled_conflicts(
    records: Sequence[IntentRecord], answers: Answers | None = None
) -> tuple[KnownConflict, ...]:
    """Conflicts among records with the human resolution of each: the declared ones by pair, then those of rules."""
    given = answers or {}
    settled = []
    for pair, declared in _conflicts(records).items():
        notes = [one_line(each.notes) for each in declared if each.notes]
        resolutions = [
            f"{one_line(found.why)} ({one_line(found.by)}, {found.at:%Y-%m-%d})"
            for each in declared
            if (found := each.resolution) is not None
        ]
        answered = given.get(declared_conflict_id(pair))
        resolutions += [one_line(answered)] if answered else []
        settled.append(KnownConflict(records=pair, notes=" ".join(notes), resolution=" ".join(resolutions)))
    for conflict in find_rule_conflicts(records) if given else ():
        if conflict.conflict_id in given:
            told = one_line(given[conflict.conflict_id])
            settled += [
                KnownConflict(records=pair, notes=one_line(conflict.because), resolution=told)
                for pair in _pairs_of(conflict)
            ]
    return tuple(settled)


def _pairs_of(conflict: RuleConflict) -> list[Pair]:
    ids = conflict.record_ids
    return list(pairwise(ids)) if len(ids) > 1 else [(ids[0], ids[0])]


def _refuse_conflicting_rules(records: Sequence[IntentRecord], answers: Answers) -> None:
    resolved = resolved_pairs(records)
    standing = [
        conflict
        for conflict in find_rule_conflicts(records)
        if conflict.verdict in REFUSED
        and conflict.conflict_id not in answers
        and not is_settled(conflict.record_ids, resolved)
    ]
    if standing:
        raise ConflictingRules(
            "\n".join(conflict.told() for conflict in standing),
            next_step=(
                "change one of these rules, let one of the records go, or say why they can stand together: "
                f"alloynb contradictions answer {standing[0].conflict_id} preserve --why …"
            ),
        )


def _refuse_open_conflicts(records: Sequence[IntentRecord], answers: Answers) -> None:
    open_pairs = [
        pair
        for pair, declared in _conflicts(records).items()
        if not any(each.resolution for each in declared) and declared_conflict_id(pair) not in answers
    ]
    if open_pairs:
        named = "; ".join(f"{one} conflicts with {other}" for one, other in open_pairs)
        raise UnresolvedConflict(
            named,
            next_step="record a resolution (by, at, why) in the relationship, or select only one of the two",
        )


def _conflicts(records: Sequence[IntentRecord]) -> dict[Pair, list[Relationship]]:
    """Declared conflicts among records, by pair; a resolution on either side settles the pair."""
    ids = {record.id for record in records}
    found: dict[Pair, list[Relationship]] = {}
    for record in sorted(records, key=lambda each: each.id):
        for relationship in record.relationships:
            if relationship.type == "conflicts_with" and relationship.target in ids:
                one, other = sorted((record.id, relationship.target))
                found.setdefault((one, other), []).append(relationship)
    return dict(sorted(found.items()))

"""What a conflict of rules is, how it is told, and when humans have settled it (spec 3.2, 6.4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from alloynb.intent.record import IntentRecord
from alloynb.intent.strict_model import slug_of
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.identity import id_of_digest

Verdict = Literal["unsatisfiable", "opposed", "ambiguous"]

MEANING: dict[Verdict, str] = {
    "unsatisfiable": "no code can keep all of these rules",
    "opposed": "what one of these rules permits, the others forbid; they can be kept, but not all be meant",
    "ambiguous": "one name is given two meanings; both can be kept, but one of them is probably stale",
}
REFUSED: frozenset[Verdict] = frozenset({"unsatisfiable", "opposed"})
"""Verdicts that stop a compilation; the third is only asked about."""

Pair = tuple[str, str]


@dataclass(frozen=True)
class HeldRule:
    """One executable rule, and the evidence definition that holds it.

    Attributes:
        evidence_id: global id.
        rule: the part that is executed: an import rule, a dependency rule, a pattern, a gate's command.
    """

    record_id: str
    evidence_id: str
    rule: BaseModel


@dataclass(frozen=True)
class Claim:
    """One sentence of a record that takes part in a conflict.

    Attributes:
        says: what the rule says about the subject of the conflict, in plain words.
    """

    record_id: str
    evidence_id: str
    says: str

    @property
    def file(self) -> str:
        """Where it is written, relative to the repository."""
        return f".alloy/intent/{slug_of(self.record_id)}.yaml"

    def told(self) -> str:
        """The sentence with its place, in one line."""
        return f"{self.says} ({self.evidence_id}, {self.file})"


@dataclass(frozen=True)
class RuleConflict:
    """A smallest set of rules that cannot hold together: without any one of them, the others can.

    Attributes:
        conflict_id: `question_…`; the same as long as the same rules, word for word, stand against each other.
        subject: what they disagree about: modules, a package, a pattern, the name of a gate.
        claims: ordered by evidence id.
        because: one sentence that says why.
    """

    conflict_id: str
    verdict: Verdict
    subject: tuple[str, ...]
    claims: tuple[Claim, ...]
    because: str

    @property
    def record_ids(self) -> tuple[str, ...]:
        """Records that take part, sorted; one alone when a record contradicts itself."""
        return tuple(sorted({claim.record_id for claim in self.claims}))

    def told(self) -> str:
        """The whole explanation: why, and then one line for each rule that takes part."""
        return "\n  ".join((self.because, *(claim.told() for claim in self.claims)))


def conflict_of(
    verdict: Verdict, subject: Sequence[str], said: Iterable[tuple[HeldRule, str]], because: str
) -> RuleConflict:
    """Put a conflict together; the order in which rules are given does not matter.

    Args:
        said: each rule, with what it says about the subject.
    """
    ordered = sorted(said, key=lambda each: each[0].evidence_id)
    named = {
        "reason": "rules",
        "verdict": verdict,
        "subject": list(subject),
        "rules": [[held.evidence_id, held.rule.model_dump(mode="json")] for held, _ in ordered],
    }
    return RuleConflict(
        id_of_digest("question", digest_of(named)),
        verdict,
        tuple(subject),
        tuple(Claim(held.record_id, held.evidence_id, says) for held, says in ordered),
        because,
    )


def declared_conflict_id(pair: Pair) -> str:
    """Name the conflict that one of two records declares: the same whatever else they say.

    Args:
        pair: sorted.
    """
    return id_of_digest("question", digest_of({"reason": "conflicting_records", "records": list(pair)}))


def resolved_pairs(records: Iterable[IntentRecord]) -> frozenset[Pair]:
    """Pairs of records (sorted) whose conflict a human resolved, on either side."""
    return frozenset(
        (min(record.id, each.target), max(record.id, each.target))
        for record in records
        for each in record.relationships
        if each.type == "conflicts_with" and each.resolution is not None
    )


def is_settled(record_ids: Sequence[str], resolved: Collection[Pair]) -> bool:
    """Say whether resolutions tie all of these records together; a record alone cannot be settled so."""
    if len(record_ids) < 2:
        return False
    reached, waiting = {record_ids[0]}, [record_ids[0]]
    while waiting:
        here = waiting.pop()
        for other in record_ids:
            if other not in reached and (min(here, other), max(here, other)) in resolved:
                reached.add(other)
                waiting.append(other)
    return len(reached) == len(set(record_ids))

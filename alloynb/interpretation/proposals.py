"""What the records could learn from one run: proposals that wait for a human, each with its reason (spec 2.2, 6.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from alloynb.interpretation.satisfaction import JudgedEvidence, RecordSatisfaction, SatisfactionReport
from runtime_artifacts.run_result import RunResult

ProposalKind = Literal["new_record", "deprecation", "transition", "better_evidence"]


@dataclass(frozen=True)
class Proposal:
    """One thing that a human could decide.

    Attributes:
        record_id: the record that it is about, or None for a new one.
        because: what in the run suggests it.
    """

    kind: ProposalKind
    proposal: str
    because: str
    record_id: str | None = None


def proposals_of(
    result: RunResult,
    report: SatisfactionReport,
    *,
    statuses: Mapping[str, str],
    satisfied_before: frozenset[str],
) -> tuple[Proposal, ...]:
    """Derive proposals; nothing is applied.

    | seen | proposed |
    | --- | --- |
    | an accepted record, satisfied for the first time | it could become active |
    | a record of which all required evidence is waived | it could be deprecated, or ask for other evidence |
    | required evidence that nothing can observe | other evidence |
    | required evidence that a run should have shown and did not | repair of the observation |
    | a failing gate of the repository that no record names | a new record |

    Args:
        statuses: status of each record now, where it is known.
        satisfied_before: records that an earlier run satisfied.
    """
    found: list[Proposal] = []
    for record in report.records:
        found += _transition(record, statuses, satisfied_before)
        found += _deprecation(record)
        found += _better_evidence(record)
    return (*found, *_new_records(result))


def _transition(
    record: RecordSatisfaction, statuses: Mapping[str, str], satisfied_before: frozenset[str]
) -> Iterable[Proposal]:
    first = record.status == "satisfied" and record.record_id not in satisfied_before
    if first and statuses.get(record.record_id) == "accepted":
        told = "could become active"
        yield Proposal("transition", told, "all required evidence holds for the first time", record.record_id)


def _deprecation(record: RecordSatisfaction) -> Iterable[Proposal]:
    required = [each for each in record.evidence if each.need == "required"]
    if required and all(each.status == "waived" for each in required):
        told = "could be deprecated, or ask for other evidence"
        yield Proposal("deprecation", told, "all of its required evidence is waived", record.record_id)


def _better_evidence(record: RecordSatisfaction) -> Iterable[Proposal]:
    required = [each for each in record.evidence if each.need == "required"]
    if not required:
        told = "could require evidence"
        yield Proposal("better_evidence", told, "nothing that it demands could prove it", record.record_id)
    for each in required:
        if each.seen == "unknown" and each.kind != "human_review":
            yield Proposal("better_evidence", _repair(each), each.reason, record.record_id)
        elif each.seen == "partially_satisfied":
            told = f"{each.evidence_id} could be made to show all that it asks for"
            yield Proposal("better_evidence", told, each.reason, record.record_id)


def _repair(evidence: JudgedEvidence) -> str:
    if evidence.observed_by == "nobody":
        return f"{evidence.evidence_id} was observed by nobody: can it be, or should other evidence stand in for it?"
    return f"{evidence.evidence_id} was looked at without an answer: can {evidence.observed_by} be repaired?"


def _new_records(result: RunResult) -> Iterable[Proposal]:
    """A gate that fails and that belongs to no record protects something that nobody wrote down."""
    for gate in {each.name: each for each in result.gates}.values():
        owned = gate.applies_to or gate.evidence_id
        if gate.source == "repository" and gate.status == "failed" and not owned:
            told = f"the gate {gate.name} could belong to a record: which capability does it protect?"
            yield Proposal("new_record", told, f"it failed in {gate.phase}, and no record names it")

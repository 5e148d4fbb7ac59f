"""What the records could learn from one run: proposals that wait for a human, each with its reason (spec 2.2, 6.3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from alloynb.interpretation.satisfaction import JudgedEvidence, RecordSatisfaction, SatisfactionReport
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.identity import id_of_digest
from runtime_artifacts.run_result import RunResult

ProposalKind = Literal["new_record", "deprecation", "transition", "better_evidence"]

BROKEN_IN_A_ROW = 3
"""Broken at so many revisions in a row, a record is no longer only drifted from: perhaps it is not true."""


@dataclass(frozen=True)
class Proposal:
    """One thing that a human could decide.

    Attributes:
        record_id: the record that it is about, or None for a new one.
        because: what in the run suggests it.
        subject: the evidence or gate that it is about, or the status to go to; tells it apart from others.
        to_status: the step of the lifecycle that taking it up opens, or None.
        links: `trace://…`, `repo://…`.
    """

    kind: ProposalKind
    proposal: str
    because: str
    record_id: str | None = None
    subject: str = ""
    to_status: Literal["active", "contradicted", "deprecated"] | None = None
    links: tuple[str, ...] = ()

    def id_in(self, project_id: str) -> str:
        """The same for the same proposal of every run, so that it is raised, and answered, once."""
        named = {"project": project_id, "kind": self.kind, "record": self.record_id, "subject": self.subject}
        return id_of_digest("proposal", digest_of(named))


def proposals_of(
    result: RunResult,
    report: SatisfactionReport,
    *,
    statuses: Mapping[str, str],
    satisfied_before: frozenset[str],
    broken_before: Mapping[str, int] | None = None,
) -> tuple[Proposal, ...]:
    """Derive proposals; nothing is applied.

    | seen | proposed |
    | --- | --- |
    | an accepted record, satisfied for the first time | it could become active |
    | a record that is broken at three revisions in a row or more | it could be contradicted |
    | a record of which all required evidence is waived | it could be deprecated, or ask for other evidence |
    | required evidence that nothing can observe | other evidence |
    | required evidence that a run should have shown and did not | repair of the observation |
    | a failing gate of the repository that no record names | a new record |

    Args:
        statuses: status of each record now, where it is known.
        satisfied_before: records that an earlier run satisfied.
        broken_before: at how many other revisions, without one that held in between, a record was broken before.
    """
    found: list[Proposal] = []
    for record in report.records:
        found += _transition(record, statuses, satisfied_before)
        found += _contradiction(record, (broken_before or {}).get(record.record_id, 0))
        found += _deprecation(record)
        found += _better_evidence(record)
    return (*found, *_new_records(result))


def _transition(
    record: RecordSatisfaction, statuses: Mapping[str, str], satisfied_before: frozenset[str]
) -> Iterable[Proposal]:
    first = record.status == "satisfied" and record.record_id not in satisfied_before
    if first and statuses.get(record.record_id) == "accepted":
        because = "all required evidence holds for the first time"
        yield _step(record, "transition", "could become active", because, "active")


def _contradiction(record: RecordSatisfaction, broken_before: int) -> Iterable[Proposal]:
    if record.status == "unsatisfied" and broken_before + 1 >= BROKEN_IN_A_ROW:
        because = f"it is broken at {broken_before + 1} revisions in a row: perhaps the code is right"
        yield _step(record, "transition", "could be contradicted", because, "contradicted")


def _deprecation(record: RecordSatisfaction) -> Iterable[Proposal]:
    required = [each for each in record.evidence if each.need == "required"]
    if required and all(each.status == "waived" for each in required):
        told, because = (
            "could be deprecated, or ask for other evidence",
            "all of its required evidence is waived",
        )
        yield _step(record, "deprecation", told, because, "deprecated")


def _step(
    record: RecordSatisfaction,
    kind: ProposalKind,
    told: str,
    because: str,
    to: Literal["active", "contradicted", "deprecated"],
) -> Proposal:
    links = tuple(dict.fromkeys(link for each in record.evidence for link in each.links))
    return Proposal(kind, told, because, record.record_id, subject=to, to_status=to, links=links)


def _better_evidence(record: RecordSatisfaction) -> Iterable[Proposal]:
    required = [each for each in record.evidence if each.need == "required"]
    if not required:
        told = "could require evidence"
        because = "nothing that it demands could prove it"
        yield Proposal("better_evidence", told, because, record.record_id, subject="no evidence")
    for each in required:
        if each.seen == "unknown" and each.kind != "human_review":
            yield _of_evidence(record, each, _repair(each))
        elif each.seen == "partially_satisfied":
            told = f"{each.evidence_id} could be made to show all that it asks for"
            yield _of_evidence(record, each, told)


def _of_evidence(record: RecordSatisfaction, each: JudgedEvidence, told: str) -> Proposal:
    return Proposal(
        "better_evidence", told, each.reason, record.record_id, subject=each.evidence_id, links=each.links
    )


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
            because = f"it failed in {gate.phase}, and no record names it"
            link = f"trace://{result.foundry_run_id}/gates/{gate.name}"
            yield Proposal("new_record", told, because, subject=gate.name, links=(link,))

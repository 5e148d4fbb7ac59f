"""What a run means for each record: satisfied, partially, unsatisfied, unknown or waived, with the evidence (spec 6.3).

The verdict follows from the record's *required* evidence alone, after waivers; the first row that applies decides:

| required evidence | verdict |
| --- | --- |
| there is none | `unknown` |
| any is unsatisfied | `unsatisfied` |
| all of it is satisfied | `satisfied` |
| all of it is satisfied or waived | `waived` |
| any is satisfied or partially satisfied | `partially_satisfied` |
| nothing was seen of what is not waived | `unknown` |

A valid waiver turns required or suggested evidence that is not satisfied into `waived`; evidence that is satisfied
needs none. An expired waiver, or one that is not yet valid, is not a waiver. Suggested evidence is judged and shown,
and never changes the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from alloynb.errors import Refused
from alloynb.intent.evidence_definition import Waiver
from alloynb.intent.strict_model import StrictModel, Timestamp, timestamp_text
from alloynb.interpretation.seen_evidence import Sources, look_at
from runtime_artifacts.evidence_observation import EvidenceObservation, ObservationStatus
from runtime_artifacts.evidence_plan import EvidenceKind, EvidencePlan, EvidencePlanItem
from runtime_artifacts.run_result import RunResult

if TYPE_CHECKING:
    from alloynb.interpretation.drift import DriftReport
    from alloynb.interpretation.finding import DriftFinding


class ResultOfAnotherBrief(Refused):
    """The result tells of another brief than the plan belongs to; judging it would mean nothing."""


@dataclass(frozen=True)
class JudgeRun:
    """What to judge, and by what.

    Attributes:
        plan: evidence plan of the brief.
        now: aware moment; waivers and human answers are held against it.
        result: of the run, or None when only the code was read.
        brief_digest: digest of the brief that the plan belongs to; checked against the result when given.
        request_digest: digest of the request that was sent.
        drift: what reading a tree told; counts only at the judged revision.
        findings: settled findings, which know exceptions; the report's own when empty.
        observations: of humans, metrics and other programs.
        gates_of_repository: gates of the plan that the repository's own gate file has too; what they say counts.
    """

    plan: EvidencePlan
    now: datetime
    result: RunResult | None = None
    brief_digest: str | None = None
    request_digest: str | None = None
    drift: DriftReport | None = None
    findings: Sequence[DriftFinding] = ()
    observations: Sequence[EvidenceObservation] = ()
    waivers: Sequence[Waiver] = ()
    gates_of_repository: frozenset[str] = frozenset()


class JudgedEvidence(StrictModel):
    """What is known of one evidence definition.

    Attributes:
        status: after waivers.
        seen: what was seen, whatever was waived.
        reason: one sentence.
        observed_by: who decided it: a gate, a condition, a person, `reading`, or `nobody`.
        links: `trace://run/…`, `repo://project/revision/path#Lline`.
        waiver: the waiver that holds, if one was needed.
        excepted: ids of findings that are allowed for now.
    """

    evidence_id: str
    record_id: str
    kind: EvidenceKind
    need: str
    description: str
    status: ObservationStatus
    seen: ObservationStatus
    reason: str
    observed_by: str
    observed_at: str | None = None
    links: tuple[str, ...] = ()
    waiver: Waiver | None = None
    excepted: tuple[str, ...] = ()


class RecordSatisfaction(StrictModel):
    """The verdict on one record.

    Attributes:
        missing: required evidence of which nothing is known, by global id.
        failing: required evidence that is unsatisfied, by global id.
    """

    record_id: str
    capability: str
    status: ObservationStatus
    reason: str
    evidence: tuple[JudgedEvidence, ...]
    missing: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()


class SatisfactionReport(StrictModel):
    """The verdicts on all records of a plan, ordered by record id."""

    project_id: str
    judged_at: Timestamp
    run_id: str | None = None
    brief_digest: str | None = None
    revision: str | None = None
    records: tuple[RecordSatisfaction, ...] = ()

    def of(self, record_id: str) -> RecordSatisfaction | None:
        """The verdict on one record, None when the plan does not know it."""
        return next((each for each in self.records if each.record_id == record_id), None)


def judge_satisfaction(command: JudgeRun) -> SatisfactionReport:
    """Judge every record of a plan. Pure: the same input gives the same verdicts.

    Raises:
        ResultOfAnotherBrief: the result does not belong to the plan's brief.

    Spec: 6.3.
    """
    result = command.result
    if result is not None and command.brief_digest not in {None, result.brief.digest}:
        raise ResultOfAnotherBrief(
            f"{result.foundry_run_id} ran {result.brief.digest}, not {command.brief_digest}",
            next_step="judge it by the evidence plan of the brief that it ran",
        )
    sources = Sources(
        result=result,
        drift=command.drift,
        findings=command.findings,
        observations=command.observations,
        request_digest=command.request_digest,
        now=command.now,
        gates_of_repository=command.gates_of_repository,
    )
    by_record: dict[str, list[EvidencePlanItem]] = {}
    for item in command.plan.items:
        by_record.setdefault(item.record_id, []).append(item)
    return SatisfactionReport(
        project_id=command.plan.project_id,
        judged_at=command.now,
        run_id=result.foundry_run_id if result is not None else None,
        brief_digest=result.brief.digest if result is not None else command.brief_digest,
        revision=sources.revision,
        records=tuple(_judge_record(id, by_record[id], sources, command.waivers) for id in sorted(by_record)),
    )


def own_observations(report: SatisfactionReport) -> tuple[EvidenceObservation, ...]:
    """Observations that Alloy made itself while judging: trace conditions and readings, as facts to be kept.

    What gates, people and other programs saw has its own observation already.
    """
    return tuple(
        EvidenceObservation(
            evidence_id=each.evidence_id,
            record_ids=(each.record_id,),
            status=each.seen,
            observed_by=each.observed_by,
            observed_at=each.observed_at or timestamp_text(report.judged_at),
            project_id=report.project_id,
            foundry_run_id=report.run_id,
            brief_digest=report.brief_digest,
            revision=report.revision,
            supporting_artifacts=each.links,
            notes=each.reason,
        )
        for record in report.records
        for each in record.evidence
        if each.observed_by == "reading" or each.observed_by.startswith("condition ")
    )


def verdict_of(required: Iterable[ObservationStatus]) -> ObservationStatus:
    """Apply the table of this module to the statuses of a record's required evidence."""
    found = set(required)
    if "unsatisfied" in found:
        return "unsatisfied"
    if found == {"satisfied"}:
        return "satisfied"
    if found and found <= {"satisfied", "waived"}:
        return "waived"
    if found & {"satisfied", "partially_satisfied"}:
        return "partially_satisfied"
    return "unknown"


def _judge_record(
    record_id: str, items: Sequence[EvidencePlanItem], sources: Sources, waivers: Sequence[Waiver]
) -> RecordSatisfaction:
    judged = tuple(_judge_item(item, sources, waivers) for item in items)
    required = [each for each in judged if each.need == "required"]
    status = verdict_of(each.status for each in required)
    return RecordSatisfaction(
        record_id=record_id,
        capability=items[0].capability,
        status=status,
        reason=_reason(status, required),
        evidence=judged,
        missing=tuple(each.evidence_id for each in required if each.status == "unknown"),
        failing=tuple(each.evidence_id for each in required if each.status == "unsatisfied"),
    )


def _judge_item(item: EvidencePlanItem, sources: Sources, waivers: Sequence[Waiver]) -> JudgedEvidence:
    seen = look_at(item, sources)
    status, reason, holding = seen.status, seen.reason, None
    meant = [each for each in waivers if each.evidence_id == item.evidence_id]
    if meant and seen.status != "satisfied":
        latest = max(meant, key=lambda each: (each.is_valid(sources.now), each.until))
        if latest.is_valid(sources.now):
            status, holding = "waived", latest
            reason = f"waived by {latest.who} until {latest.until:%Y-%m-%d}: {latest.why} ({seen.reason})"
        elif latest.until <= sources.now:
            reason = f"{seen.reason} (the waiver by {latest.who} expired on {latest.until:%Y-%m-%d})"
    return JudgedEvidence(
        evidence_id=item.evidence_id,
        record_id=item.record_id,
        kind=item.kind,
        need=item.need,
        description=item.description,
        status=status,
        seen=seen.status,
        reason=reason,
        observed_by=seen.by,
        observed_at=seen.at,
        links=seen.links,
        waiver=holding,
        excepted=seen.excepted,
    )


def _reason(status: ObservationStatus, required: Sequence[JudgedEvidence]) -> str:
    """One sentence that names the evidence which decided."""
    if not required:
        return "No evidence is required, so nothing can prove it."
    number = len(required)
    match status:
        case "unsatisfied":
            return f"Broken by {_told(required, 'unsatisfied')}."
        case "satisfied":
            return (
                f"All {number} required evidence items hold."
                if number > 1
                else f"Holds by {_told(required, 'satisfied')}."
            )
        case "waived":
            return f"Nobody demands {_told(required, 'waived')}."
        case "partially_satisfied":
            held = sum(each.status == "satisfied" for each in required)
            open_items = [each for each in required if each.status != "satisfied"]
            return f"{held} of {number} required evidence items hold; open: {_told(open_items)}."
        case _:
            return f"Nothing was seen of {_told(required, 'unknown')}."


def _told(judged: Sequence[JudgedEvidence], status: ObservationStatus | None = None) -> str:
    chosen = [each for each in judged if status is None or each.status == status]
    return "; ".join(f"{each.evidence_id.partition('#')[2]} ({each.reason})" for each in chosen)

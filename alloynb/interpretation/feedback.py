"""The `run_feedback` document: one run read through its brief, for people and for the intent graph (spec 6.3).

Five questions first: what did Foundry do, why, which intent did it serve, what evidence did it collect, what needs a
human. Then what the records could learn. Everything under `proposals` waits for a human; nothing is applied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alloynb.interpretation.contradiction import ContradictionQuestion
from alloynb.interpretation.effects import strategy_effects, threats_seen, tradeoffs_seen
from alloynb.interpretation.proposals import Proposal, proposals_of
from alloynb.interpretation.satisfaction import JudgedEvidence, RecordSatisfaction, SatisfactionReport
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.formation_brief import FormationBrief
from runtime_artifacts.run_result import GateReport, RunResult

RUN_FEEDBACK_SCHEMA = "alloy.run_feedback.v1"


@dataclass(frozen=True)
class ReadRun:
    """What the document is made of.

    Attributes:
        statuses: status of each record now, where it is known; proposals of transitions need it.
        satisfied_before: records that were satisfied by an earlier run.
        broken_before: at how many other revisions in a row a record was broken before this run.
        contradictions: questions that detectors raised about these records.
    """

    brief: Artifact[FormationBrief]
    result: RunResult
    satisfaction: SatisfactionReport
    statuses: Mapping[str, str] = field(default_factory=dict)
    satisfied_before: frozenset[str] = frozenset()
    broken_before: Mapping[str, int] = field(default_factory=dict)
    contradictions: Sequence[ContradictionQuestion] = ()


def run_feedback(read: ReadRun) -> dict[str, Any]:
    """Write the document as plain values, in reading order, ready for YAML. Pure."""
    result, report = read.result, read.satisfaction
    proposals = proposals_of(
        result,
        report,
        statuses=read.statuses,
        satisfied_before=read.satisfied_before,
        broken_before=read.broken_before,
    )
    return {
        "schema": RUN_FEEDBACK_SCHEMA,
        "run": _identity(read),
        "what_foundry_did": _what_it_did(result),
        "why": _why(read),
        "intent_served": _served(read),
        "evidence_collected": [_evidence(each) for record in report.records for each in record.evidence],
        "needs_a_human": _needs_a_human(read),
        "capability_satisfaction": [_verdict(each) for each in report.records],
        "threat_observations": _threats(read),
        "drift_events": _drift(report),
        "contradicted_expectations": [
            {"records": list(each.record_ids), "question": each.question, "evidence": list(each.evidence)}
            for each in read.contradictions
        ],
        "strategy_effectiveness": _strategies(read),
        "tradeoff_observations": _tradeoffs(read),
        "proposals": {
            "note": "Nothing here has been applied; each waits for a human.",
            "new_records": _told(read, proposals, "new_record"),
            "deprecations": _told(read, proposals, "deprecation"),
            "transitions": _told(read, proposals, "transition"),
            "better_evidence": _told(read, proposals, "better_evidence"),
        },
    }


def _identity(read: ReadRun) -> dict[str, Any]:
    result = read.result
    return {
        "run_id": result.foundry_run_id,
        "attempt": result.attempt,
        "request_id": result.run_request_id,
        "brief_id": read.brief.id,
        "brief_digest": read.brief.digest,
        "project": result.project_id,
        "revision": result.revision_after,
        "status": result.status,
        "judged_at": read.satisfaction.model_dump(mode="json")["judged_at"],
    }


def _what_it_did(result: RunResult) -> dict[str, Any]:
    trace = result.trace_summary
    last = {(gate.phase, gate.name): gate for gate in result.gates}
    return {
        "entry_event": result.entry_event,
        "throttle": result.throttle,
        "started_at": result.started_at,
        "finished_at": result.finished_at,
        "blocks": [f"{block.block} ({block.kind}): {block.status}" for block in trace.blocks]
        if trace
        else [],
        "gates": [_gate(gate) for gate in last.values()],
        "retries": result.retries.model_dump(),
        "changed_files": list(result.changed_files),
        "commits": [commit.commit for commit in result.commits],
        "errors": [
            {"failure_class": error.failure_class, "message": error.message, "next_step": error.next_step}
            for error in result.errors
        ],
    }


def _gate(gate: GateReport) -> dict[str, Any]:
    told = {
        "name": gate.name,
        "phase": gate.phase,
        "status": gate.status,
        "mode": gate.mode,
        "source": gate.source,
    }
    return {**told, "duration_ms": round(gate.duration_ms, 1)}


def _why(read: ReadRun) -> dict[str, Any]:
    brief = read.brief.content
    return {
        "objective": brief.mission.objective,
        "template": brief.identity.template,
        "formation": brief.agent_formation.pattern,
        "reasons": list(brief.agent_formation.reasons),
    }


def _served(read: ReadRun) -> list[dict[str, Any]]:
    return [
        {
            "record": each.record_id,
            "version": each.version,
            "title": each.title,
            "capability": each.capability,
        }
        for each in read.brief.content.relevant_intent.records
        if each.role == "constraint"
    ]


def _evidence(judged: JudgedEvidence) -> dict[str, Any]:
    told: dict[str, Any] = {
        "evidence": judged.evidence_id,
        "need": judged.need,
        "status": judged.status,
        "reason": judged.reason,
        "observed_by": judged.observed_by,
        "links": list(judged.links),
    }
    if judged.waiver is not None:
        told["waiver"] = judged.waiver.model_dump(mode="json", include={"waiver_id", "who", "why", "until"})
    if judged.excepted:
        told["exceptions"] = list(judged.excepted)
    return told


def _verdict(record: RecordSatisfaction) -> dict[str, Any]:
    return {
        "record": record.record_id,
        "capability": record.capability,
        "status": record.status,
        "reason": record.reason,
        "missing": list(record.missing),
        "links": list(dict.fromkeys(link for each in record.evidence for link in each.links)),
    }


def _needs_a_human(read: ReadRun) -> list[str]:
    """Questions and decisions that nobody else may answer, the most pressing first."""
    result, asked = read.result, []
    for error in result.errors:
        if error.failure_class in {"safety", "semantic"}:
            asked.append(f"{error.message}: {error.next_step}" if error.next_step else error.message)
    for record in read.satisfaction.records:
        if record.status == "unsatisfied":
            names = ", ".join(record.failing)
            asked.append(
                f"{record.record_id} is broken by {names}: is this drift, an exception, or obsolete intent?"
            )
    asked.extend(each.question for each in read.contradictions)
    for record in read.satisfaction.records:
        for each in record.evidence:
            if each.kind == "human_review" and each.seen == "unknown":
                asked.append(f"{each.evidence_id}: {each.reason}")
    asked.extend(result.follow_up_questions)
    told = {
        each.evidence_id
        for record in read.satisfaction.records
        for each in record.evidence
        if each.kind == "human_review" or each.seen != "unknown"
    }
    asked.extend(
        question
        for question in read.brief.content.relevant_intent.open_questions
        if not any(f"({evidence_id})" in question for evidence_id in told)
    )
    return list(dict.fromkeys(asked))


def _threats(read: ReadRun) -> list[dict[str, Any]]:
    return [
        {
            "record": each.record_id,
            "evidence": each.evidence_id,
            "threat": each.threat,
            "seen_in": each.seen_in,
            "links": list(each.links),
        }
        for each in threats_seen(read.brief.content, read.satisfaction)
    ]


def _drift(report: SatisfactionReport) -> list[dict[str, Any]]:
    return [
        {
            "evidence": each.evidence_id,
            "record": each.record_id,
            "reason": each.reason,
            "links": list(each.links),
        }
        for record in report.records
        for each in record.evidence
        if each.seen == "unsatisfied" and each.kind not in {"trace", "metric", "human_review"}
    ]


def _strategies(read: ReadRun) -> list[dict[str, Any]]:
    return [
        {
            "record": each.record_id,
            "strategy": each.strategy,
            "effect": each.effect,
            "because": list(each.because),
            "evidence_took_ms": each.evidence_took_ms,
            "links": list(each.links),
        }
        for each in strategy_effects(read.brief.content, read.result, read.satisfaction)
    ]


def _tradeoffs(read: ReadRun) -> list[dict[str, Any]]:
    return [
        {
            "record": each.record_id,
            "accepted": each.accepted,
            "evidence_took_ms": each.evidence_took_ms,
            "share_of_gate_time": each.share,
            "retries": each.retries,
            "links": list(each.links),
        }
        for each in tradeoffs_seen(read.brief.content, read.result, read.satisfaction)
    ]


def _told(read: ReadRun, proposals: Sequence[Proposal], kind: str) -> list[dict[str, Any]]:
    return [
        {
            "id": each.id_in(read.result.project_id),
            "record": each.record_id,
            "subject": each.subject,
            "proposal": each.proposal,
            "because": each.because,
            "to_status": each.to_status,
            "links": list(each.links),
        }
        for each in proposals
        if each.kind == kind
    ]

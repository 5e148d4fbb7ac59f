"""Facts about what things mean. Pure; takes plain values, so that any room may call it.

    satisfaction   record_id, run_id, status, revision, severity, summary
                   payload = title, capability, required, satisfied, missing, evidence
    finding        finding_id, record_id, evidence_id, status, severity, path, line = the first one, revision, run_id
                   payload = lines, and as far as known detector, subject, first_seen, last_seen, alias,
                   introduced_by (a name) and introduced (commit, author, at, summary)
    finding_verdict  finding_id (none for a rule that lost a name), record_id, evidence_id, status = the leaning or
                   undecided, severity, path, line, revision, run_id = the run that was read
                   payload = strength, scores, clues, lost_names, weighing
    contradiction  finding_id = the id of the question, record_id = the first record, status = open or settled
                   payload = record_ids, reason, question, evidence
    confirmation   record_id = what was confirmed: a record, expectation or strategy; principal; payload = why

Every builder takes `key`: with one, the fact is recorded once for that key, whoever records it; without, always.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from alloynb.evidence.run_facts import new_fact
from runtime_artifacts.evidence_observation import ObservationStatus
from runtime_artifacts.journal import Fact


def satisfaction_fact(
    *,
    project_id: str,
    record_id: str,
    status: ObservationStatus,
    observed_at: datetime | str,
    title: str,
    capability: str,
    severity: str,
    required: int,
    satisfied: int,
    missing: Sequence[str],
    evidence: Sequence[Mapping[str, Any]] = (),
    run_id: str | None = None,
    revision: str | None = None,
    brief_id: str | None = None,
    summary: str = "",
    key: str | None = None,
) -> Fact:
    """Say whether an intent record holds.

    Args:
        required: number of required evidence definitions.
        satisfied: number of those that are satisfied or waived.
        missing: ids of required evidence that was not seen or says no.
        evidence: one mapping for each definition, such as `{evidence_id, status, required, notes, links}`.
    """
    payload = {
        "title": title,
        "capability": capability,
        "required": required,
        "satisfied": satisfied,
        "missing": list(missing),
        "evidence": [dict(each) for each in evidence],
    }
    return new_fact(
        "satisfaction",
        at=observed_at,
        key=key,
        project_id=project_id,
        record_id=record_id,
        status=status,
        severity=severity,
        run_id=run_id,
        revision=revision,
        brief_id=brief_id,
        summary=summary or None,
        payload=payload,
    )


def finding_fact(
    *,
    project_id: str,
    finding_id: str,
    record_id: str,
    evidence_id: str,
    status: str,
    severity: str,
    message: str,
    path: str,
    lines: Sequence[int],
    revision: str,
    seen_at: datetime | str,
    run_id: str | None = None,
    more: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> Fact:
    """Say how a drift finding stands after a look.

    Args:
        status: new, known, exception, resolved or regressed.
        lines: 1-based, ascending; empty when the whole file is meant.
        more: what else is known: `detector`, `subject`, `first_seen` and `last_seen` (`{revision, at}`),
            `alias`, `introduced_by` (a name) and `introduced` (commit, author, at, summary).
    """
    return new_fact(
        "finding",
        at=seen_at,
        key=key,
        project_id=project_id,
        finding_id=finding_id,
        record_id=record_id,
        evidence_id=evidence_id,
        status=status,
        severity=severity,
        summary=message,
        path=path,
        line=lines[0] if lines else None,
        revision=revision,
        run_id=run_id,
        payload={**(more or {}), "lines": list(lines)},
    )


def finding_verdict_fact(
    *,
    project_id: str,
    finding_id: str | None,
    record_id: str,
    evidence_id: str,
    leaning: str,
    strength: float,
    scores: Mapping[str, float],
    clues: Sequence[Mapping[str, Any]],
    weighing: Mapping[str, Any],
    told: str,
    severity: str,
    revision: str,
    judged_at: datetime | str,
    path: str | None = None,
    lines: Sequence[int] = (),
    lost_names: Sequence[str] = (),
    run_id: str | None = None,
    key: str | None = None,
) -> Fact:
    """Say what a finding, or a rule that lost a name, looked like, and by which weights.

    Args:
        leaning: code_left_intent, refactor_keeps_intent, intent_is_stale or undecided.
        scores: what the clues of each leaning came to together.
        clues: one mapping for each, strongest first: `{clue, leans, weight, told, place}`.
        weighing: how they were weighed: `{prior, least_lead, version}`.
        told: the suggestion in words.
        run_id: the run whose reading led to it; None when somebody looked without one.
    """
    return new_fact(
        "finding_verdict",
        at=judged_at,
        key=key,
        project_id=project_id,
        finding_id=finding_id,
        record_id=record_id,
        evidence_id=evidence_id,
        status=leaning,
        severity=severity,
        summary=told,
        path=path,
        line=lines[0] if lines else None,
        revision=revision,
        run_id=run_id,
        payload={
            "strength": strength,
            "scores": dict(scores),
            "clues": [dict(each) for each in clues],
            "lost_names": list(lost_names),
            "weighing": dict(weighing),
        },
    )


def contradiction_fact(
    *,
    project_id: str,
    question_id: str,
    record_ids: Sequence[str],
    reason: str,
    question: str,
    evidence: Sequence[str],
    at: datetime | str,
    status: Literal["open", "settled"] = "open",
    key: str | None = None,
) -> Fact:
    """Raise a question that only a human can decide, or say that it is not asked any more."""
    return new_fact(
        "contradiction",
        at=at,
        key=key,
        project_id=project_id,
        finding_id=question_id,
        record_id=record_ids[0] if record_ids else None,
        status=status,
        summary=question,
        payload={
            "record_ids": list(record_ids),
            "reason": reason,
            "question": question,
            "evidence": list(evidence),
        },
    )


def confirmation_fact(
    *,
    project_id: str,
    confirmed_id: str,
    principal: str,
    why: str,
    at: datetime | str,
    key: str | None = None,
) -> Fact:
    """Say that a human read a record, an expectation or a strategy, and called it still true."""
    return new_fact(
        "confirmation",
        at=at,
        key=key,
        project_id=project_id,
        record_id=confirmed_id,
        status="confirmed",
        principal=principal,
        summary=why,
        payload={"why": why},
    )

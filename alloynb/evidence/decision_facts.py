"""Facts about what humans decided. Pure; takes plain values, so that any room may call it.

    finding_decision      finding_id, record_id, principal, status = drift, exception or obsolete_intent; payload = why
    contradiction_answer  finding_id = the id of the question, principal, status = preserve, simplify or withdrawn
                          payload = why, and of an answer that ends answer_id, until
    transition            record_id or brief_id, principal, status = the new one
                          payload = from, to, why, authority, link
    waiver                record_id, evidence_id, principal, status = granted or withdrawn
                          payload = waiver_id, until, why
    exception             record_id, finding_id or path, principal, status = granted or withdrawn
                          payload = exception_id, until, why

Every builder takes `key`: with one, the fact is recorded once for that key, whoever records it; without, always.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from alloynb.evidence.run_facts import new_fact
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.journal import Fact

Grant = Literal["granted", "withdrawn"]


def finding_decision_fact(
    *,
    project_id: str,
    finding_id: str,
    record_id: str,
    decision: Literal["drift", "exception", "obsolete_intent"],
    principal: str,
    why: str,
    at: datetime | str,
    brief_id: str | None = None,
    key: str | None = None,
) -> Fact:
    """Say what a human made of a drift finding; `brief_id` names the repair brief that was proposed."""
    return new_fact(
        "finding_decision",
        at=at,
        key=key,
        project_id=project_id,
        finding_id=finding_id,
        record_id=record_id,
        status=decision,
        brief_id=brief_id,
        principal=principal,
        summary=why,
        payload={"why": why},
    )


def contradiction_answer_fact(
    *,
    project_id: str,
    question_id: str,
    record_id: str | None,
    answer: str,
    principal: str,
    why: str,
    at: datetime | str,
    answer_id: str | None = None,
    until: datetime | None = None,
    key: str | None = None,
) -> Fact:
    """Record a human's answer, `simplify` or `preserve`, or that it was withdrawn.

    Args:
        until: first moment at which it holds no more; None for good.
    """
    ending = {"answer_id": answer_id, "until": format_timestamp(until) if until else None}
    return new_fact(
        "contradiction_answer",
        at=at,
        key=key,
        project_id=project_id,
        finding_id=question_id,
        record_id=record_id,
        status=answer,
        principal=principal,
        summary=why,
        payload={"why": why, **{name: value for name, value in ending.items() if value is not None}},
    )


def transition_fact(
    *,
    project_id: str,
    to_status: str,
    from_status: str | None,
    principal: str,
    why: str,
    authority: str,
    at: datetime | str,
    record_id: str | None = None,
    brief_id: str | None = None,
    link: str | None = None,
    key: str | None = None,
) -> Fact:
    """Record a step of an intent record or a brief; `key` is the id of its ledger entry."""
    payload = {"from": from_status, "to": to_status, "why": why, "authority": authority, "link": link}
    return new_fact(
        "transition",
        at=at,
        key=key,
        project_id=project_id,
        record_id=record_id,
        brief_id=brief_id,
        status=to_status,
        principal=principal,
        summary=why,
        payload={name: value for name, value in payload.items() if value is not None},
    )


def waiver_fact(
    *,
    project_id: str,
    waiver_id: str,
    record_id: str,
    evidence_id: str,
    principal: str,
    why: str,
    until: datetime,
    at: datetime | str,
    status: Grant = "granted",
    key: str | None = None,
) -> Fact:
    """Waive one piece of evidence until a moment, or withdraw the waiver."""
    return new_fact(
        "waiver",
        at=at,
        key=key,
        project_id=project_id,
        record_id=record_id,
        evidence_id=evidence_id,
        status=status,
        principal=principal,
        summary=why,
        payload={"waiver_id": waiver_id, "until": format_timestamp(until), "why": why},
    )


def exception_fact(
    *,
    project_id: str,
    exception_id: str,
    record_id: str,
    principal: str,
    why: str,
    until: datetime,
    at: datetime | str,
    finding_id: str | None = None,
    path: str | None = None,
    status: Grant = "granted",
    key: str | None = None,
) -> Fact:
    """Allow one finding, or a path, to deviate until a moment, or withdraw that."""
    return new_fact(
        "exception",
        at=at,
        key=key,
        project_id=project_id,
        record_id=record_id,
        finding_id=finding_id,
        path=path,
        status=status,
        principal=principal,
        summary=why,
        payload={"exception_id": exception_id, "until": format_timestamp(until), "why": why},
    )

"""Facts about what a run says of its intent, made of its `run_feedback` document. Pure (spec 6.3).

threat_observation    id threat_observation/<run>/<attempt>/<evidence id>
                      record_id, evidence_id, summary = where it was seen, payload = threat, links
strategy_effect       id strategy_effect/<run>/<attempt>/<record>/<effect>
                      record_id, status = the effect, summary = the strategy, duration_ms of its evidence
                      payload = because, links
tradeoff_observation  id tradeoff_observation/<run>/<attempt>/<record>
                      record_id, summary = the accepted price, duration_ms of its evidence
                      payload = share_of_gate_time, retries, links
follow_up_question    id follow_up_question/<run>/<attempt>/<digest of the question>; summary = the question
proposal              id proposal/<proposal id>: raised once, whatever number of runs suggest it
                      finding_id = the proposal, record_id, status = open, summary = the proposal
                      payload = proposal_kind, subject, because, to_status, links
proposal_answer       finding_id = the proposal, status = taken_up or dismissed, principal; payload = why, became
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal

from alloynb.evidence.run_facts import new_fact
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.journal import Fact

PROPOSALS = {
    "new_records": "new_record",
    "deprecations": "deprecation",
    "transitions": "transition",
    "better_evidence": "better_evidence",
}
"""Names in the document, and the kind of proposal that each lists."""


def feedback_facts(document: Mapping[str, Any], *, at: datetime | str) -> Iterator[Fact]:
    """Turn a `run_feedback` document into facts; those that an earlier reading told keep their ids."""
    run = document["run"]
    of_run = f"{run['run_id']}/{run['attempt']}"
    whose = {
        "project_id": run["project"],
        "run_id": run["run_id"],
        "attempt": run["attempt"],
        "request_id": run["request_id"],
        "brief_id": run["brief_id"],
        "brief_digest": run["brief_digest"],
        "revision": run["revision"],
    }
    for each in document["threat_observations"]:
        yield new_fact(
            "threat_observation",
            at=at,
            key=f"{of_run}/{each['evidence']}",
            record_id=each["record"],
            evidence_id=each["evidence"],
            status="seen",
            summary=each["seen_in"],
            payload={"threat": each["threat"], "links": each["links"]},
            **whose,
        )
    for each in document["strategy_effectiveness"]:
        yield new_fact(
            "strategy_effect",
            at=at,
            key=f"{of_run}/{each['record']}/{each['effect']}",
            record_id=each["record"],
            status=each["effect"],
            summary=each["strategy"],
            duration_ms=each["evidence_took_ms"],
            payload={"because": each["because"], "links": each["links"]},
            **whose,
        )
    for each in document["tradeoff_observations"]:
        payload = {name: each[name] for name in ("share_of_gate_time", "retries", "links")}
        yield new_fact(
            "tradeoff_observation",
            at=at,
            key=f"{of_run}/{each['record']}",
            record_id=each["record"],
            summary=each["accepted"],
            duration_ms=each["evidence_took_ms"],
            payload=payload,
            **whose,
        )
    for question in document["needs_a_human"]:
        key = f"{of_run}/{digest_of(question)}"
        yield new_fact("follow_up_question", at=at, key=key, status="asked", summary=question, **whose)
    for name, kind in PROPOSALS.items():
        for each in document["proposals"][name]:
            payload = {key: each[key] for key in ("subject", "because", "to_status", "links")}
            yield new_fact(
                "proposal",
                at=at,
                key=each["id"],
                finding_id=each["id"],
                record_id=each["record"],
                status="open",
                summary=each["proposal"],
                payload={"proposal_kind": kind, **payload},
                **whose,
            )


def proposal_answer_fact(
    *,
    project_id: str,
    proposal_id: str,
    record_id: str | None,
    answer: Literal["taken_up", "dismissed"],
    principal: str,
    why: str,
    at: datetime | str,
    became: str | None = None,
) -> Fact:
    """Say what a human made of a proposal.

    Args:
        became: the record that was drafted, or the status that a record was taken to.
    """
    return new_fact(
        "proposal_answer",
        at=at,
        project_id=project_id,
        finding_id=proposal_id,
        record_id=record_id,
        status=answer,
        principal=principal,
        summary=why,
        payload={"why": why, "became": became},
    )

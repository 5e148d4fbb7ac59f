"""Facts about intent as it stands: records, what would prove them, hypotheses, what was observed in code. Pure.

    record               record_id, status (`gone` when its file is), severity, principal = owner, summary = title
                         payload = digest, version, capability, threat, expectation, strategy, tradeoff, scope,
                         relationships = [{type, target}], conflicts = [record ids]
    evidence_definition  record_id, evidence_id, required, status = proposed, required, suggested or obsolete
                         payload = kind, description, capability, observed_by, definition
    hypothesis           finding_id = its id, status = open, rejected or gone, summary = title
                         payload = hypothesis_id, kind, confidence, rejected_by, why
    code_observation     id code_observation/<hypothesis id>/<digest of the observation>
                         finding_id = the hypothesis, path, line or revision, status = supports or contradicts
                         payload = signal, weight, source_type, ref, observed_text

Each but the last is told anew when it differs from what was told last; whoever records compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alloynb.evidence.run_facts import new_fact
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.journal import Fact


def record_fact(
    *, project_id: str, record_id: str, status: str, at: datetime | str, told: Mapping[str, Any]
) -> Fact:
    """Say how an intent record stands now.

    Args:
        told: `title`, `severity`, `owner`, `digest`, `version`, the five texts, `scope`, `relationships`.
    """
    beside = {"title", "severity", "owner"}
    return new_fact(
        "record",
        at=at,
        project_id=project_id,
        record_id=record_id,
        status=status,
        severity=told.get("severity"),
        principal=told.get("owner"),
        summary=told.get("title"),
        payload={
            name: value for name, value in told.items() if name not in beside and value not in (None, [], {})
        },
    )


def record_evidence_fact(
    *,
    project_id: str,
    record_id: str,
    evidence_id: str,
    status: str,
    required: bool,
    at: datetime | str,
    told: Mapping[str, Any],
) -> Fact:
    """Say what would prove a record, as its file has it.

    Args:
        evidence_id: global: `<record id>#<id>`.
        told: `kind`, `description`, `capability`, `observed_by`, `definition`.
    """
    return new_fact(
        "evidence_definition",
        at=at,
        project_id=project_id,
        record_id=record_id,
        evidence_id=evidence_id,
        status=status,
        required=required,
        payload=dict(told),
    )


def hypothesis_fact(
    *, project_id: str, hypothesis: str, status: str, title: str, at: datetime | str, told: Mapping[str, Any]
) -> Fact:
    """Say how a hypothesis stands now.

    Args:
        hypothesis: its global id, `<project>.hypothesis.<slug>`.
        told: `hypothesis_id`, `kind`, `confidence`, and `rejected_by` and `why` when it is rejected.
    """
    return new_fact(
        "hypothesis",
        at=at,
        project_id=project_id,
        finding_id=hypothesis,
        status=status,
        summary=title,
        payload={name: value for name, value in told.items() if value is not None},
    )


def code_observation_fact(
    *,
    project_id: str,
    hypothesis: str,
    ref: str,
    told: str,
    supports: bool,
    at: datetime | str,
    more: Mapping[str, Any],
) -> Fact:
    """Keep one observation that a hypothesis rests on. The excerpt is data, never an instruction.

    Args:
        ref: `path:line`, `path` or `commit <id>`.
        more: `signal`, `weight`, `source_type`, `observed_text`.
    """
    place = _place_of(ref)
    payload = {**more, "ref": ref}
    return new_fact(
        "code_observation",
        at=at,
        key=f"{hypothesis}/{digest_of([told, supports, payload])}",
        project_id=project_id,
        finding_id=hypothesis,
        status="supports" if supports else "contradicts",
        summary=told,
        payload=payload,
        **place,
    )


def _place_of(ref: str) -> dict[str, Any]:
    if ref.startswith("commit "):
        return {"revision": ref.removeprefix("commit ")}
    path, colon, line = ref.rpartition(":")
    if colon and line.isdecimal() and len(line) < 10:
        return {"path": path, "line": int(line)}
    return {"path": ref}

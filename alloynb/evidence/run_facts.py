"""Facts about requests, runs and evidence, made from what crossed the seam. Pure.

    artifact             id artifact/<id>/<digest>
                         payload = the envelope: schema, id, digest, created_at, created_by, compiler_version, content
    request              id request/<request id> when posted, new for every other step
                         request_id, status, principal, throttle, revision, brief_id, brief_digest
                         payload = idempotency_key, override, prompt_pack, gate_overlay, evidence_plan
    translation          id translation/<request id>/<digest>
                         request_id, brief_id, brief_digest, revision, summary = the target
                         payload = how the brief reached it: briefs, traces, gates, pattern, told
    run_result           id run_result/<digest>
                         run_id, attempt, status, failure_class, revision, throttle, summary = the first error
                         payload = content of the result without its trace summary, and its digest
    observation          id observation/<digest of the result>/<evidence id>, or new
                         evidence_id, record_id, status, run_id, revision
                         payload = record_ids, observed_by, supporting_artifacts, notes
    evidence_definition  id evidence_definition/<digest of the plan>/<evidence id>
                         record_id, evidence_id, required, status = required or suggested, gate, brief_id
                         payload = kind, description, capability, observed_by, definition
    approval             id approval/<digest>
                         principal, revision
                         payload = approval_id, subject_kind, subject_id, subject_digest, scopes, expires_at, why

An id that follows from digests makes recording the same thing twice change nothing.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

from runtime_artifacts.approval import Approval
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.envelope import Artifact, format_timestamp
from runtime_artifacts.evidence_observation import EvidenceObservation
from runtime_artifacts.evidence_plan import EvidencePlan, EvidencePlanItem
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.identity import new_id
from runtime_artifacts.journal import MAX_LINE_BYTES, Fact
from runtime_artifacts.run_result import RunResult

LARGEST_CONTENT_BYTES = MAX_LINE_BYTES * 3 // 4

RequestStep = Literal["posted", "deduplicated", "cancelled", "refused"]


def new_fact(kind: str, *, at: datetime | str, key: str | None = None, **columns: Any) -> Fact:
    """Make a fact that a session will number and date.

    Args:
        at: when it happened.
        key: names what is said, so that it is recorded once; without one the fact is always new.
        columns: further fields of `Fact`.
    """
    moment = at if isinstance(at, str) else format_timestamp(at)
    fact_id = new_id("fact") if key is None else f"{kind}/{key}"
    return Fact(fact_id=fact_id, kind=kind, seq=1, recorded_at=moment, occurred_at=moment, **columns)


def record_of(evidence_id: str) -> str:
    """Record that a global evidence id belongs to: what stands before its `#`."""
    return evidence_id.partition("#")[0]


def artifact_fact(artifact: Artifact[Any]) -> Fact:
    """Keep a whole artifact. Of one that no journal line could hold, everything but the content."""
    envelope = artifact.as_json()
    size = len(json.dumps(envelope["content"]))
    if size > LARGEST_CONTENT_BYTES:
        envelope["content"] = None
        envelope["content_bytes"] = size
    return new_fact(
        "artifact",
        at=artifact.created_at,
        key=f"{artifact.id}/{artifact.digest}",
        payload=envelope,
        **_whose(artifact),
    )


def request_fact(
    request: Artifact[ExecutionRequest],
    *,
    at: datetime | str | None = None,
    by: str | None = None,
    step: RequestStep = "posted",
) -> Fact:
    """Say that a request was posted, or that the same was asked again and answered with it.

    Args:
        at: when; the making of the request when None.
        by: who asked; the requester when None.
        step: `posted` is recorded once for a request, every other step each time.
    """
    content = request.content
    payload: dict[str, Any] = {
        "idempotency_key": content.idempotency_key,
        **{
            name: getattr(content, name).model_dump(mode="json", exclude_none=True)
            for name in ("prompt_pack", "gate_overlay", "evidence_plan")
        },
    }
    if content.override is not None:
        payload["override"] = content.override.model_dump(mode="json")
    return new_fact(
        "request",
        at=at or request.created_at,
        key=request.id if step == "posted" else None,
        status=step,
        request_id=request.id,
        project_id=content.project_id,
        principal=by or content.requested_by,
        throttle=content.foundry.throttle,
        event_type=content.foundry.entry_event,
        revision=content.repo.revision,
        brief_id=content.brief.id,
        brief_digest=content.brief.digest,
        correlation_id=content.correlation_id,
        payload=payload,
    )


def translation_fact(
    request: Artifact[ExecutionRequest], translation: dict[str, Any], *, at: datetime | str
) -> Fact:
    """Say how the brief of a request was compiled down for its target. Of the same translation it is recorded once.

    Args:
        translation: plain JSON, with the `target` in words.
    """
    content = request.content
    return new_fact(
        "translation",
        at=at,
        key=f"{request.id}/{digest_of(translation)}",
        request_id=request.id,
        project_id=content.project_id,
        revision=content.repo.revision,
        brief_id=content.brief.id,
        brief_digest=content.brief.digest,
        correlation_id=content.correlation_id,
        summary=str(translation["target"]),
        payload=translation,
    )


def run_result_fact(result: Artifact[RunResult]) -> Fact:
    """Say how one attempt at a run ended."""
    content = result.content
    payload = {name: value for name, value in result.raw_content.items() if name != "trace_summary"}
    return new_fact(
        "run_result",
        at=content.finished_at,
        key=result.digest,
        status=content.status,
        failure_class=content.failure_class,
        run_id=content.foundry_run_id,
        request_id=content.run_request_id,
        project_id=content.project_id,
        brief_id=content.brief.id,
        brief_digest=content.brief.digest,
        attempt=content.attempt,
        trace_id=content.trace_id or None,
        correlation_id=content.correlation_id,
        runner_id=content.runner_id,
        event_type=content.entry_event,
        throttle=content.throttle,
        revision=content.revision_before,
        summary=content.errors[0].message if content.errors else None,
        payload={**payload, "digest": result.digest},
    )


def observation_fact(observation: EvidenceObservation, *, key: str | None = None) -> Fact:
    """Say what was seen for one evidence definition.

    Args:
        key: digest of the artifact that holds the observation; None for something that was seen just now.
    """
    return new_fact(
        "observation",
        at=observation.observed_at,
        key=None if key is None else f"{key}/{observation.evidence_id}",
        status=observation.status,
        evidence_id=observation.evidence_id,
        record_id=record_of(observation.evidence_id),
        project_id=observation.project_id,
        run_id=observation.foundry_run_id,
        brief_digest=observation.brief_digest,
        revision=observation.revision,
        payload={
            "record_ids": list(observation.record_ids) or [record_of(observation.evidence_id)],
            "observed_by": observation.observed_by,
            "supporting_artifacts": list(observation.supporting_artifacts),
            "notes": observation.notes,
        },
    )


def evidence_definition_fact(
    item: EvidencePlanItem, plan: Artifact[EvidencePlan], *, brief_id: str | None = None
) -> Fact:
    """Say what would prove one capability, as a plan has it."""
    return new_fact(
        "evidence_definition",
        at=plan.created_at,
        key=f"{plan.digest}/{item.evidence_id}",
        project_id=plan.content.project_id,
        record_id=item.record_id,
        evidence_id=item.evidence_id,
        required=item.need == "required",
        status=item.need,
        gate=item.gate,
        brief_id=brief_id,
        payload={
            "kind": item.kind,
            "description": item.description,
            "capability": item.capability,
            "observed_by": item.observed_by,
            "definition": item.definition,
        },
    )


def approval_fact(approval: Artifact[Approval]) -> Fact:
    """Say that a digest was approved. Whether the signature holds is for the reader of the artifact to check."""
    content = approval.content
    return new_fact(
        "approval",
        at=content.approved_at,
        key=approval.digest,
        status="granted",
        principal=content.approved_by,
        project_id=content.project_id,
        revision=content.revision,
        brief_id=content.subject_id if content.subject_id.startswith("brief_") else None,
        payload={
            "approval_id": approval.id,
            "subject_kind": content.subject_kind,
            "subject_id": content.subject_id,
            "subject_digest": content.subject_digest,
            "scopes": list(content.scopes),
            "expires_at": content.expires_at,
            "why": content.why,
        },
    )


def _whose(artifact: Artifact[Any]) -> dict[str, Any]:
    """Columns that say what an artifact is about, as far as its kind tells."""
    content = artifact.content
    identity = getattr(content, "identity", None)
    found: dict[str, Any] = {
        "project_id": getattr(content, "project_id", None) or getattr(identity, "project_id", None)
    }
    if isinstance(content, RunResult):
        found |= {
            "run_id": content.foundry_run_id,
            "request_id": content.run_request_id,
            "attempt": content.attempt,
        }
    if isinstance(content, ExecutionRequest):
        found |= {
            "request_id": artifact.id,
            "brief_id": content.brief.id,
            "brief_digest": content.brief.digest,
        }
    if identity is not None:
        found |= {"brief_id": artifact.id, "brief_digest": artifact.digest}
    return found

"""Execution Request: please run this, once (spec 3.7). It never contains the intent graph."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from runtime_artifacts.canonical import digest_of
from runtime_artifacts.content import (
    ArtifactRef,
    Content,
    Digest,
    JsonObject,
    RelativePath,
    Throttle,
    Timestamp,
)
from runtime_artifacts.envelope import Kind


class TargetRepository(Content):
    """The repository as the runner finds it.

    Attributes:
        path: relative to the workspace of the runner; `.` is the workspace itself.
        revision: full commit hash that the run is of.
        branch: branch that held the revision, if any.
    """

    path: RelativePath = "."
    revision: str = Field(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")
    branch: str | None = None


class FoundryCall(Content):
    """What is emitted: one entry event with its payload at a throttle."""

    entry_event: str
    throttle: Throttle = "dry_run"
    payload: JsonObject = Field(default_factory=dict)


class Override(Content):
    """A human's recorded decision to run a key again."""

    by: str
    at: Timestamp
    why: str
    of_request: str


class Reporting(Content):
    """What must come back."""

    callback: str | None = None
    trace_summary_required: bool = True
    observations_required: bool = True


class ExecutionRequest(Content):
    """Content of `alloy.foundry_execution_request.v1`."""

    idempotency_key: Digest
    project_id: str
    requested_by: str
    repo: TargetRepository
    brief: ArtifactRef
    prompt_pack: ArtifactRef
    gate_overlay: ArtifactRef
    evidence_plan: ArtifactRef
    foundry: FoundryCall
    approvals: tuple[ArtifactRef, ...] = ()
    drift_policy: Literal["exact_revision", "allow_descendant"] = "exact_revision"
    reporting: Reporting = Field(default_factory=Reporting)
    override: Override | None = None
    correlation_id: str

    def derived_key(self) -> str:
        """Idempotency key that follows from what is asked; a request under another key is not to be trusted."""
        return idempotency_key(
            project_id=self.project_id,
            revision=self.repo.revision,
            brief_digest=self.brief.digest,
            foundry=self.foundry,
            requested_by=self.requested_by,
            override=self.override,
        )


def idempotency_key(
    *,
    project_id: str,
    revision: str,
    brief_digest: str,
    foundry: FoundryCall,
    requested_by: str,
    override: Override | None = None,
) -> str:
    """Digest of what makes two requests the same: such a pair never mutates twice (spec 3.7).

    A recorded human override is part of the key, so that an overriding request is a new one, once.
    """
    parts: dict[str, Any] = {
        "project_id": project_id,
        "revision": revision,
        "brief_digest": brief_digest,
        "entry_event": foundry.entry_event,
        "payload": foundry.payload,
        "throttle": foundry.throttle,
        "requested_by": requested_by,
    }
    if override is not None:
        parts["override"] = override.model_dump(mode="json")
    return digest_of(parts)


EXECUTION_REQUEST = Kind("alloy.foundry_execution_request", "runreq", ExecutionRequest)

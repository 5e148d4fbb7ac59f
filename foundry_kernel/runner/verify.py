"""Verifying a request and everything that it names, before anything is written or run (spec 3.7, 5.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from foundry_kernel.errors import FoundryError, Unsafe
from foundry_kernel.gateways.git import Git, GitFailed
from foundry_kernel.runner.approvals import (
    Granted,
    TrustedKeys,
    needed_scopes,
    refuse_other_than_approved,
    verify_approvals,
)
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.approval import APPROVAL, Approval
from runtime_artifacts.approval_search import approvals_on_shelf
from runtime_artifacts.envelope import Artifact, ArtifactRef, ContentT, Kind
from runtime_artifacts.errors import ArtifactError, DigestMismatch, NotOnShelf, Place
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN, EvidencePlan
from runtime_artifacts.execution_request import ExecutionRequest, idempotency_key
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief
from runtime_artifacts.gate_overlay import GATE_OVERLAY, GateOverlay
from runtime_artifacts.kinds import read_file
from runtime_artifacts.prompt_pack import PROMPT_PACK, PromptPack
from runtime_artifacts.safe_path import resolve_inside


class RequestInvalid(FoundryError):
    """The request cannot be served as it stands."""

    failure_class = "validation"


class RequestUnsafe(Unsafe):
    """Serving the request could run something that nobody approved."""


@dataclass(frozen=True)
class VerifiedRequest:
    """A request with everything that it names, each of the digest and kind that it must have.

    Attributes:
        granted: what verified approvals allow; the only scopes that a run may act on.
        verified_at: when that was so.
        repository: absolute path of the target repository.
    """

    request: Artifact[ExecutionRequest]
    brief: Artifact[FormationBrief]
    prompt_pack: Artifact[PromptPack]
    gate_overlay: Artifact[GateOverlay]
    evidence_plan: Artifact[EvidencePlan]
    granted: Granted
    verified_at: datetime
    repository: Path

    @property
    def approvals(self) -> tuple[Artifact[Approval], ...]:
        """Genuine approvals: all that the request names, and those that were found beside them."""
        return (*self.granted.approvals, *self.granted.idle)


async def verify_request(
    request: Artifact[ExecutionRequest],
    workspace: RunnerWorkspace,
    *,
    git: Git,
    mutates: Callable[[str, Mapping[str, Any]], bool],
    trust: Callable[[RunnerWorkspace, str], TrustedKeys],
    now: datetime,
) -> VerifiedRequest:
    """Find and verify everything that a request names; nothing is written.

    Approvals of the brief that came to the shelf after the request was made count as well: they say themselves what
    they are for (see `artifacts/decisions/0007-approvals-are-not-part-of-a-request.md`).

    Args:
        mutates: says of an entry event and its payload whether the formation holds a mutator; raises `FoundryError`
            for an unknown one.
        trust: the keys that count for a project; asked only when there is something to verify.
        now: aware time, against which approvals expire.

    Raises:
        RequestInvalid: parts are missing or do not belong together.
        RequestUnsafe: the key is not the request's own, or the parts were not compiled together.
        ApprovalRefused: an approval is forged, or something that needs one is not approved.
        ArtifactError: an artifact is missing, damaged, of another digest, or named by an unsafe path.
    """
    content = request.content
    _check_key(content)
    repository = await _check_revision(content, workspace, git)
    brief = find_named(FORMATION_BRIEF, content.brief, workspace)
    verified = VerifiedRequest(
        request=request,
        brief=brief,
        prompt_pack=find_named(PROMPT_PACK, content.prompt_pack, workspace),
        gate_overlay=find_named(GATE_OVERLAY, content.gate_overlay, workspace),
        evidence_plan=find_named(EVIDENCE_PLAN, content.evidence_plan, workspace),
        granted=Granted(),
        verified_at=now,
        repository=repository,
    )
    _check_together(verified)
    changes = mutates(content.foundry.entry_event, content.foundry.payload)
    return replace(verified, granted=_check_authority(verified, workspace, changes, trust))


def _check_key(content: ExecutionRequest) -> None:
    expected = idempotency_key(
        project_id=content.project_id,
        revision=content.repo.revision,
        brief_digest=content.brief.digest,
        foundry=content.foundry,
        requested_by=content.requested_by,
        override=content.override,
    )
    if content.idempotency_key != expected:
        raise RequestUnsafe(
            f"idempotency key {content.idempotency_key[:19]}… is not the key of what is asked ({expected[:19]}…)",
            next_step="make the request anew",
        )


async def _check_revision(content: ExecutionRequest, workspace: RunnerWorkspace, git: Git) -> Path:
    place = Place(pointer="/content/repo/path")
    path, revision = content.repo.path, content.repo.revision
    repository = workspace.root if path == "." else resolve_inside(workspace.root, path, place)
    missing = f"revision {revision} is not in {repository}"
    try:
        found = await git.revision(repository, revision)
    except GitFailed as error:
        raise RequestInvalid(
            f"{missing} ({error.message})", next_step="fetch it, or request one that is"
        ) from error
    if found != revision:
        raise RequestInvalid(f"{missing} as a commit", next_step="name the commit itself")
    return repository


def find_named(kind: Kind[ContentT], ref: ArtifactRef, workspace: RunnerWorkspace) -> Artifact[ContentT]:
    """Take an artifact from the shelf by its digest, or from the local path that the reference names."""
    try:
        found = workspace.shelf.get(kind, ref.digest)
    except NotOnShelf:
        if ref.local_path is None:
            raise
        found = read_file(kind, resolve_inside(workspace.root, ref.local_path))
    if found.digest != ref.digest:
        raise DigestMismatch(
            f"{kind.folder}: expected {ref.digest}, found {found.digest}",
            next_step="compile it again, and request that",
        )
    if found.id != ref.id:
        raise DigestMismatch(f"{kind.folder}: expected id {ref.id}, found {found.id}")
    return found


def _check_together(verified: VerifiedRequest) -> None:
    """Refuse parts that were not compiled together: an edited pack, an overlay of another brief, another project."""
    content, brief = verified.request.content, verified.brief.content
    for name in ("prompt_pack", "gate_overlay", "evidence_plan"):
        named: ArtifactRef = getattr(brief, name)
        sent: ArtifactRef = getattr(content, name)
        if named.digest != sent.digest:
            raise RequestUnsafe(
                f"{name}: the brief names {named.digest}, the request sends {sent.digest}",
                next_step="compile the brief again, so that what runs is what was reviewed",
            )
    _check_required_gates(verified)
    said = content.foundry.payload.get("alloy")
    if isinstance(said, dict) and said.get("brief_digest") != verified.brief.digest:
        other = f"{said.get('brief_digest')}"[:100]
        raise RequestUnsafe(f"the payload speaks of brief {other}, the request of {verified.brief.digest}")
    pinned = brief.identity.revision
    if pinned is not None and pinned != content.repo.revision:
        raise RequestUnsafe(
            f"the brief is pinned to revision {pinned}, the request is for {content.repo.revision}"
        )
    projects: dict[str, Any] = {
        "brief": brief.identity.project_id,
        "prompt pack": verified.prompt_pack.content.project_id,
        "gate overlay": verified.gate_overlay.content.project_id,
        "evidence plan": verified.evidence_plan.content.project_id,
    }
    for part, project in projects.items():
        if project != content.project_id:
            raise RequestInvalid(
                f"the {part} is of project {project!r}, the request of {content.project_id!r}"
            )


def _check_required_gates(verified: VerifiedRequest) -> None:
    """Refuse a plan that rests on gates which the overlay does not have: what is required could not be observed."""
    there = {gate.name for gate in verified.gate_overlay.content.gates}
    for item in verified.evidence_plan.content.items:
        if item.need == "required" and item.gate is not None and item.gate not in there:
            raise RequestUnsafe(
                f"the required gate {item.gate} of {item.evidence_id} is missing in the gate overlay",
                next_step="compile the brief again",
            )


def _check_authority(
    verified: VerifiedRequest,
    workspace: RunnerWorkspace,
    mutates: bool,
    trust: Callable[[RunnerWorkspace, str], TrustedKeys],
) -> Granted:
    """Refuse what nobody approved, and any approval that is not genuine. Most runs need none and bring none."""
    content, brief = verified.request.content, verified.brief
    named = [find_named(APPROVAL, ref, workspace) for ref in content.approvals]
    needed = needed_scopes(content.foundry, brief.content.foundry, mutates=mutates)
    if not needed and not named:
        return Granted()
    if needed:
        refuse_other_than_approved(content.foundry, brief.content)
    return verify_approvals(
        content,
        named,
        trust(workspace, content.project_id),
        needed,
        verified.verified_at,
        further=approvals_on_shelf(workspace.shelf, brief.digest) if needed else (),
    )


def refusal_class(error: FoundryError | ArtifactError) -> str:
    """Failure class of a refusal (spec 5.5): by what its exit code says."""
    if isinstance(error, FoundryError):
        return error.failure_class
    return {3: "safety", 4: "dispatch"}.get(error.exit_code, "validation")

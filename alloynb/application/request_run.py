"""Ask for one run of a compiled brief: an execution request in the mailbox, once per idempotency key (spec 3.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alloynb.application.brief_lifecycle import standing_of
from alloynb.application.compile_down import compile_down_for_run
from alloynb.application.follow_brief import record_progress
from alloynb.application.source_changes import refuse_changed_source
from alloynb.application.standing_approvals import standing_approvals
from alloynb.application.workspace import COMPILER_VERSION, Workspace
from alloynb.archaeology.checkout import current_branch, head_revision, resolve_revision
from alloynb.compiler.formation import request_payload
from alloynb.compiler.translation import Translation
from alloynb.errors import Refused
from alloynb.evidence.run_facts import RequestStep, artifact_fact, request_fact, translation_fact
from runtime_artifacts.approval import APPROVAL
from runtime_artifacts.capability_manifest import CapabilityManifest
from runtime_artifacts.envelope import Artifact, ArtifactRef, Kind, format_timestamp, seal
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from runtime_artifacts.execution_request import (
    EXECUTION_REQUEST,
    ExecutionRequest,
    FoundryCall,
    Override,
    TargetRepository,
    idempotency_key,
)
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.identity import new_id
from runtime_artifacts.journal import Fact
from runtime_artifacts.prompt_pack import PROMPT_PACK


@dataclass(frozen=True)
class RequestRun:
    """Please run this brief.

    Attributes:
        brief: id or digest of a brief on the shelf, or the beginning of one.
        throttle: `dry_run`, `audit_only` or `full`; None takes the brief's recommendation.
        revision: commit to run against; None takes HEAD.
        again: run although the same request was run before; needs `why`, and is recorded.
    """

    brief: str
    throttle: str | None = None
    revision: str | None = None
    again: bool = False
    why: str = ""


@dataclass(frozen=True)
class RequestedRun:
    """The request that holds the key.

    Attributes:
        deduplicated: True when the same run was requested before; `request` is then the earlier one.
        translation: how the brief reaches the target, and what is lost on the way; None when no target was named.
    """

    request: Artifact[ExecutionRequest]
    deduplicated: bool
    translation: Translation | None = None


def request_run(
    workspace: Workspace,
    command: RequestRun,
    *,
    target: CapabilityManifest | None = None,
    just_compiled: bool = False,
) -> RequestedRun:
    """Post an execution request, or find the one that asked for the same before.

    Args:
        target: what the Foundry that shall run it can do; the brief is compiled down to it. None when whoever takes
            the request up is held against it then.
        just_compiled: the brief was compiled a moment ago, so that its records need not be looked at again.

    Raises:
        NotOnShelf: no such brief, or an artifact that it names is missing.
        Refused: `again` without a reason, or another revision than the brief is pinned to.
        IllegalBriefStep: the brief was not compiled, or was rejected, cancelled or archived.
        UnknownRevision: the repository has no such revision.
        KeyConflict: the key stands for something else.
        IntentChanged: the intent behind it changed since it was compiled; says which records and how.
        TargetCannotServe, RequiredGateLost: the target cannot run it, or would not run a gate that it requires.
        DigestMismatch, UnknownSchema: the earlier request was changed since; nothing was written.
    """
    require_reason(again=command.again, why=command.why)
    brief = workspace.shelf.find(FORMATION_BRIEF, command.brief)
    call = _call(brief, command.throttle)
    revision = _revision(workspace, brief, command.revision)
    now = workspace.clock()
    common: dict[str, Any] = {
        "project_id": workspace.settings.project,
        "revision": revision,
        "brief_digest": brief.digest,
        "foundry": call,
        "requested_by": workspace.principal.name,
    }
    key = idempotency_key(**common)
    earlier = workspace.mailbox.holder_of(key)  # one that was changed is refused before anything is written
    answered = earlier is not None and not command.again and bool(workspace.mailbox.results(earlier.id))
    translation = None
    if not answered:
        refuse_unrunnable(workspace, brief, just_compiled=just_compiled)
        if target is not None:
            translation = compile_down_for_run(workspace, brief, target, revision)
    override = None
    if command.again and earlier is not None:
        override = Override(
            by=workspace.principal.name,
            at=format_timestamp(now),
            why=command.why.strip(),
            of_request=earlier.id,
        )
        key = idempotency_key(**common, override=override)
    content = ExecutionRequest(
        idempotency_key=key,
        project_id=workspace.settings.project,
        requested_by=workspace.principal.name,
        repo=TargetRepository(revision=revision, branch=_branch_of(workspace, revision)),
        brief=_reference(workspace, FORMATION_BRIEF, brief.ref),
        prompt_pack=_reference(workspace, PROMPT_PACK, brief.content.prompt_pack),
        gate_overlay=_reference(workspace, GATE_OVERLAY, brief.content.gate_overlay),
        evidence_plan=_reference(workspace, EVIDENCE_PLAN, brief.content.evidence_plan),
        foundry=call,
        approvals=_approvals(workspace, brief, call, revision),
        override=override,
        correlation_id=new_id("corr"),
    )
    request = seal(
        EXECUTION_REQUEST,
        content,
        id=new_id(EXECUTION_REQUEST.id_prefix),
        created_at=now,
        created_by=workspace.principal.name,
        compiler_version=COMPILER_VERSION,
    )
    posted = workspace.mailbox.post(request)
    if not posted.deduplicated:
        record_progress(workspace, posted.request)
    step: RequestStep = "deduplicated" if posted.deduplicated else "posted"
    said = request_fact(posted.request, at=now, by=workspace.principal.name, step=step)
    told = [] if translation is None else [translation_fact(posted.request, translation.as_json(), at=now)]
    workspace.warehouse.record([said, *told, *_named_by(workspace, posted.request, brief)])
    return RequestedRun(posted.request, posted.deduplicated, translation)


def _named_by(
    workspace: Workspace, request: Artifact[ExecutionRequest], brief: Artifact[FormationBrief]
) -> list[Fact]:
    """What a request names, for the audit of one that never runs; recorded once, whoever records it first."""
    content, get = request.content, workspace.shelf.get
    named = (
        request,
        brief,
        get(PROMPT_PACK, content.prompt_pack.digest),
        get(GATE_OVERLAY, content.gate_overlay.digest),
        get(EVIDENCE_PLAN, content.evidence_plan.digest),
    )
    return [artifact_fact(each) for each in named]


def require_reason(*, again: bool, why: str) -> None:
    """Refuse an override that nobody explains.

    Raises:
        Refused: `again` without a reason.
    """
    if again and not why.strip():
        raise Refused("running the same request again is an override", next_step="say why with --why")


def _branch_of(workspace: Workspace, revision: str) -> str | None:
    """Branch that is checked out, if it stands at this revision."""
    return current_branch(workspace.root) if revision == head_revision(workspace.root) else None


def _revision(workspace: Workspace, brief: Artifact[FormationBrief], asked: str | None) -> str:
    """Commit to run against: the one that is asked for, else the one that the brief is pinned to, else HEAD."""
    pinned = brief.content.identity.revision
    revision = resolve_revision(workspace.root, asked or pinned or "HEAD")
    if pinned is not None and revision != pinned:
        raise Refused(
            f"{brief.id} is pinned to revision {pinned}, and {revision} is asked for",
            next_step="compile an instance of its template for this revision",
        )
    return revision


def refuse_unrunnable(
    workspace: Workspace, brief: Artifact[FormationBrief], *, just_compiled: bool = False
) -> None:
    """Only a compiled brief is requested or published, and only while the records still say what it says.

    Raises:
        IllegalBriefStep: it was not compiled, or was rejected, cancelled or archived.
        IntentChanged: the intent behind it changed since; says which records and how.
    """
    standing_of(workspace.alloy_dir, brief.id).after({"state": "queued", "request_id": ""})
    if not just_compiled:
        refuse_changed_source(workspace, brief)


def _approvals(
    workspace: Workspace, brief: Artifact[FormationBrief], call: FoundryCall, revision: str
) -> tuple[ArtifactRef, ...]:
    """What was approved of the brief and holds now."""
    found = standing_approvals(workspace, brief, throttle=call.throttle, revision=revision)
    return tuple(_reference(workspace, APPROVAL, each.ref) for each in found)


def _call(brief: Artifact[FormationBrief], throttle: str | None) -> FoundryCall:
    controls = brief.content.foundry
    return FoundryCall.model_validate(
        {
            "entry_event": controls.entry_event,
            "throttle": throttle or controls.throttle,
            "payload": request_payload(brief),
        }
    )


def _reference(workspace: Workspace, kind: Kind[Any], ref: ArtifactRef) -> ArtifactRef:
    """Reference with the place of its copy, after checking that the shelf holds it unharmed."""
    standing = workspace.shelf.get(kind, ref.digest)
    place = workspace.shelf.path_of(kind, ref.digest).relative_to(workspace.root)
    return ArtifactRef(id=standing.id, digest=standing.digest, local_path=place.as_posix())

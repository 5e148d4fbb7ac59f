"""Integration mode 3: an event names its brief, and the artifacts come from a configured provider (spec 5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from foundry_kernel import __version__
from foundry_kernel.runner.providers.provider import Provider, fetch_artifact
from foundry_kernel.runner.verify import RequestInvalid, RequestUnsafe
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.canonical import is_digest
from runtime_artifacts.content import ArtifactRef
from runtime_artifacts.envelope import Artifact, Kind, seal
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from runtime_artifacts.execution_request import (
    EXECUTION_REQUEST,
    ExecutionRequest,
    FoundryCall,
    TargetRepository,
)
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.identity import new_id
from runtime_artifacts.prompt_pack import PROMPT_PACK


def request_natively(
    workspace: RunnerWorkspace,
    call: FoundryCall,
    provider: Provider,
    *,
    project_id: str,
    revision: str,
    requested_by: str,
    now: datetime,
) -> Artifact[ExecutionRequest]:
    """Resolve what the payload's `alloy` names, keep it on the shelf, and post the request of it.

    Args:
        call: its payload holds `alloy: {brief_id, brief_digest, prompt_pack_id, evidence_plan_id}`.

    Raises:
        RequestInvalid: the payload names no brief.
        RequestUnsafe: the ids that it names are not those of the brief.
        ProviderUnreachable, ProviderRefuses: an artifact is not to be had.
        ArtifactError: an artifact is damaged or another one, or the key stands for something else.
    """
    named = call.payload.get("alloy")
    if not isinstance(named, Mapping) or not is_digest(str(named.get("brief_digest", ""))):
        raise RequestInvalid(
            "the payload names no brief",
            next_step='give {"alloy": {"brief_id", "brief_digest", "prompt_pack_id", "evidence_plan_id"}}',
        )
    brief = fetch_artifact(FORMATION_BRIEF, str(named["brief_digest"]), provider)
    refs = {
        "brief": brief.ref,
        "prompt_pack": brief.content.prompt_pack,
        "gate_overlay": brief.content.gate_overlay,
        "evidence_plan": brief.content.evidence_plan,
    }
    for name, ref in refs.items():
        said = named.get(f"{name}_id")
        if said is not None and said != ref.id:
            raise RequestUnsafe(f"the payload names {name} {str(said)[:60]}, the brief {ref.id}")
    workspace.shelf.put(FORMATION_BRIEF, brief)
    others: tuple[tuple[Kind[Any], ArtifactRef], ...] = (
        (PROMPT_PACK, refs["prompt_pack"]),
        (GATE_OVERLAY, refs["gate_overlay"]),
        (EVIDENCE_PLAN, refs["evidence_plan"]),
    )
    for kind, ref in others:
        workspace.shelf.put(kind, fetch_artifact(kind, ref.digest, provider))
    draft = ExecutionRequest(
        idempotency_key=brief.digest,
        project_id=project_id,
        requested_by=requested_by,
        repo=TargetRepository(revision=revision),
        foundry=call,
        brief=_plain(refs["brief"]),
        prompt_pack=_plain(refs["prompt_pack"]),
        gate_overlay=_plain(refs["gate_overlay"]),
        evidence_plan=_plain(refs["evidence_plan"]),
        correlation_id=new_id("corr"),
    )
    request = seal(
        EXECUTION_REQUEST,
        draft.model_copy(update={"idempotency_key": draft.derived_key()}),
        id=new_id(EXECUTION_REQUEST.id_prefix),
        created_at=now,
        created_by=requested_by,
        compiler_version=f"foundry-kernel {__version__}",
    )
    return workspace.mailbox.post(request).request


def _plain(ref: ArtifactRef) -> ArtifactRef:
    """The reference without places of copies, which are elsewhere."""
    return ArtifactRef(id=ref.id, digest=ref.digest)

"""Integration mode 3: an event names its brief, and the artifacts come from a configured provider (spec 5.2).

A provider is a place that holds artifacts by digest, laid out like a shelf: `<kind>/<64 hex digits>.json`. It may be a
local directory, or the same files behind `http(s)://…`. Nothing that a provider says is trusted: every artifact is
verified by the digest that asked for it, the brief by the digest that the event names, the others by those that the
brief names.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from foundry_kernel import __version__
from foundry_kernel.errors import CannotDispatch
from foundry_kernel.runner.verify import RequestInvalid, RequestUnsafe
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.canonical import MAX_DOCUMENT_BYTES, is_digest
from runtime_artifacts.content import ArtifactRef
from runtime_artifacts.envelope import Artifact, Kind, seal
from runtime_artifacts.errors import DigestMismatch
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
from runtime_artifacts.kinds import read_as
from runtime_artifacts.prompt_pack import PROMPT_PACK
from runtime_artifacts.untrusted_file import read_untrusted

Fetch = Callable[[str], bytes]
TIME_LIMIT_S = 20.0


class ProviderUnreachable(CannotDispatch):
    """The provider does not answer, or does not hold the artifact."""


def provider_at(place: str) -> Fetch:
    """A provider by its place: `http://…`, `https://…`, or a directory."""
    if urlsplit(place).scheme in {"http", "https"}:
        return lambda name: _over_http(place, name)
    return lambda name: _from_directory(Path(place).expanduser(), name)


def request_natively(
    workspace: RunnerWorkspace,
    call: FoundryCall,
    fetch: Fetch,
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
        ProviderUnreachable: an artifact is not to be had.
        ArtifactError: an artifact is damaged or another one, or the key stands for something else.
    """
    named = call.payload.get("alloy")
    if not isinstance(named, Mapping) or not is_digest(str(named.get("brief_digest", ""))):
        raise RequestInvalid(
            "the payload names no brief",
            next_step='give {"alloy": {"brief_id", "brief_digest", "prompt_pack_id", "evidence_plan_id"}}',
        )
    brief = _fetched(FORMATION_BRIEF, str(named["brief_digest"]), fetch)
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
        workspace.shelf.put(kind, _fetched(kind, ref.digest, fetch))
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


def _fetched(kind: Kind[Any], digest: str, fetch: Fetch) -> Artifact[Any]:
    found = read_as(kind, fetch(f"{kind.folder}/{digest.removeprefix('sha256:')}.json"))
    if found.digest != digest:
        raise DigestMismatch(f"{kind.folder}: expected {digest}, found {found.digest}")
    return found


def _from_directory(folder: Path, name: str) -> bytes:
    try:
        return read_untrusted(folder / name)
    except FileNotFoundError as error:
        raise ProviderUnreachable(f"{folder} holds no {name}") from error


def _over_http(place: str, name: str) -> bytes:
    shown = f"{urlsplit(place).scheme}://{urlsplit(place).hostname}"
    try:
        with urllib.request.urlopen(f"{place.rstrip('/')}/{name}", timeout=TIME_LIMIT_S) as answer:
            text: bytes = answer.read(MAX_DOCUMENT_BYTES + 1)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise ProviderUnreachable(f"{shown} does not give {name}: {error}") from error
    if len(text) > MAX_DOCUMENT_BYTES:
        raise ProviderUnreachable(f"{shown}: {name} has more than {MAX_DOCUMENT_BYTES} bytes")
    return text

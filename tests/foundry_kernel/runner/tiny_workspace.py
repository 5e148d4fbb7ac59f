"""A real workspace, as small as it can be: a git repository of one commit, a compiled brief, a posted request."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.envelope import Artifact, ArtifactRef, seal
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN, EvidencePlan
from runtime_artifacts.execution_request import (
    EXECUTION_REQUEST,
    ExecutionRequest,
    FoundryCall,
    Override,
    TargetRepository,
    idempotency_key,
)
from runtime_artifacts.formation_brief import (
    FORMATION_BRIEF,
    AgentFormation,
    FormationBrief,
    FormationPattern,
    FoundryControls,
    Identity,
    Mission,
    ProtectedCapability,
    RelevantIntent,
)
from runtime_artifacts.gate_overlay import GATE_OVERLAY, GateOverlay, OverlayGate
from runtime_artifacts.identity import new_id
from runtime_artifacts.prompt_pack import PROMPT_PACK, Prompt, PromptPack

PROJECT = "tiny"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_SOME_DIGEST = "sha256:" + "ab" * 32
_MADE: dict[str, Any] = {"created_at": NOW, "created_by": "tests", "compiler_version": "tests 1"}


@dataclass(frozen=True)
class Tiny:
    """A workspace with one request that was not run yet."""

    workspace: RunnerWorkspace
    request: Artifact[ExecutionRequest]
    request_file: Path
    revision: str


def gate(name: str, *command: str, **more: Any) -> OverlayGate:
    """An overlay gate that observes `tiny.intent.<name>#it`."""
    record = f"tiny.intent.{name}"
    return OverlayGate(name=name, command=command, evidence_id=f"{record}#it", applies_to=(record,), **more)


def make_workspace(
    root: Path,
    *,
    repository_gates: Sequence[dict[str, Any]] = (),
    overlay_gates: Sequence[OverlayGate] = (),
    entry_event: str = "validation_requested",
    throttle: Any = "dry_run",
    payload: dict[str, Any] | None = None,
    override: Override | None = None,
    controls: dict[str, Any] | None = None,
) -> Tiny:
    """Make a repository with a commit and compile a request for it, which lies in the mailbox but is not claimed."""
    root.mkdir(parents=True, exist_ok=True)
    (root / ".alloy").mkdir()
    (root / ".alloy" / ".gitignore").write_text("*\n")
    (root / "README.md").write_text("# Tiny\n")
    (root / ".hone-gates.json").write_text(json.dumps({"gates": list(repository_gates)}))
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "add", "README.md", ".hone-gates.json")
    git(root, "commit", "--quiet", "-m", "Begin")
    revision = git(root, "rev-parse", "HEAD")
    workspace = RunnerWorkspace(root.resolve())
    request = compile_request(
        workspace,
        revision,
        overlay_gates=overlay_gates,
        call=FoundryCall(entry_event=entry_event, throttle=throttle, payload=payload or {}),
        override=override,
        controls=controls,
    )
    workspace.mailbox.post(request)
    file = workspace.mailbox.folder / "requests" / f"{request.id}.json"
    return Tiny(workspace, request, file, revision)


def compile_request(
    workspace: RunnerWorkspace,
    revision: str,
    *,
    overlay_gates: Sequence[OverlayGate] = (),
    call: FoundryCall | None = None,
    override: Override | None = None,
    controls: dict[str, Any] | None = None,
    pattern: FormationPattern = "no_agent",
) -> Artifact[ExecutionRequest]:
    """Compile the artifacts, lay them on the shelf, and make a request that names them."""
    call = call or FoundryCall(entry_event="validation_requested")
    prompt = Prompt(
        phase="review", text="Look.", template="review.v1", token_budget=10, record_ids=("tiny.intent.a",)
    )
    pack = seal(
        PROMPT_PACK,
        PromptPack(project_id=PROJECT, source_graph_version=_SOME_DIGEST, prompts=(prompt,)),
        **_MADE,
    )
    overlay = seal(GATE_OVERLAY, GateOverlay(project_id=PROJECT, gates=tuple(overlay_gates)), **_MADE)
    plan = seal(EVIDENCE_PLAN, EvidencePlan(project_id=PROJECT, items=()), **_MADE)
    brief = seal(
        FORMATION_BRIEF,
        FormationBrief(
            identity=Identity(
                project_id=PROJECT,
                title="Validate the tiny project",
                source_graph_version=_SOME_DIGEST,
                target_project=PROJECT,
                template="validate.v1",
            ),
            mission=Mission(objective="know whether it holds"),
            relevant_intent=RelevantIntent(),
            protected_capabilities=(
                ProtectedCapability(record_id="tiny.intent.a", statement="it holds", severity="high"),
            ),
            evidence_plan=plan.ref,
            gate_overlay=overlay.ref,
            prompt_pack=pack.ref,
            agent_formation=AgentFormation(pattern=pattern),
            foundry=FoundryControls(
                entry_event=call.entry_event, throttle=call.throttle, payload=call.payload, **(controls or {})
            ),
        ),
        **_MADE,
    )
    shelf = workspace.shelf
    for kind, artifact in (
        (PROMPT_PACK, pack),
        (GATE_OVERLAY, overlay),
        (EVIDENCE_PLAN, plan),
        (FORMATION_BRIEF, brief),
    ):
        shelf.put(kind, artifact)  # type: ignore[arg-type]
    content = ExecutionRequest(
        idempotency_key=idempotency_key(
            project_id=PROJECT,
            revision=revision,
            brief_digest=brief.digest,
            foundry=call,
            requested_by="ada",
            override=override,
        ),
        project_id=PROJECT,
        requested_by="ada",
        repo=TargetRepository(revision=revision, branch="main"),
        brief=brief.ref,
        prompt_pack=pack.ref,
        gate_overlay=overlay.ref,
        evidence_plan=plan.ref,
        foundry=call,
        override=override,
        correlation_id="corr-1",
    )
    return reseal(content)


def reseal(content: ExecutionRequest) -> Artifact[ExecutionRequest]:
    """Make a request of a content, also of one that a test has tampered with."""
    return seal(EXECUTION_REQUEST, content, id=new_id("runreq"), **_MADE)


def elsewhere(ref: ArtifactRef, path: str) -> ArtifactRef:
    """The same reference with a local path."""
    return ref.model_copy(update={"local_path": path})


def git(folder: Path, *arguments: str) -> str:
    """Run git as somebody."""
    somebody = {
        name: "tests@example.invalid" if "EMAIL" in name else "tests"
        for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
    }
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **somebody}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()

"""A governed shop to call use cases on, and a Foundry that runs nothing and says what it is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from alloynb.application.decide_intent import DecideIntent, DraftIntent, decide_intent, draft_intent
from alloynb.application.initialize_workspace import InitializeWorkspace, initialize_workspace
from alloynb.application.workspace import Workspace, open_workspace
from alloynb.errors import CannotRun
from alloynb.intent.authority import Principal
from alloynb.intent.yaml_document import read_yaml
from runtime_artifacts.capability_manifest import CapabilityManifest
from runtime_artifacts.envelope import Artifact, Kind, format_timestamp, seal
from runtime_artifacts.evidence_observation import EvidenceObservation, ObservationStatus
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from runtime_artifacts.execution_request import EXECUTION_REQUEST, ExecutionRequest
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.identity import new_id
from runtime_artifacts.mailbox import Mailbox
from runtime_artifacts.prompt_pack import PROMPT_PACK
from runtime_artifacts.run_result import (
    RUN_RESULT,
    FailureClass,
    GateReport,
    GateStatus,
    RunResult,
    RunStatus,
)
from runtime_artifacts.shelf import Shelf
from tests.fakes.alloy_shop import RECORDS, Shop, open_shop
from tests.fakes.evidence_store import TickingClock

ADA = Principal("ada")
KINDS: tuple[Kind[Any], ...] = (EXECUTION_REQUEST, FORMATION_BRIEF, PROMPT_PACK, GATE_OVERLAY, EVIDENCE_PLAN)
_SEEN: Mapping[GateStatus, ObservationStatus] = {"passed": "satisfied", "failed": "unsatisfied"}


@dataclass
class Governed:
    """A shop, and its workspace as `ada` opened it."""

    shop: Shop
    workspace: Workspace

    def reopened(self, *, clock: TickingClock | None = None) -> Workspace:
        """The same folder, as another process would open it."""
        return open_workspace(self.shop.root, principal=ADA, clock=clock or TickingClock())


def governed_shop(root: Path, *slugs: str) -> Governed:
    """Open a shop and accept records by their slugs, with everything committed."""
    shop = open_shop(root)
    initialize_workspace(InitializeWorkspace(root, "shop"))
    workspace = open_workspace(root, principal=ADA, clock=TickingClock())
    for slug in slugs:
        fields = read_yaml(RECORDS[slug].encode()).value
        assert isinstance(fields, dict)
        fields["sources"] = [{"source_type": "human", "ref": "ada"}]
        draft_intent(workspace, DraftIntent(slug, fields, "we talked about it"))
        decide_intent(workspace, DecideIntent(slug, "accepted", "we rely on it"))
    shop.commit("Say what we rely on")
    return Governed(shop, workspace)


@dataclass
class ScriptedFoundry:
    """An execution engine that runs nothing, and leaves the result that it was told to leave.

    Attributes:
        gates: what gates say, by name; all others pass.
        status, failure_class: of the result.
        claims, reports: whether it takes the request up, and whether it leaves a result.
        missing: whether it is not installed at all.
        overlays: whether it takes gate overlays; else it runs the gates of the checkout's own gate file alone.
        asked: ids of the requests that it was asked to run.
    """

    gates: Mapping[str, GateStatus] = field(default_factory=dict)
    status: RunStatus = "completed"
    failure_class: FailureClass | None = None
    claims: bool = True
    reports: bool = True
    missing: bool = False
    overlays: bool = True
    asked: list[str] = field(default_factory=list)

    def manifest(self) -> CapabilityManifest:
        """Promise the validation formation."""
        if self.missing:
            raise CannotRun("no foundry here")
        return CapabilityManifest(
            foundry_version="0",
            entry_events=("validation_requested",),
            reads_schemas=tuple(kind.schema for kind in KINDS),
            resolves_briefs=True,
            resolves_prompt_packs=True,
            resolves_gate_overlays=self.overlays,
            exports_traces=True,
        )

    def run(self, request_id: str, workspace: Path, *, quiet: bool) -> int:
        """Claim the request and deliver the next attempt's result."""
        self.asked.append(request_id)
        mailbox = Mailbox(workspace / ".alloy" / "mailbox")
        request = mailbox.request(request_id)
        claim = mailbox.claim_of(request_id)
        if claim is None and self.claims:
            claim = mailbox.claim(request_id, new_id("run"), "scripted", "2026-03-02T12:00:00.000000Z")
        if claim is None or not self.reports:
            return 4
        attempt = len(mailbox.results(request_id)) + 1
        shelf = Shelf(workspace / ".alloy" / "shelf")
        gates = None if self.overlays else self._of_repository(workspace)
        result = self._result(request, claim.run_id, attempt, shelf, gates)
        mailbox.deliver(result)
        folder = workspace / ".alloy" / "runs" / claim.run_id
        (folder / "artifacts").mkdir(parents=True, exist_ok=True)
        (folder / f"result-{attempt}.json").write_bytes(result.to_bytes())
        for name, artifact in self._given(request, Shelf(workspace / ".alloy" / "shelf")).items():
            (folder / "artifacts" / f"{name}.json").write_bytes(artifact)
        return 0

    def _given(self, request: Artifact[ExecutionRequest], shelf: Shelf) -> dict[str, bytes]:
        asked = request.content
        return {
            "request": request.to_bytes(),
            "brief": shelf.get(FORMATION_BRIEF, asked.brief.digest).to_bytes(),
            "prompt_pack": shelf.get(PROMPT_PACK, asked.prompt_pack.digest).to_bytes(),
            "gate_overlay": shelf.get(GATE_OVERLAY, asked.gate_overlay.digest).to_bytes(),
            "evidence_plan": shelf.get(EVIDENCE_PLAN, asked.evidence_plan.digest).to_bytes(),
        }

    def says(self, gate: str, command: str, workspace: Path) -> GateStatus:
        """What a gate of the repository says."""
        return self.gates.get(gate, "passed")

    def _of_repository(self, workspace: Path) -> tuple[GateReport, ...]:
        listed = json.loads((workspace / ".hone-gates.json").read_bytes())["gates"]
        return tuple(
            GateReport(
                name=gate["name"],
                phase="preflight",
                status=self.says(gate["name"], gate["command"], workspace),
                required=gate.get("required", True),
                mode="required_for_mutation",
                source="repository",
                duration_ms=1.0,
            )
            for gate in listed
        )

    def _of_overlay(self, request: Artifact[ExecutionRequest], shelf: Shelf) -> tuple[GateReport, ...]:
        overlay = shelf.get(GATE_OVERLAY, request.content.gate_overlay.digest).content
        return tuple(
            GateReport(
                name=gate.name,
                phase="preflight",
                status=self.gates.get(gate.name, "passed"),
                required=gate.mode != "advisory",
                mode=gate.mode,
                source="overlay",
                duration_ms=1.0,
                evidence_id=gate.evidence_id,
                applies_to=gate.applies_to,
            )
            for gate in overlay.gates
        )

    def _result(
        self,
        request: Artifact[ExecutionRequest],
        run_id: str,
        attempt: int,
        shelf: Shelf,
        gates: tuple[GateReport, ...] | None = None,
    ) -> Artifact[RunResult]:
        gates = self._of_overlay(request, shelf) if gates is None else gates
        asked = request.content
        began = datetime(2026, 3, 2, 12, attempt, tzinfo=UTC)
        content = RunResult(
            foundry_run_id=run_id,
            run_request_id=request.id,
            request_digest=request.digest,
            idempotency_key=asked.idempotency_key,
            correlation_id=asked.correlation_id,
            brief=asked.brief,
            project_id=asked.project_id,
            revision_before=asked.repo.revision,
            revision_after=asked.repo.revision,
            branch=asked.repo.branch,
            throttle=asked.foundry.throttle,
            entry_event=asked.foundry.entry_event,
            status=self.status,
            failure_class=self.failure_class,
            attempt=attempt,
            started_at=format_timestamp(began),
            finished_at=format_timestamp(began.replace(second=1)),
            gates=gates,
            evidence_observations=tuple(
                EvidenceObservation(
                    evidence_id=gate.evidence_id,
                    record_ids=gate.applies_to,
                    status=_SEEN.get(gate.status, "unknown"),
                    observed_by=f"gate {gate.name}",
                    observed_at=format_timestamp(began),
                    project_id=asked.project_id,
                    foundry_run_id=run_id,
                    brief_digest=asked.brief.digest,
                    revision=asked.repo.revision,
                )
                for gate in gates
                if gate.evidence_id is not None
            ),
            trace_id="0" * 32,
            foundry_version="0",
            runner_id="scripted",
        )
        return seal(
            RUN_RESULT,
            content,
            id=new_id(RUN_RESULT.id_prefix),
            created_at=began,
            created_by="scripted",
            compiler_version="scripted 0",
        )

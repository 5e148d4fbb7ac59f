"""The run of the golden story: request, trace, observations, result, manifest."""

from __future__ import annotations

from typing import Any

from runtime_artifacts import (
    capability_manifest,
    evidence_observation,
    execution_request,
    run_result,
    trace_summary,
)
from runtime_artifacts.envelope import Artifact, ArtifactRef
from tests.contract.golden_setting import (
    IMPORTS,
    PROJECT,
    RECORD,
    REQUEST,
    REVISION,
    RUN,
    TESTS,
    TRACE,
    at,
    made,
)


def make_request(
    brief: Artifact[Any],
    plan: Artifact[Any],
    overlay: Artifact[Any],
    pack: Artifact[Any],
    approved: Artifact[Any],
) -> Artifact[Any]:
    """Please run this, once."""
    call = execution_request.FoundryCall(
        entry_event="validation_requested", throttle="dry_run", payload={"focus": None, "paths": ["services"]}
    )
    key = execution_request.idempotency_key(
        project_id=PROJECT,
        revision=REVISION,
        brief_digest=brief.digest,
        foundry=call,
        requested_by="principal:mira",
    )
    content = execution_request.ExecutionRequest(
        idempotency_key=key,
        project_id=PROJECT,
        requested_by="principal:mira",
        repo=execution_request.TargetRepository(path=".", revision=REVISION, branch="main"),
        brief=_on_shelf(brief, "formation_brief", version=2),
        prompt_pack=_on_shelf(pack, "prompt_pack"),
        gate_overlay=_on_shelf(overlay, "gate_overlay"),
        evidence_plan=_on_shelf(plan, "evidence_plan"),
        foundry=call,
        approvals=(_on_shelf(approved, "approval"),),
        correlation_id="cor_01JNAB3WC80000000000000004",
    )
    return made(execution_request.EXECUTION_REQUEST, content, REQUEST, 120, "principal:mira")


def make_trace() -> Artifact[Any]:
    """The validation chain, event by event."""
    events = (
        _event(1, "validation_requested"),
        _event(2, "gate_resolution_completed", 1),
        _event(3, "preflight_completed", 2),
        _event(4, "validation_completed", 3),
    )
    names = ("resolve_gates", "run_preflight", "route_validation")
    blocks = tuple(
        trace_summary.BlockSummary(
            block=name,
            kind="observer",
            span_id=f"{16 + number:016x}",
            trigger_event_id=events[number].event_id,
            status="completed",
            started_at=at(121 + number),
            duration_ms=12.5 * (number + 1),
            emitted_event_ids=(events[number + 1].event_id,),
        )
        for number, name in enumerate(names)
    )
    content = trace_summary.TraceSummary(
        foundry_run_id=RUN,
        trace_id=TRACE,
        project_id=PROJECT,
        entry_event="validation_requested",
        throttle="dry_run",
        events=events,
        blocks=blocks,
        event_count=len(events),
        block_count=len(blocks),
        duration_ms=3_204.75,
    )
    return made(
        trace_summary.TRACE_SUMMARY, content, "trace_01JNAB3ZXV0000000000000005", 125, "runner:laptop"
    )


def make_observations(brief: Artifact[Any]) -> tuple[Artifact[Any], ...]:
    """What the gates saw."""
    seen = ((IMPORTS, "gateway-boundary", "unsatisfied"), (TESTS, "double-submit", "satisfied"))
    return tuple(
        made(
            evidence_observation.EVIDENCE_OBSERVATION,
            evidence_observation.EvidenceObservation(
                evidence_id=evidence_id,
                record_ids=(RECORD,),
                status=status,
                observed_by=f"gate:{gate}",
                observed_at=at(124),
                project_id=PROJECT,
                foundry_run_id=RUN,
                brief_digest=brief.digest,
                revision=REVISION,
                supporting_artifacts=(f"trace://{RUN}/gates/{gate}", f"repo://{PROJECT}/{REVISION}/services"),
                notes="shop.checkout.button imports provider_sdk" if status == "unsatisfied" else "",
            ),
            f"observation_01JNAB3ZXV000000000000001{number}",
            124,
            "runner:laptop",
        )
        for number, (evidence_id, gate, status) in enumerate(seen)
    )


def make_result(
    request: Artifact[Any],
    overlay: Artifact[Any],
    trace: Artifact[Any],
    observations: tuple[Artifact[Any], ...],
) -> Artifact[Any]:
    """The run found that the checkout reaches around the gateway."""
    gates = tuple(
        run_result.GateReport(
            name=gate.name,
            phase="preflight",
            status=status,
            required=gate.mode == "required_for_dry_run",
            mode=gate.mode,
            source="overlay",
            exit_code=code,
            duration_ms=1_200.25,
            details=details,
            output_file=f"gates/preflight-1-{gate.name}/output.txt",
            report_files=(f"gates/preflight-1-{gate.name}/findings.sarif",) if code else (),
            evidence_id=gate.evidence_id,
            applies_to=gate.applies_to,
        )
        for gate, status, code, details in zip(
            overlay.content.gates,
            ("failed", "passed"),
            (1, 0),
            ("shop.checkout.button imports provider_sdk\n", "1 passed\n"),
            strict=True,
        )
    )
    content = run_result.RunResult(
        **_facts(request),
        status="completed_with_findings",
        gates=gates,
        uncommitted=("notes.txt",),
        trace_references=(f"trace://{RUN}",),
        trace_summary=trace.content,
        evidence_observations=tuple(each.content for each in observations),
        follow_up_questions=("May shop.checkout.button import provider_sdk for its test mode?",),
        recovery_actions=("ask a question", "smaller repair brief"),
    )
    return made(run_result.RUN_RESULT, content, "result_01JNAB3ZXV0000000000000007", 125, "runner:laptop")


def make_stopped(request: Artifact[Any], brief: Artifact[Any]) -> Artifact[Any]:
    """The second attempt met another prompt pack, and stopped."""
    content = run_result.RunResult(
        **_facts(request),
        status="stopped",
        attempt=2,
        retries=run_result.RetryCounts(runner=1),
        failure_class="safety",
        errors=(
            run_result.RunError(
                failure_class="safety",
                message=f"prompt_pack: expected {brief.content.prompt_pack.digest}, found another",
                next_step="recompile the brief",
                place="/content/prompt_pack/digest",
            ),
        ),
        recovery_actions=("recompile", "re-approve"),
    )
    return made(run_result.RUN_RESULT, content, "result_01JNAB57HR0000000000000008", 165, "runner:laptop")


def make_manifest() -> Artifact[Any]:
    """What this installation of Foundry supports."""
    blocks = ("resolve_gates", "run_preflight", "route_validation")
    chain = (
        "validation_requested",
        "gate_resolution_completed",
        "preflight_completed",
        "validation_completed",
    )
    content = capability_manifest.CapabilityManifest(
        foundry_version="0.1.0",
        entry_events=("validation_requested",),
        formations=(
            capability_manifest.FormationCapability(
                name="validation", entry_event="validation_requested", blocks=blocks
            ),
        ),
        blocks=tuple(
            capability_manifest.BlockCapability(
                name=name, kind="observer", sinks=(chain[number],), emits=(chain[number + 1],)
            )
            for number, name in enumerate(blocks)
        ),
        reads_schemas=("alloy.formation_brief.v1", "alloy.foundry_execution_request.v1"),
        resolves_briefs=True,
        resolves_prompt_packs=True,
        resolves_gate_overlays=True,
        exports_traces=True,
        streams=True,
    )
    return made(
        capability_manifest.CAPABILITY_MANIFEST,
        content,
        "manifest_01JNAB2000000000000000000A",
        -3_600,
        "runner:laptop",
    )


def _on_shelf(artifact: Artifact[Any], folder: str, version: int | None = None) -> ArtifactRef:
    path = f".alloy/shelf/{folder}/{artifact.digest.removeprefix('sha256:')}.json"
    return ArtifactRef(id=artifact.id, digest=artifact.digest, version=version, local_path=path)


def _event(number: int, event_type: str, caused_by: int | None = None) -> trace_summary.EventSummary:
    return trace_summary.EventSummary(
        event_id=f"evt_01JNAB3WCR00000000000000{number:02d}",
        event_type=event_type,
        occurred_at=at(121 + number),
        caused_by=None if caused_by is None else f"evt_01JNAB3WCR00000000000000{caused_by:02d}",
        span_id=f"{number:016x}",
    )


def _facts(request: Artifact[Any]) -> dict[str, Any]:
    return {
        "foundry_run_id": RUN,
        "run_request_id": request.id,
        "request_digest": request.digest,
        "idempotency_key": request.content.idempotency_key,
        "correlation_id": request.content.correlation_id,
        "brief": request.content.brief,
        "project_id": PROJECT,
        "revision_before": REVISION,
        "revision_after": REVISION,
        "branch": "main",
        "throttle": "dry_run",
        "entry_event": "validation_requested",
        "started_at": at(121),
        "finished_at": at(125),
        "trace_id": TRACE,
        "foundry_version": "0.1.0",
        "runner_id": "runner:laptop",
        "kernel": "foundry",
        "package_versions": {"alloy-foundry": "0.1.0", "papermill": "2.6.0"},
    }

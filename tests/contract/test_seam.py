"""What both sides promise each other about requests, digests, manifests, results, traces and failures."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, get_args

import pytest

from runtime_artifacts import errors
from runtime_artifacts.approval import APPROVAL
from runtime_artifacts.capability_manifest import CAPABILITY_MANIFEST
from runtime_artifacts.envelope import content_digest
from runtime_artifacts.execution_request import EXECUTION_REQUEST, FoundryCall, Override, idempotency_key
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.kinds import KINDS, read_any, read_as, read_file
from runtime_artifacts.mailbox import Mailbox
from runtime_artifacts.run_result import RUN_RESULT, FailureClass, RunResult
from runtime_artifacts.safe_path import resolve_inside
from runtime_artifacts.shelf import Shelf
from runtime_artifacts.trace_summary import TRACE_SUMMARY
from tests.contract.golden_intent import SIGNING_KEY
from tests.contract.golden_story import GOLDEN

VALID = GOLDEN / "v1"


def golden(name: str) -> Any:
    """A valid example as JSON."""
    return json.loads((VALID / f"{name}.json").read_bytes())


def resealed(document: dict[str, Any]) -> bytes:
    """A document of a kind with time ids, with a right digest."""
    document["digest"] = content_digest(document["schema"], document["content"])
    return json.dumps(document).encode()


class TestRequestValidation:
    def test_a_request_names_all_that_a_runner_needs_by_digest(self) -> None:
        request = read_file(EXECUTION_REQUEST, VALID / "foundry_execution_request.json").content

        named = (
            request.brief,
            request.prompt_pack,
            request.gate_overlay,
            request.evidence_plan,
            *request.approvals,
        )
        assert all(ref.digest.startswith("sha256:") and ref.local_path for ref in named)
        assert request.derived_key() == request.idempotency_key

    def test_a_request_resolves_inside_of_the_workspace_to_what_it_names(self, tmp_path: Path) -> None:
        shelf = Shelf(tmp_path / ".alloy" / "shelf")
        brief = read_file(FORMATION_BRIEF, VALID / "formation_brief.json")
        shelf.put(FORMATION_BRIEF, brief)
        ref = read_file(EXECUTION_REQUEST, VALID / "foundry_execution_request.json").content.brief

        assert ref.local_path is not None
        assert read_file(FORMATION_BRIEF, resolve_inside(tmp_path, ref.local_path)) == brief
        assert shelf.get(FORMATION_BRIEF, ref.digest) == brief

    @pytest.mark.parametrize(
        "change",
        [
            {"project_id": "other"},
            {"revision": "0" * 40},
            {"brief_digest": "sha256:" + "1" * 64},
            {"foundry": FoundryCall(entry_event="validation_requested", payload={"a": None})},
            {"foundry": FoundryCall(entry_event="validation_requested", throttle="full")},
            {"foundry": FoundryCall(entry_event="maintenance_requested")},
            {"requested_by": "principal:jo"},
            {
                "override": Override(
                    by="principal:jo", at="2026-03-02T12:00:00Z", why="flaky network", of_request="x"
                )
            },
        ],
        ids="-".join,
    )
    def test_the_key_changes_with_all_that_makes_requests_differ(self, change: dict[str, Any]) -> None:
        asked: dict[str, Any] = {
            "project_id": "shop",
            "revision": "4" * 40,
            "brief_digest": "sha256:" + "0" * 64,
            "foundry": FoundryCall(entry_event="validation_requested"),
            "requested_by": "principal:mira",
        }

        assert idempotency_key(**asked) != idempotency_key(**{**asked, **change})

    def test_a_request_under_a_key_of_its_own_making_is_not_posted(self, tmp_path: Path) -> None:
        document = golden("foundry_execution_request")
        document["content"]["idempotency_key"] = "sha256:" + "0" * 64
        request = read_as(EXECUTION_REQUEST, resealed(document))

        with pytest.raises(errors.InvalidContent, match="the idempotency key of what is asked is sha256:"):
            Mailbox(tmp_path).post(request)
        assert not any(tmp_path.iterdir())


class TestDigestVerification:
    @pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.folder)
    def test_a_changed_value_anywhere_in_a_content_is_found(self, kind: Any) -> None:
        document = golden(kind.folder)
        for changed in changes(document["content"]):
            with pytest.raises(errors.DigestMismatch):
                read_any(json.dumps({**document, "content": changed}).encode())

    def test_formatting_key_order_and_spelling_of_numbers_do_not_matter(self) -> None:
        document = golden("gate_overlay")
        other = dict(reversed(document.items()))
        other["content"] = dict(reversed(document["content"].items()))
        compact = (
            json.dumps(other, separators=(",", ":")).replace("120.0", "1.2e2").replace("e", "\\u0065", 1)
        )

        found = read_any(compact.encode())
        assert (found.digest, found.content) == (
            document["digest"],
            read_any(json.dumps(document).encode()).content,
        )

    def test_what_stands_outside_of_the_digest_may_differ(self) -> None:
        document = golden("gate_overlay")
        later = {
            **document,
            "created_at": "2030-01-01T00:00:00+02:00",
            "created_by": "x",
            "compiler_version": "y",
        }

        assert read_any(json.dumps(later).encode()).digest == document["digest"]

    def test_unknown_fields_of_a_newer_minor_version_are_kept_and_verified(self) -> None:
        document = golden("gate_overlay.newer_minor")
        overlay = read_as(GATE_OVERLAY, json.dumps(document).encode())

        assert overlay.as_json() == document
        assert overlay.other_fields == {"reviewed_by": ["principal:jo"]}
        assert overlay.content == read_file(GATE_OVERLAY, VALID / "gate_overlay.json").content
        document["content"]["priority"] = 2
        with pytest.raises(errors.DigestMismatch):
            read_any(json.dumps(document).encode())

    def test_an_artifact_of_another_kind_is_refused_by_name(self) -> None:
        with pytest.raises(
            errors.InvalidContent, match=r"this is alloy\.gate_overlay\.v1, and alloy\.foundry_ex.* is needed"
        ):
            read_file(EXECUTION_REQUEST, VALID / "gate_overlay.json")


class TestApproval:
    def test_the_signed_statement_says_what_the_fields_say(self) -> None:
        approved = read_file(APPROVAL, VALID / "approval.json").content
        brief = read_file(FORMATION_BRIEF, VALID / "formation_brief.json")

        assert json.loads(base64.b64decode(approved.envelope.payload)) == approved.statement()
        assert approved.subject_digest == brief.digest

    def test_the_signature_holds(self) -> None:
        envelope = read_file(APPROVAL, VALID / "approval.json").content.envelope
        kind, payload = envelope.payloadType.encode(), base64.b64decode(envelope.payload)
        signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)

        SIGNING_KEY.public_key().verify(base64.b64decode(envelope.signatures[0].sig), signed)


class TestManifestParsing:
    def test_a_manifest_tells_what_a_target_can_serve(self) -> None:
        manifest = read_file(CAPABILITY_MANIFEST, VALID / "capability_manifest.json").content

        assert "validation_requested" in manifest.entry_events
        assert {block.kind for block in manifest.blocks} == {"observer"}
        assert "alloy.formation_brief.v1" in manifest.reads_schemas
        assert manifest.resolves_briefs

    def test_a_sparse_manifest_promises_nothing(self) -> None:
        document = golden("capability_manifest")
        document["content"] = {"foundry_version": "0.0.1", "entry_events": []}
        manifest = read_as(CAPABILITY_MANIFEST, resealed(document)).content

        assert not any(
            (
                manifest.resolves_briefs,
                manifest.resolves_prompt_packs,
                manifest.resolves_gate_overlays,
                manifest.exports_traces,
                manifest.streams,
            )
        )


class TestResultIngestion:
    def test_a_result_answers_whether_this_run_executed_this_brief_at_this_revision(self) -> None:
        result = read_file(RUN_RESULT, VALID / "foundry_run_result.json").content
        request = read_file(EXECUTION_REQUEST, VALID / "foundry_execution_request.json")

        assert (result.run_request_id, result.request_digest) == (request.id, request.digest)
        assert result.brief.digest == request.content.brief.digest
        assert result.revision_before == request.content.repo.revision
        assert result.idempotency_key == request.content.idempotency_key
        assert result.correlation_id == request.content.correlation_id

    def test_a_result_carries_observations_that_name_their_evidence_and_gate(self) -> None:
        result = read_file(RUN_RESULT, VALID / "foundry_run_result.json").content

        observed = {each.evidence_id: each.status for each in result.evidence_observations}
        assert {gate.evidence_id: gate.status for gate in result.gates}.keys() == observed.keys()
        assert set(observed.values()) == {"satisfied", "unsatisfied"}

    def test_retries_are_counted_by_kind(self) -> None:
        retries = read_file(RUN_RESULT, VALID / "foundry_run_result.stopped.json").content.retries

        assert (retries.transport, retries.runner, retries.foundry) == (0, 1, 0)


class TestTraceIngestion:
    def test_a_trace_is_a_tree_from_its_entry_event(self) -> None:
        trace = read_file(TRACE_SUMMARY, VALID / "trace_summary.json").content

        known = {event.event_id for event in trace.events}
        roots = [event for event in trace.events if event.caused_by is None]
        assert [root.event_type for root in roots] == [trace.entry_event]
        assert all(event.caused_by in known for event in trace.events if event.caused_by)
        assert all(block.trigger_event_id in known for block in trace.blocks)
        assert all(known.issuperset(block.emitted_event_ids) for block in trace.blocks)
        assert (trace.event_count, trace.block_count) == (len(trace.events), len(trace.blocks))

    def test_a_trace_inside_of_a_result_is_the_trace_outside(self) -> None:
        inside = golden("foundry_run_result")["content"]["trace_summary"]

        assert inside == golden("trace_summary")["content"]


class TestFailureClassification:
    @pytest.mark.parametrize("status", ["failed", "stopped"])
    @pytest.mark.parametrize("failure_class", get_args(FailureClass))
    def test_a_failure_has_one_of_five_classes(self, status: str, failure_class: str) -> None:
        content = {
            **golden("foundry_run_result.stopped")["content"],
            "status": status,
            "failure_class": failure_class,
        }

        assert RunResult.model_validate(content).failure_class == failure_class

    def test_a_completed_run_has_none(self) -> None:
        content = golden("foundry_run_result")["content"]

        with pytest.raises(ValueError, match="a completed run has no failure class"):
            RunResult.model_validate({**content, "status": "completed", "failure_class": "execution"})

    def test_every_error_of_the_seam_knows_its_class_and_exit_code(self) -> None:
        waiting, seen = [errors.ArtifactError], set()
        while waiting:
            error = waiting.pop()
            waiting += error.__subclasses__()
            seen.add(error)
            assert error.failure_class in get_args(FailureClass)
            assert error.exit_code in {2, 3, 4}
            assert (error.failure_class == "safety") == (error.exit_code == 3), error
        assert errors.DigestMismatch in seen


def changes(value: Any) -> list[Any]:
    """The value with one leaf or key changed, for every leaf and key."""
    if isinstance(value, dict):
        here = [{**value, name: changed} for name, child in value.items() for changed in changes(child)]
        return [
            *here,
            *({k: v for k, v in value.items() if k != name} for name in value),
            {**value, "zzz": 1},
        ]
    if isinstance(value, list):
        here = [
            [*value[:i], changed, *value[i + 1 :]]
            for i, child in enumerate(value)
            for changed in changes(child)
        ]
        return [
            *here,
            [*value, None],
            *([value[1:]] if value else []),
            *([value[::-1]] if value != value[::-1] else []),
        ]
    if isinstance(value, str):
        return [f"{value}.", value.swapcase()] if value != value.swapcase() else [f"{value}."]
    return [not value] if isinstance(value, bool) else ["x"] if value is None else [value + 1, str(value)]

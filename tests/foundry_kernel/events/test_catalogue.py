"""The catalogue knows every event type, and refuses what does not fit (spec 4.1)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from foundry_kernel.events.catalogue import load_catalogue, unknown_fields
from foundry_kernel.events.errors import NotAnEntryEvent, PayloadMismatch, UnknownEventType
from foundry_kernel.events.payload import Payload
from foundry_kernel.events.payloads.iteration import ExecutionCompleted

CATALOGUE = load_catalogue()
_IMPORT = "from foundry_kernel.events.payload import Payload\n"
ENTRY_EVENTS = [
    "iteration_requested",
    "prompt_execution_requested",
    "maintenance_run_started",
    "maintenance_requested",
    "validation_requested",
    "scan_requested",
    "vulnerability_detected",
    "execution_requested",
    "release_requested",
    "drift_assessment_requested",
    "pipeline_check_requested",
    "greet_requested",
]
OTHERS = [
    "project_validation_completed",
    "charter_check_completed",
    "gate_resolution_completed",
    "preflight_completed",
    "assessment_completed",
    "triage_completed",
    "plan_completed",
    "execution_completed",
    "gate_verification_completed",
    "retry_requested",
    "inner_iteration_completed",
    "project_iteration_completed",
    "project_maintenance_completed",
    "summarize_completed",
    "project_changes_committed",
    "project_changes_pushed",
    "strategic_assessment_completed",
    "validation_completed",
    "release_tag_audited",
    "main_branch_audited",
    "remediation_started",
    "remediation_completed",
    "release_completed",
    "release_pipeline_completed",
    "local_install_completed",
    "local_skill_install_completed",
    "maintenance_run_completed",
    "drift_assessment_completed",
    "pipeline_checked",
    "intent_context_resolved",
    "safety_stop_raised",
    "review_completed",
]


def test_every_event_type_of_the_specification_is_there() -> None:
    assert set(ENTRY_EVENTS + OTHERS) <= set(CATALOGUE.event_types)


def test_a_run_can_begin_with_the_entry_events_and_no_other() -> None:
    assert sorted(CATALOGUE.entry_events) == sorted(ENTRY_EVENTS)


@pytest.mark.parametrize("event_type", CATALOGUE.event_types)
def test_every_event_type_is_named_and_described(event_type: str) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", event_type)
    assert CATALOGUE.about(event_type).endswith((".", "?"))


def test_an_entry_event_keeps_fields_that_it_does_not_know_and_names_them() -> None:
    payload = {
        "strategic": True,
        "from_a_newer_version": {"x": 1},
        "actions": {"iterate": True, "dance": True},
    }
    assert CATALOGUE.check_entry("iteration_requested", payload) == payload
    read = CATALOGUE.read("iteration_requested", payload)
    assert unknown_fields(read) == ("from_a_newer_version", "actions.dance")


def test_an_entry_event_carries_the_reference_to_a_brief() -> None:
    alloy = {
        "brief_id": "brief_1",
        "brief_digest": "sha256:1",
        "prompt_pack_id": "p",
        "evidence_plan_id": "e",
    }
    assert CATALOGUE.check_entry("validation_requested", {"alloy": alloy}) == {"alloy": alloy}


@pytest.mark.parametrize(
    ("event_type", "payload", "complaint"),
    [
        ("prompt_execution_requested", {}, "prompt: Field required"),
        ("iteration_requested", {"max_iterations": 0}, "max_iterations"),
        ("greet_requested", {"name": "a\x00b"}, "forbidden character"),
        ("greet_requested", {"name": 7}, "name"),
        ("greet_requested", {"more": "x" * 1_100_000}, "at most"),
        ("validation_requested", {"alloy": {"brief_id": "b"}}, "alloy.brief_digest"),
    ],
)
def test_a_payload_that_does_not_fit_cannot_begin_a_run(
    event_type: str, payload: dict[str, object], complaint: str
) -> None:
    with pytest.raises(PayloadMismatch, match=complaint):
        CATALOGUE.check_entry(event_type, payload)


def test_a_run_does_not_begin_with_a_completed_event() -> None:
    with pytest.raises(NotAnEntryEvent, match="one of"):
        CATALOGUE.check_entry("validation_completed", {})


def test_an_unknown_event_type_names_those_that_come_close() -> None:
    with pytest.raises(UnknownEventType, match="did you mean validation_requested"):
        CATALOGUE.check_entry("validaton_requested", {})


def test_an_emitted_payload_is_said_in_full() -> None:
    said = CATALOGUE.check_emit("execution_completed", ExecutionCompleted(success=True))
    assert said == {
        "success": True,
        "workflow": "iterate",
        "attempt": 1,
        "summary": "",
        "changed_files": [],
        "tree_digest": "",
    }


def test_another_package_adds_event_types_by_an_entry_point(tmp_path: Path, extra_package: Path) -> None:
    (extra_package / "their_events.py").write_text(
        "from foundry_kernel.events.payload import Payload\n"
        "class MoonPhaseObserved(Payload):\n    'The moon was seen.'\n    phase: str\n"
        "EVENTS = (MoonPhaseObserved,)\n"
    )
    catalogue = load_catalogue()
    assert catalogue.check_emit("moon_phase_observed", {"phase": "full"}) == {"phase": "full"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("EVENTS = (int,)", "not a class that derives from Payload"),
        (
            "from foundry_kernel.events.payload import Payload\nclass Odd(Payload):\n    x: int\nEVENTS = (Odd,)",
            "docstring",
        ),
        ("x = 1", "offers no EVENTS"),
        ("1/0", "ZeroDivisionError"),
    ],
)
def test_a_file_that_offers_something_else_is_named(text: str, complaint: str, extra_package: Path) -> None:
    from runtime_artifacts.errors import BadPlugin

    (extra_package / "their_events.py").write_text(text)
    with pytest.raises(BadPlugin, match=complaint) as caught:
        load_catalogue()
    assert "their_events" in str(caught.value)


def test_the_name_of_an_event_type_is_the_class_in_snake_case() -> None:
    class ReleaseTagAudited2(Payload):
        """Two."""

    assert ReleaseTagAudited2.event_type() == "release_tag_audited2"

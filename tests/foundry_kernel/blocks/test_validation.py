"""The validation formation, whole: from the request to the verdict (spec 4.5, 4.6)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from foundry_kernel.blocks import load_blocks
from foundry_kernel.events.catalogue import load_catalogue
from foundry_kernel.formations import load_formation
from foundry_kernel.gateways.shell import CommandResult
from runtime_artifacts.content import Throttle
from runtime_artifacts.run_result import GateReport
from tests.contract.golden_story import tell
from tests.fakes.foundry_run import Run
from tests.fakes.foundry_shell import FakeShell, exits

CATALOGUE = load_catalogue()
BLOCKS = load_blocks(load_formation("validation", CATALOGUE), CATALOGUE).blocks
STORY = tell()
TIMED_OUT = CommandResult("timed_out", reason="ended after 5 s", duration_ms=5000)


def a_run(
    tmp_path: Path,
    gates: list[dict[str, Any]] | str | None = None,
    answers: dict[Any, Any] | None = None,
    throttle: Throttle = "dry_run",
    payload: dict[str, Any] | None = None,
) -> Run:
    """A run in `run/` over a tree in `tree/` with this gate file."""
    tree, folder = tmp_path / "tree", tmp_path / "run"
    tree.mkdir()
    folder.mkdir()
    if gates is not None:
        text = gates if isinstance(gates, str) else json.dumps({"gates": gates})
        (tree / ".hone-gates.json").write_text(text)
    return Run(
        folder,
        BLOCKS,
        throttle,
        payload or {},
        closing_events=["validation_completed"],
        catalogue=CATALOGUE,
        entry_type="validation_requested",
        tree=tree,
        shell=FakeShell(answers),
        environment={"PATH": "/bin"},
    )


def put(run: Run, name: str, artifact: Any) -> None:
    folder = run.folder / "artifacts"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_bytes(artifact.to_bytes())


def verdict(run: Run) -> dict[str, Any]:
    return next(f.payload for f in run.facts if f.kind == "event" and f.event_type == "validation_completed")


async def test_the_chain_is_as_specified(tmp_path: Path) -> None:
    run = a_run(tmp_path, [{"name": "tests", "command": "pytest"}], {"pytest": exits(0)})
    outcome = await run.go()
    assert (outcome.status, outcome.reason) == ("completed", "all 1 gates passed")
    assert [event_type for _, event_type, _ in run.lines("event")] == [
        "validation_requested",
        "gate_resolution_completed",
        "preflight_completed",
        "validation_completed",
    ]
    assert [kind for kind, _, _ in run.lines("gate_started", "gate_finished")] == [
        "gate_started",
        "gate_finished",
    ]


@pytest.mark.parametrize(
    ("required", "answer", "status"),
    [
        (True, exits(0), "completed"),
        (True, exits(1), "failed"),
        (True, TIMED_OUT, "failed"),
        (True, None, "failed"),
        (False, exits(1), "completed_with_findings"),
        (False, TIMED_OUT, "completed_with_findings"),
    ],
)
async def test_the_repositorys_required_gates_decide(
    required: bool, answer: Any, status: str, tmp_path: Path
) -> None:
    answers = {} if answer is None else {"pytest": answer}
    run = a_run(tmp_path, [{"name": "tests", "command": "pytest", "required": required}], answers)
    outcome = await run.go()
    assert outcome.status == status
    assert verdict(run)["success"] is (status != "failed")
    assert outcome.failure_class == ("execution" if status == "failed" else None)


async def test_a_validation_without_any_gate_proves_nothing_and_says_so(tmp_path: Path) -> None:
    outcome = await a_run(tmp_path).go()
    assert outcome.status == "completed_with_findings"
    assert outcome.reason == "no gate stands: nothing was validated"


@pytest.mark.parametrize(
    ("throttle", "status"),
    [("dry_run", "completed_with_findings"), ("full", "failed"), ("audit_only", "failed")],
)
async def test_overlay_gates_weigh_what_their_mode_says_at_this_throttle(
    throttle: Throttle, status: str, tmp_path: Path
) -> None:
    run = a_run(tmp_path, [{"name": "own", "command": "own"}], {"own": exits(0)}, throttle)
    overlay = STORY["gate_overlay"]
    assert "required_for_mutation" in {each.mode for each in overlay.content.gates}
    put(run, "gate_overlay", overlay)
    outcome = await run.go()
    assert outcome.status == status
    reports = [GateReport.model_validate(f.payload) for f in run.facts if f.kind == "gate_finished"]
    assert [each.name for each in reports] == ["own", *(each.name for each in overlay.content.gates)]
    assert {each.evidence_id for each in reports[1:]} == {each.evidence_id for each in overlay.content.gates}


async def test_the_reports_of_a_run_are_left_for_other_tools(tmp_path: Path) -> None:
    gates: list[dict[str, Any]] = [
        {"name": "tests", "command": "pytest"},
        {"name": "lint", "command": "ruff", "required": False},
    ]
    run = a_run(tmp_path, gates, {"pytest": exits(0), "ruff": exits(1, "a.py:1 odd\n")})
    await run.go()
    junit = ET.parse(run.folder / "gates" / "preflight-1.junit.xml").getroot()
    assert (junit.get("tests"), junit.get("failures")) == ("2", "1")
    sarif = json.loads((run.folder / "gates" / "preflight-1.sarif").read_text())
    assert [each["ruleId"] for each in sarif["runs"][0]["results"]] == ["lint"]


async def test_counts_of_what_a_gate_left_stand_in_the_event(tmp_path: Path) -> None:
    def leaves(command: Any) -> CommandResult:
        Path(command.environment["FOUNDRY_GATE_REPORT_DIR"], "j.xml").write_text(
            "<a><testcase/><testcase/></a>"
        )
        return exits(0)

    run = a_run(tmp_path, [{"name": "tests", "command": "pytest"}], {"pytest": leaves})
    await run.go()
    preflight = next(
        f.payload for f in run.facts if f.kind == "event" and f.event_type == "preflight_completed"
    )
    (counts,) = preflight["outcomes"][0]["reports"]
    assert (counts["file"], counts["total"]) == ("j.xml", 2)


async def test_a_malformed_gate_file_fails_the_run_with_file_and_line(tmp_path: Path) -> None:
    run = a_run(tmp_path, '{"gates": [\n  {"name": "a"}\n]}')
    outcome = await run.go()
    assert (outcome.status, outcome.failure_class) == ("failed", "validation")
    assert ".hone-gates.json:2: gate 1: command must be" in outcome.reason


async def test_an_overlay_that_was_changed_after_it_was_compiled_stops_the_run(tmp_path: Path) -> None:
    run = a_run(tmp_path, [])
    put(run, "gate_overlay", STORY["gate_overlay"])
    file = run.folder / "artifacts" / "gate_overlay.json"
    file.write_text(file.read_text().replace("required_for_mutation", "advisory"))
    outcome = await run.go()
    assert (outcome.status, outcome.failure_class) == ("stopped", "safety")
    assert run.shell.asked == []


def alloy(brief: Any) -> dict[str, Any]:
    return {"alloy": {"brief_id": brief.id, "brief_digest": brief.digest}}


async def test_the_brief_that_the_request_names_is_verified_first(tmp_path: Path) -> None:
    brief = STORY["formation_brief"]
    run = a_run(tmp_path, [{"name": "t", "command": "t"}], {"t": exits(0)}, payload=alloy(brief))
    put(run, "brief", brief)
    assert (await run.go()).status == "completed"
    resolved = next(f for f in run.facts if f.event_type == "intent_context_resolved")
    assert resolved.payload["objective"] == brief.content.mission.objective
    assert resolved.payload["evidence_plan_digest"] == brief.content.evidence_plan.digest
    assert run.lines("event")[1][1] == "intent_context_resolved"


async def test_another_brief_than_the_one_named_stops_the_run_before_any_gate(tmp_path: Path) -> None:
    brief = STORY["formation_brief"]
    payload = alloy(brief)
    payload["alloy"]["brief_digest"] = "sha256:" + "0" * 64
    run = a_run(tmp_path, [{"name": "t", "command": "t"}], {"t": exits(0)}, payload=payload)
    put(run, "brief", brief)
    outcome = await run.go()
    assert (outcome.status, outcome.failure_class) == ("stopped", "safety")
    assert f"found {brief.id} {brief.digest}" in outcome.reason
    assert run.shell.asked == []


async def test_a_brief_that_is_named_and_missing_fails_the_run(tmp_path: Path) -> None:
    outcome = await a_run(tmp_path, [], payload=alloy(STORY["formation_brief"])).go()
    assert (outcome.status, outcome.failure_class) == ("failed", "validation")


async def test_a_gate_that_changes_the_tree_is_a_safety_failure(tmp_path: Path) -> None:
    run = a_run(tmp_path, [{"name": "fix", "command": "fix"}])

    def fixes(command: Any) -> CommandResult:
        run.git.changed["src/a.py"] = "formatted"
        return exits(0)

    run.shell.answers["fix"] = fixes
    outcome = await run.go()
    assert (outcome.status, outcome.failure_class) == ("stopped", "safety")
    assert "src/a.py" in outcome.reason
    assert ("gate_finished", "run_preflight", "passed") in run.lines()


async def test_gates_need_a_tree(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    run.tree = None
    outcome = await run.go()
    assert (outcome.status, outcome.failure_class) == ("failed", "validation")


async def test_preflight_can_be_passed_over_by_configuration(tmp_path: Path) -> None:
    run = a_run(tmp_path, [{"name": "tests", "command": "pytest"}])
    run.settings = {"run_preflight": {"skip": True}}
    await run.go()
    preflight = next(
        f.payload for f in run.facts if f.kind == "event" and f.event_type == "preflight_completed"
    )
    assert (preflight["skipped"], preflight["success"], run.shell.asked) == (True, True, [])

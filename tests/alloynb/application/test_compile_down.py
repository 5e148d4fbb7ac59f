"""Whoever asks for a run: the brief is compiled down to the Foundry that runs it, what is lost is told and kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alloynb.application.foundry_capabilities import keep_capabilities, told_capabilities
from alloynb.application.loop_report import LoopReport
from alloynb.application.materialize_brief import materialize_brief
from alloynb.application.request_run import RequestRun, request_run
from alloynb.application.run_loop import RunLoop, run_loop
from alloynb.compiler.refusal import RequiredGateLost
from alloynb.faces.wording import not_as_briefed
from runtime_artifacts.capability_manifest import CAPABILITY_MANIFEST
from runtime_artifacts.envelope import seal
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.identity import new_id
from tests.fakes.alloy_shop import BOUNDARY
from tests.fakes.alloy_workspace import Governed, ScriptedFoundry, governed_shop

GATE = "vendor-boundary.imports"


@pytest.fixture
def governed(tmp_path: Path) -> Governed:
    return governed_shop(tmp_path / "shop", "vendor-boundary")


def go(governed: Governed, foundry: ScriptedFoundry, told: list[str] | None = None) -> LoopReport:
    said = [] if told is None else told
    return run_loop(
        governed.workspace, RunLoop(), html_of=lambda report: "", foundry=foundry, tell=said.append
    )


def add_gates(governed: Governed) -> None:
    """What the laid out instructions ask a person to do."""
    brief = governed.workspace.shelf.find(FORMATION_BRIEF, "brief_")
    materialize_brief(governed.workspace, brief.id)
    laid_out = (governed.shop.root / ".alloy" / "gates" / "overlay.hone-gates.json").read_text()
    governed.shop.write(".hone-gates.json", laid_out)
    governed.shop.commit("Run the gates of the brief ourselves")


def test_a_required_gate_that_would_be_lost_stops_the_run_before_anything_is_requested(
    governed: Governed,
) -> None:
    foundry = ScriptedFoundry(overlays=False)
    with pytest.raises(RequiredGateLost, match=GATE):
        go(governed, foundry)
    assert not foundry.asked
    assert not list(governed.workspace.mailbox.requests())


def test_a_gate_that_the_repository_runs_itself_proves_what_the_overlay_asked_for(governed: Governed) -> None:
    with pytest.raises(RequiredGateLost):
        go(governed, ScriptedFoundry(overlays=False))
    add_gates(governed)
    told: list[str] = []
    report = go(governed, ScriptedFoundry(overlays=False), told)
    assert [(each.gate, each.ran_as, each.status) for each in report.plan_gates] == [
        (GATE, "repository", "passed")
    ]
    assert (report.records[0].verdict, report.exit_code, not_as_briefed(report)) == (
        "satisfied",
        0,
        report.compiled_down,
    )
    line = f"Foundry 0 takes no gate overlay; run from .hone-gates.json instead: {GATE}"
    assert report.compiled_down[0] == line
    assert f"compiled down: {line}" in told
    assert json.loads(json.dumps(report.as_json()))["plan_gates"][0]["ran_as"] == "repository"


def test_its_failure_is_held_against_the_record_too(governed: Governed) -> None:
    with pytest.raises(RequiredGateLost):
        go(governed, ScriptedFoundry(overlays=False))
    add_gates(governed)
    report = go(governed, ScriptedFoundry({GATE: "failed"}, "failed", "execution", overlays=False))
    assert (report.records[0].record_id, report.records[0].verdict) == (BOUNDARY, "unsatisfied")


def test_the_store_says_which_gates_of_the_plan_were_really_run(governed: Governed) -> None:
    with pytest.raises(RequiredGateLost):
        go(governed, ScriptedFoundry(overlays=False))
    add_gates(governed)
    report = go(governed, ScriptedFoundry(overlays=False))
    ask = governed.workspace.warehouse.query
    rows = ask("SELECT gate, became, ran_as, status FROM run_plan_gates($1)", [report.provenance.run_id]).rows
    assert rows == ((GATE, "repository", "repository", "passed"),)


def test_a_gate_of_the_brief_that_nobody_ran_is_named_after_the_run(governed: Governed) -> None:
    report = go(governed, ScriptedFoundry(overlays=True))
    assert (report.compiled_down, report.plan_gates[0].ran_as) == ((), "overlay")
    add_gates(governed)
    governed.shop.write(".hone-gates.json", '{"gates": [{"name": "tests", "command": "true"}]}')
    governed.shop.commit("Let them go again")
    promised = ScriptedFoundry(overlays=False)
    promised.manifest = ScriptedFoundry(overlays=True).manifest  # type: ignore[method-assign]
    broken = go(governed, promised)
    assert not_as_briefed(broken) == (f"gate {GATE} of the brief was not run",)
    rows = governed.workspace.warehouse.query(
        "SELECT ran_as FROM run_plan_gates($1)", [broken.provenance.run_id]
    ).rows
    assert rows == ((None,),)


def test_a_request_for_whoever_takes_it_is_held_against_the_manifest_that_was_told(
    governed: Governed,
) -> None:
    go(governed, ScriptedFoundry())
    brief = governed.workspace.shelf.find(FORMATION_BRIEF, "brief_")
    governed.shop.write("README.md", "# Another revision\n")
    governed.shop.commit("Move on")
    manifest = seal(
        CAPABILITY_MANIFEST,
        ScriptedFoundry(overlays=False).manifest(),
        id=new_id("manifest"),
        created_at=governed.workspace.clock(),
        created_by="a runner",
        compiler_version="test 0",
    )
    assert told_capabilities(governed.workspace) is None
    keep_capabilities(governed.workspace, manifest.to_bytes())
    with pytest.raises(RequiredGateLost, match=GATE):
        request_run(governed.workspace, RequestRun(brief.id), target=told_capabilities(governed.workspace))

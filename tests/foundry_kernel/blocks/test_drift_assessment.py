"""The drift checks of an evidence plan are run and told; what they mean is nobody's business here (spec 4.6)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foundry_kernel.blocks.assess_drift import BLOCK
from foundry_kernel.events.catalogue import load_catalogue
from runtime_artifacts.gate_overlay import GateOverlay
from tests.contract.golden_story import tell
from tests.fakes.foundry_run import Run
from tests.fakes.foundry_shell import FakeShell, exits

STORY = tell()
OVERLAY: GateOverlay = STORY["gate_overlay"].content
PLAN = STORY["evidence_plan"].content


def assess(folder: Path, codes: list[int], plan: bool = True, **payload: Any) -> Run:
    """A run over the golden plan and overlay, whose gates exit with these codes in turn."""
    artifacts, tree = folder / "run" / "artifacts", folder / "tree"
    artifacts.mkdir(parents=True)
    tree.mkdir()
    if plan:
        (artifacts / "evidence_plan.json").write_bytes(STORY["evidence_plan"].to_bytes())
        (artifacts / "gate_overlay.json").write_bytes(STORY["gate_overlay"].to_bytes())
    for gate in OVERLAY.gates:
        (tree / gate.working_directory).mkdir(parents=True, exist_ok=True)
    answers: dict[tuple[str, ...] | str, Any] = {}
    for number, gate in enumerate(OVERLAY.gates):
        argv = gate.command if isinstance(gate.command, str) else tuple(gate.command)
        answers[argv] = exits(codes[number % len(codes)], "two imports go around it")
    return Run(
        folder / "run",
        [BLOCK],
        throttle="dry_run",
        payload=payload,
        closing_events=["drift_assessment_completed"],
        catalogue=load_catalogue(),
        entry_type="drift_assessment_requested",
        tree=tree,
        shell=FakeShell(answers),
        environment={"PATH": "/bin"},
    )


def checks(run: Run) -> dict[str, str]:
    told = next(f.payload for f in run.facts if f.event_type == "drift_assessment_completed")
    return {each["evidence_id"]: each["status"] for each in told["checks"]}


@pytest.mark.parametrize(
    ("code", "status", "outcome"),
    [(0, "satisfied", "completed"), (1, "unsatisfied", "completed_with_findings")],
)
async def test_every_item_of_the_plan_is_told_and_drift_is_a_finding(
    code: int, status: str, outcome: str, tmp_path: Path
) -> None:
    run = assess(tmp_path, [code])
    ended = await run.go()
    assert ended.status == outcome, ended
    observed = {gate.evidence_id for gate in OVERLAY.gates}
    assert checks(run) == {
        item.evidence_id: status if item.evidence_id in observed else "unknown" for item in PLAN.items
    }
    reported = {fact.evidence_id for fact in run.facts if fact.kind == "gate_finished"}
    assert reported == {item.evidence_id for item in PLAN.items} & observed, "so that observations follow"


async def test_only_what_is_asked_for_is_run(tmp_path: Path) -> None:
    wanted = next(gate.evidence_id for gate in OVERLAY.gates if gate.evidence_id)
    run = assess(tmp_path, [0], evidence_ids=[wanted])
    assert (await run.go()).status == "completed"
    assert list(checks(run)) == [wanted]
    assert len(run.shell.asked) == 1


@pytest.mark.parametrize(("plan", "asked"), [(False, []), (True, ["nobody.intent.x#y"])])
async def test_without_a_plan_or_with_a_strange_id_nothing_is_run(
    plan: bool, asked: list[str], tmp_path: Path
) -> None:
    run = assess(tmp_path, [0], plan, evidence_ids=asked)
    outcome = await run.go()
    assert (outcome.status, outcome.failure_class) == ("failed", "validation")
    assert run.shell.asked == []

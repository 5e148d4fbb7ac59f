"""The last runs as numbers: verdicts, what drifted and was allowed then, gates, blocks."""

from __future__ import annotations

from pathlib import Path

from alloynb.application.run_loop import RunLoop, run_loop
from alloynb.application.trends import trends_of
from tests.fakes.alloy_workspace import ScriptedFoundry, governed_shop

GATE = "vendor-boundary.imports"


def test_runs_are_told_oldest_first_with_what_held_then(tmp_path: Path) -> None:
    governed = governed_shop(tmp_path / "shop", "vendor-boundary")
    assert trends_of(governed.workspace).runs == ()
    told = []
    for number, foundry in enumerate(
        (
            ScriptedFoundry(),
            ScriptedFoundry(gates={GATE: "failed"}, status="failed", failure_class="execution"),
        )
    ):
        (governed.shop.root / "notes.md").write_text(f"{number}")
        governed.shop.commit("Another revision")
        report = run_loop(governed.workspace, RunLoop(), html_of=lambda report: "", foundry=foundry)
        told.append(report.provenance.run_id)
    found = trends_of(governed.workspace)
    assert sorted(run.run_id for run in found.runs) == sorted(told)
    verdicts = {run.run_id: run.verdicts for run in found.runs}
    assert [verdicts[run_id] for run_id in told] == [{"satisfied": 1}, {"unsatisfied": 1}]
    assert {run.drifted for run in found.runs} == {0}

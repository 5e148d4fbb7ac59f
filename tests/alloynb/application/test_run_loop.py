"""Once round the loop, with a Foundry that says what it is told."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from alloynb.application.compile_intent import CompileIntent, NotReadyForUse, compile_intent
from alloynb.application.loop_report import LoopReport
from alloynb.application.read_run import NoResult, find_run
from alloynb.application.run_loop import RunLoop, read_again, run_loop
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError, CannotRun, Refused
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from tests.fakes.alloy_shop import BOUNDARY, CART
from tests.fakes.alloy_workspace import Governed, ScriptedFoundry, governed_shop
from tests.fakes.evidence_store import TickingClock

GATE = "vendor-boundary.imports"


@pytest.fixture
def governed(tmp_path: Path) -> Governed:
    return governed_shop(tmp_path / "shop", "vendor-boundary")


def title_of(report: LoopReport) -> str:
    return f"page of {report.provenance.run_id}"


def go(workspace: Workspace, foundry: ScriptedFoundry, command: RunLoop | None = None) -> LoopReport:
    return run_loop(workspace, command or RunLoop(), html_of=title_of, foundry=foundry)


def test_one_round_compiles_requests_executes_and_reads(governed: Governed) -> None:
    foundry, told = ScriptedFoundry(), list[str]()
    report = run_loop(governed.workspace, RunLoop(), html_of=title_of, tell=told.append, foundry=foundry)
    assert [(record.record_id, record.verdict) for record in report.records] == [(BOUNDARY, "satisfied")]
    assert (report.holds, report.exit_code, report.deduplicated, report.unread) == (True, 0, False, ())
    assert foundry.asked == [report.provenance.request_id]
    assert report.revision == governed.shop.git("rev-parse", "HEAD")
    assert report.branch == "main"
    assert Path(report.places.html).read_text() == f"page of {report.provenance.run_id}"
    assert [line.partition(" ")[0] for line in told] == ["compiling", "brief", "request"]
    assert json.loads(json.dumps(report.as_json()))["counts"] == {"satisfied": 1}


def test_records_become_active_with_their_first_use(governed: Governed) -> None:
    assert governed.workspace.intent.get(BOUNDARY).model.status == "accepted"
    go(governed.workspace, ScriptedFoundry())
    assert governed.workspace.intent.get(BOUNDARY).model.status == "active"
    last = governed.workspace.ledger.history(BOUNDARY).entries[-1]
    assert (last.to_status, last.why) == ("active", "first used by a brief")
    assert last.link == governed.workspace.shelf.find(FORMATION_BRIEF, "brief_").id


def test_the_same_round_is_answered_with_the_earlier_result(governed: Governed) -> None:
    foundry = ScriptedFoundry()
    first = go(governed.workspace, foundry)
    second = go(governed.reopened(), foundry)
    assert len(foundry.asked) == 1
    assert second.deduplicated
    assert second.provenance == first.provenance


def test_reading_a_run_again_adds_no_facts(governed: Governed) -> None:
    go(governed.workspace, ScriptedFoundry())
    (count,) = governed.workspace.warehouse.query("SELECT count(*) FROM facts").rows[0]
    for _ in range(2):
        read_again(governed.reopened(), None, html_of=title_of)
    assert governed.workspace.warehouse.query("SELECT count(*) FROM facts").rows == ((count,),)


def test_a_new_commit_or_an_explained_override_is_another_round(governed: Governed) -> None:
    foundry = ScriptedFoundry()
    go(governed.workspace, foundry)
    again = go(governed.workspace, foundry, RunLoop(again=True, why="it was flaky"))
    assert not again.deduplicated
    governed.shop.write("README.md", "# Another shop\n")
    governed.shop.commit("Rename")
    assert not go(governed.workspace, foundry).deduplicated
    assert len(set(foundry.asked)) == 3
    overrides = [each.content.override for each in governed.workspace.mailbox.requests()]
    assert [each.why if each else None for each in overrides] == [None, "it was flaky", None]


@pytest.mark.parametrize("why", ["", "  \n"])
def test_an_override_that_nobody_explains_writes_nothing(governed: Governed, why: str) -> None:
    before = governed.shop.tree()
    with pytest.raises(Refused, match="override"):
        go(governed.workspace, ScriptedFoundry(), RunLoop(again=True, why=why))
    assert governed.shop.tree() == before


def test_without_foundry_nothing_is_written(governed: Governed) -> None:
    before = governed.shop.tree()
    with pytest.raises(CannotRun):
        go(governed.workspace, ScriptedFoundry(missing=True))
    assert governed.shop.tree() == before


def test_a_failed_gate_leaves_its_record_unsatisfied(governed: Governed) -> None:
    foundry = ScriptedFoundry({GATE: "failed"}, "failed", "execution")
    report = go(governed.workspace, foundry)
    (record,) = report.records
    assert (record.verdict, report.exit_code) == ("unsatisfied", 1)
    assert [each.status for each in record.evidence] == ["unsatisfied"]


def test_a_gate_that_was_cut_off_proves_nothing_either_way(governed: Governed) -> None:
    governed.shop.write("notes.txt", "what is read is not the commit: only the gate could speak of it\n")
    report = go(governed.workspace, ScriptedFoundry({GATE: "cancelled"}, "failed", "execution"))
    assert (report.records[0].verdict, report.exit_code) == ("unknown", 4)


def test_drift_of_the_working_tree_is_told_beside_a_run_that_holds(governed: Governed) -> None:
    governed.shop.plant()
    report = go(governed.workspace, ScriptedFoundry())
    assert report.records[0].verdict == "satisfied", "the commit holds"
    assert [(each.status, each.place) for each in report.findings] == [("new", f"{CART}:1")]
    assert CART in report.uncommitted
    assert (report.holds, report.exit_code) == (False, 1)


def test_a_foundry_that_refuses_leaves_a_request_that_can_be_run_later(governed: Governed) -> None:
    with pytest.raises(NoResult, match=r"foundry-kernel run runreq_"):
        go(governed.workspace, ScriptedFoundry(claims=False))
    foundry = ScriptedFoundry()
    assert not go(governed.workspace, foundry).deduplicated
    assert foundry.asked == [each.id for each in governed.workspace.mailbox.requests()], "the same request"


def test_a_run_that_left_no_result_is_named_with_what_to_do(governed: Governed) -> None:
    with pytest.raises(NoResult, match=r"run_\w+ accepted runreq_\w+") as caught:
        go(governed.workspace, ScriptedFoundry(reports=False))
    assert "foundry-kernel watch run_" in caught.value.next_step
    assert "foundry-kernel resume run_" in caught.value.next_step


def test_the_last_attempt_is_what_is_told(governed: Governed) -> None:
    died = go(governed.workspace, ScriptedFoundry({GATE: "cancelled"}, "failed", "execution"))
    ScriptedFoundry().run(died.provenance.request_id, governed.shop.root, quiet=True)
    told = go(governed.workspace, ScriptedFoundry())
    assert (told.status, told.provenance.attempt, told.deduplicated) == ("completed", 2, True)
    assert told.provenance.run_id == died.provenance.run_id
    stored = governed.workspace.warehouse.query("SELECT status FROM intent_satisfaction").rows
    assert stored == (("satisfied",),)


def test_a_run_whose_folder_is_gone_is_read_from_its_result_and_says_so(governed: Governed) -> None:
    report = go(governed.workspace, ScriptedFoundry())
    folder = Path(report.places.run_dir)
    folder.rename(folder.with_name("elsewhere"))
    again = read_again(governed.workspace, None, html_of=title_of)
    assert again.records[0].verdict == "satisfied"
    assert any(report.provenance.run_id in each for each in again.unread)


def test_a_run_is_found_by_the_beginning_of_its_id(governed: Governed) -> None:
    with pytest.raises(AlloyError, match="no finished run"):
        find_run(governed.workspace, None)
    foundry = ScriptedFoundry()
    first = go(governed.workspace, foundry).provenance.run_id
    go(governed.workspace, foundry, RunLoop(again=True, why="once more"))
    assert find_run(governed.workspace, first).run_id == first
    with pytest.raises(AlloyError, match="any of 2 runs"):
        find_run(governed.workspace, "run_")


class SomebodyElseFirst(TickingClock):
    """When it is looked at, another process has compiled the same records meanwhile."""

    def __init__(self, governed: Governed) -> None:
        super().__init__()
        self._governed = governed
        self.looks = 0

    def __call__(self) -> datetime:
        self.looks += 1
        if self.looks == 2:  # the first is of the compilation, the second of the step that it takes
            compile_intent(self._governed.reopened(), CompileIntent())
        return super().__call__()


def test_two_that_compile_at_once_do_not_trip_over_each_other(governed: Governed) -> None:
    clock = SomebodyElseFirst(governed)
    compiled = compile_intent(governed.reopened(clock=clock), CompileIntent())
    assert clock.looks >= 2
    assert compiled.activated == (), "the other was first"
    history = governed.workspace.ledger.history(BOUNDARY).entries
    assert [entry.to_status for entry in history] == ["proposed", "accepted", "active"]


def test_a_record_without_a_source_is_refused_before_anything_is_written(governed: Governed) -> None:
    workspace = governed.workspace
    stored = workspace.intent.get(BOUNDARY)
    workspace.registrar.revise(stored, {"sources": ()}, workspace.principal, "lost it", workspace.clock())

    with pytest.raises(NotReadyForUse, match="at least one source"):
        go(workspace, ScriptedFoundry())

    assert list(workspace.shelf.all(FORMATION_BRIEF)) == []
    assert list(workspace.mailbox.requests()) == []

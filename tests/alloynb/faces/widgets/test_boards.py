"""Boards show much and cost little: filtered, paged, walked and answered, with or without a browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alloynb.application.board_findings import board_findings
from alloynb.application.board_satisfaction import board_satisfaction
from alloynb.application.look_for_drift import LookForDrift, look_for_drift
from alloynb.faces.widgets.board import PAGE
from alloynb.faces.widgets.contradiction_board import ContradictionBoard
from alloynb.faces.widgets.drift_board import DriftBoard
from alloynb.faces.widgets.live import UnfitMessage
from alloynb.faces.widgets.relation_graph import RelationGraph
from alloynb.faces.widgets.satisfaction_board import SatisfactionBoard
from tests.alloynb.faces.widgets.test_widgets import Page
from tests.fakes.alloy_shop import BOUNDARY
from tests.fakes.alloy_workspace import Governed, governed_shop
from tests.fakes.many_findings import record_findings
from tests.fakes.many_verdicts import record_verdicts


@pytest.fixture
def drifted(tmp_path: Path) -> Governed:
    """A shop with one finding."""
    governed = governed_shop(tmp_path / "shop", "vendor-boundary", "totals-are-right")
    governed.shop.plant()
    look_for_drift(governed.workspace, LookForDrift())
    return governed


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Governed:
    """A shop with a thousand findings."""
    governed = governed_shop(tmp_path_factory.mktemp("crowded") / "shop", "vendor-boundary")
    record_findings(governed.workspace, 1000, (BOUNDARY, "shop.intent.gone"))
    return governed


# ---- drift


def test_a_finding_is_shown_with_its_record_and_can_be_answered_in_three_ways(drifted: Governed) -> None:
    board = DriftBoard(drifted.workspace)

    (finding,) = board.value
    detail = board.view["detail"]
    assert (detail["status"], dict(detail["facts"])["evidence"]) == ("new", f"`{finding.evidence_id}`")
    assert "capability" in dict(detail["facts"])
    assert [each["name"] for each in detail["answers"]] == ["drift", "exception", "obsolete"]
    assert board.view["verdict"]["headline"].startswith("1 open drift finding")


def test_an_exception_becomes_a_file_and_the_finding_leaves_the_open_ones(drifted: Governed) -> None:
    board = DriftBoard(drifted.workspace)
    (finding,) = board.value

    told = board.answer(finding.finding_id, "exception", why="until the new vendor", until="90d", path="")

    (file,) = (drifted.workspace.alloy_dir / "exceptions").glob("*.yaml")
    assert str(file.relative_to(drifted.shop.root)) in told
    assert "until the new vendor" in file.read_text()
    assert board.value == ()
    assert board.view["verdict"]["good"]
    board.filter(state="allowed")
    assert "until the new vendor" in board.value[0].allowed
    (again,) = [each for each in board_findings(replace(drifted.workspace)) if each.status == "exception"]
    assert again.decision == "exception", "it is found again after a restart"


def test_drift_and_obsolete_are_kept_as_what_a_human_said(drifted: Governed) -> None:
    board = DriftBoard(drifted.workspace)
    (finding,) = board.value
    board.answer(finding.finding_id, "drift", why="we still want to leave")
    assert board.value[0].decision == "drift"
    board.filter(state="unanswered")
    assert board.value == ()
    board.filter(state="open")
    assert "contradict" in board.answer(finding.finding_id, "obsolete", why="we stay with them")
    assert "we stay with them" in str(board)


def test_an_answer_that_is_refused_changes_nothing_and_says_the_next_step(drifted: Governed) -> None:
    board = DriftBoard(drifted.workspace)
    (finding,) = board.value
    payload = {"key": finding.finding_id, "answer": "exception"}

    assert "ends some day" in board.press("answer", **payload, fields={"why": "x", "until": ""})
    assert "reason" in board.press("answer", key=finding.finding_id, answer="drift", fields={"why": " "})
    assert board.press("answer", key="nothing", answer="drift", fields={"why": "x"})
    assert board.press("answer", key=finding.finding_id, answer="accept", fields={"why": "x"})
    assert board.value[0].decision is None


def test_a_board_that_looks_again_sees_what_was_mended(drifted: Governed) -> None:
    board = DriftBoard(drifted.workspace)
    drifted.shop.git("checkout", "-q", ".")

    assert board.press("look") == ""

    assert "1 resolved" in board.view["notice"]
    assert board.value == ()


def test_a_browser_is_sent_one_page_however_many_there_are(crowded: Governed) -> None:
    board = DriftBoard(crowded.workspace)

    assert (board.view["total"], len(board.view["rows"])) == (800, PAGE)
    assert board.press("go", at=120) == ""
    assert (board.view["first"], board.view["at"]) == (100, 120)
    assert board.press("go", at=10**9) == ""
    assert board.view["at"] == 799
    assert board.press("go", at="1")
    assert "the first 50 shown" in board.twin().text()


def test_findings_are_narrowed_by_state_severity_record_path_and_words(crowded: Governed) -> None:
    board = DriftBoard(crowded.workspace)
    board.filter(state="", severity="high", record_id="shop.intent.gone")
    assert {(each.severity, each.record_id) for each in board.value} == {("high", "shop.intent.gone")}
    board.filter(severity="", record_id="", path="part7/**")
    assert {each.path.partition("/")[0] for each in board.value} == {"part7"}
    board.filter(path="part7/module7.py", words="ACME client7")
    assert [each.place for each in board.value] == ["part7/module7.py:8"]
    board.filter(words="nothing of this name")
    assert (board.view["total"], board.view["detail"]) == (0, None)


def test_what_came_back_stands_before_what_is_known_and_high_before_low(crowded: Governed) -> None:
    found = DriftBoard(crowded.workspace).value
    assert [each.status for each in found] == sorted(
        (each.status for each in found), key=["regressed", "new", "known"].index
    )
    assert found[0].severity == "high"


@pytest.mark.parametrize("chosen", [{"state": "gone"}, {"colour": "red"}, {"severity": "urgent"}])
def test_a_filter_that_there_is_not_is_refused(drifted: Governed, chosen: dict[str, str]) -> None:
    with pytest.raises(UnfitMessage):
        DriftBoard(drifted.workspace).filter(**chosen)


def test_what_a_page_keeps_of_findings_is_a_table(drifted: Governed) -> None:
    board = DriftBoard(drifted.workspace)
    bundle, _ = board._repr_mimebundle_()

    page = Page(bundle["text/html"])
    assert not page.open
    assert "1 open drift finding" in page.said
    assert board.value[0].place in page.said
    assert bundle["text/plain"] == str(board)


def test_without_findings_a_board_says_that_nothing_is_open(tmp_path: Path) -> None:
    board = DriftBoard(governed_shop(tmp_path / "shop").workspace)
    assert str(board).startswith("✔ No open drift")


# ---- satisfaction


SAID = {
    "holds": ["satisfied"] * 4,
    "erodes": ["satisfied", "satisfied", "satisfied", "unsatisfied"],
    "late": [None, None, "unknown", "satisfied"],
}


def test_records_stand_by_runs_and_what_holds_least_comes_first(tmp_path: Path) -> None:
    governed = governed_shop(tmp_path / "shop")
    runs = record_verdicts(governed.workspace, SAID)

    board = board_satisfaction(governed.workspace)

    assert tuple(each.run_id for each in board.runs) == runs
    assert [each.record_id.rpartition(".")[2] for each in board.records] == ["erodes", "holds", "late"]
    assert [each.status if each else None for each in board.records[2].verdicts] == SAID["late"]
    assert [each.trend for each in board.records] == ["eroding", "", "recovering"]


def test_a_board_of_runs_is_paged_both_ways_and_narrowed(tmp_path: Path) -> None:
    governed = governed_shop(tmp_path / "shop")
    record_verdicts(governed.workspace, SAID)
    board = SatisfactionBoard(governed.workspace, runs=3)

    assert (board.view["earlier"], board.view["later"], len(board.view["runs"])) == (1, 0, 3)
    assert board.press("earlier") == ""
    assert (board.view["earlier"], board.view["later"], len(board.view["runs"])) == (0, 3, 1)
    assert board.press("later") == ""
    assert board.press("only", only=True) == ""
    assert [each[1] for each in board.view["records"]] == ["Record erodes", "Record late"]
    assert "2 of 3 capabilities hold, 1 eroding" in str(board)
    page = Page(board.twin().html())
    assert not page.open
    assert "↘ eroding" in page.said


def test_without_runs_a_board_says_so(tmp_path: Path) -> None:
    board = SatisfactionBoard(governed_shop(tmp_path / "shop").workspace)
    assert str(board) == "No run was read yet."
    assert "No run was read yet" in board.twin().html()


# ---- relations


def test_a_map_is_drawn_around_the_record_that_is_chosen(drifted: Governed) -> None:
    graph = RelationGraph(drifted.workspace)
    assert graph.view["focus"] == ""

    assert graph.press("focus", node="vendor-boundary", steps=2) == ""

    assert graph.view["around"]["id"] == BOUNDARY
    assert [each.id for each in graph.value.nodes] == [BOUNDARY]
    assert graph.press("focus", node="nobody", steps=1)
    assert graph.press("focus", node=BOUNDARY, steps="1")
    assert len(graph.listed) == 2


# ---- contradictions


@pytest.fixture
def in_doubt(drifted: Governed) -> Governed:
    """A shop of which a human said that the intent is obsolete."""
    board = DriftBoard(drifted.workspace)
    board.answer(board.value[0].finding_id, "obsolete", why="we stay with this vendor")
    return drifted


def test_a_question_is_shown_with_its_evidence_and_waits_for_a_human(in_doubt: Governed) -> None:
    board = ContradictionBoard(in_doubt.workspace)

    (question,) = board.value
    assert question.asked.record_ids == (BOUNDARY,)
    assert board.view["verdict"]["good"] is None
    assert [each["name"] for each in board.view["detail"]["answers"]] == [
        "preserve",
        "simplify",
        "contradicted",
        "deprecated",
    ]
    assert "we stay with this vendor" in str(board)
    assert not Page(board.twin().html()).open


def test_to_preserve_is_a_file_and_the_question_is_answered_for_now(in_doubt: Governed) -> None:
    board = ContradictionBoard(in_doubt.workspace)
    (question,) = board.value

    told = board.answer(question.asked.question_id, "preserve", why="we leave next year", until="90d")

    assert "Written: .alloy/" in told
    assert board.value == ()
    board.filter(state="answered")
    assert board.value[0].answer is not None
    assert "we leave next year" in str(board)


def test_a_record_that_is_untrue_is_taken_out_of_force(in_doubt: Governed) -> None:
    board = ContradictionBoard(in_doubt.workspace)
    (question,) = board.value
    payload = {"key": question.asked.question_id, "answer": "contradicted"}
    assert "several" in board.press("answer", **payload, fields={"why": "x", "record": "another"})

    assert board.press("answer", **payload, fields={"why": "we stay with them", "record": ""}) == ""

    assert in_doubt.workspace.intent.get(BOUNDARY).model.status == "contradicted"
    assert board.value == ()

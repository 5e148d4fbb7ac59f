"""The sample history is whole enough to look at every board and analysis, and is told to be made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from alloynb.application.board_findings import board_findings
from alloynb.application.board_satisfaction import board_satisfaction
from alloynb.application.follow_run import read_trace
from alloynb.application.sample_history import NIGHTS, create_sample_history, open_or_sample
from alloynb.application.workspace import Workspace
from tests.fakes.alloy_workspace import governed_shop
from tests.fakes.many_verdicts import record_verdicts


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return create_sample_history(tmp_path_factory.mktemp("sample") / "shop")


def test_every_night_has_a_run_and_a_verdict_on_every_record(sample: Workspace) -> None:
    board = board_satisfaction(sample, runs=100)
    assert len(board.runs) == NIGHTS
    assert all(None not in each.verdicts for each in board.records)
    assert {each.now for each in board.records} == {"satisfied", "unknown"}


def test_findings_of_every_kind_are_there(sample: Workspace) -> None:
    assert sorted(each.status for each in board_findings(sample)) == [
        "exception",
        "known",
        "resolved",
        "resolved",
    ]


def test_the_newest_run_is_the_last_night(sample: Workspace) -> None:
    trace = read_trace(sample)
    assert trace.run_id == board_satisfaction(sample, runs=1).runs[0].run_id
    assert len(trace.gates()) == 3


@pytest.mark.parametrize(
    "view", ["flaky_gates", "contradictions", "exceptions", "waivers", "block_durations"]
)
def test_every_question_of_the_analyses_has_an_answer(sample: Workspace, view: str) -> None:
    assert sample.warehouse.query(f"FROM {view}").rows


def test_a_repository_with_runs_of_its_own_is_shown_and_not_the_sample(tmp_path: Path) -> None:
    governed = governed_shop(tmp_path / "shop")
    record_verdicts(governed.workspace, {"x": ["satisfied"]})
    found, is_sample = open_or_sample(governed.shop.root, tmp_path / "unused")
    assert (found.root, is_sample) == (governed.shop.root, False)
    assert not (tmp_path / "unused").exists()


def test_elsewhere_the_sample_is_made(tmp_path: Path) -> None:
    found, is_sample = open_or_sample(tmp_path, tmp_path / "here")
    assert (found.root, is_sample) == (tmp_path / "here" / "shop", True)

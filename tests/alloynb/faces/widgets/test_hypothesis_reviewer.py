"""A review is quick, can be taken back until it is written, and loses nothing that could not be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alloynb.application.review_hypotheses import open_hypotheses
from alloynb.application.workspace import Workspace, open_workspace
from alloynb.errors import AlloyError
from alloynb.faces.widgets import HypothesesTable, HypothesisReviewer
from alloynb.faces.widgets.live import UnfitMessage
from alloynb.intent.authority import Principal
from alloynb.intent.errors import MissingAuthority
from tests.alloynb.faces.widgets.test_widgets import check_readable
from tests.fakes.alloy_workspace import governed_shop
from tests.fakes.hypotheses import keep_hypotheses


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    found = governed_shop(tmp_path / "shop").workspace
    keep_hypotheses(found, 5)
    return found


def ids(workspace: Workspace) -> list[str]:
    return [each.id for each in open_hypotheses(workspace)]


def test_the_most_confident_comes_first_and_the_list_knows_titles_alone(workspace: Workspace) -> None:
    reviewer = HypothesisReviewer(workspace)

    assert [row[0] for row in reviewer.rows] == ids(workspace)
    assert [row[2] for row in reviewer.rows] == sorted((row[2] for row in reviewer.rows), reverse=True)
    assert all(len(str(row)) < 200 for row in reviewer.rows)


def test_a_card_shows_observations_with_their_place_and_weight(workspace: Workspace) -> None:
    reviewer = HypothesisReviewer(workspace)
    first = ids(workspace)[0]

    cards: Any = reviewer.acts()["cards"]({"ids": [first, "shop.hypothesis.gone"]})

    assert list(cards) == [first]
    supports, against = cards[first]["observed"]
    assert (supports["place"], supports["weight"], supports["supports"]) == (
        "orders/__init__.py:1",
        0.6,
        True,
    )
    assert against["signal"] == "change_coupling"
    assert not against["supports"]


def test_nothing_is_written_before_the_reviewer_says_so(workspace: Workspace) -> None:
    reviewer = HypothesisReviewer(workspace)
    before = ids(workspace)

    reviewer.press("decide", ids=before[:2], verdict="accept", why="")
    reviewer.press("decide", ids=[before[2]], verdict="reject", why="by chance")

    assert ids(workspace) == before
    assert not workspace.intent.scan().models
    assert reviewer.value.waiting == 2
    assert {name: each.verdict for name, each in reviewer.value.staged.items()} == {
        before[0]: "accept",
        before[1]: "accept",
        before[2]: "reject",
    }


def test_written_decisions_are_records_and_kept_rejections(workspace: Workspace) -> None:
    reviewer = HypothesisReviewer(workspace)
    first, second, third, *others = ids(workspace)
    reviewer.accept(first, second)
    reviewer.reject(third, why="by chance")

    assert reviewer.press("write") == ""

    assert [each.outcome for each in reviewer.value.written] == ["accepted", "accepted", "rejected"]
    assert {each.status for each in workspace.intent.load_all()} == {"accepted"}
    assert ids(workspace) == others == [row[0] for row in reviewer.rows]
    assert reviewer.decided == {}
    assert reviewer.view["written"] == {"accepted": 2, "rejected": 1, "refused": 0}


def test_decisions_are_taken_back_in_the_order_in_which_they_were_made(workspace: Workspace) -> None:
    reviewer = HypothesisReviewer(workspace)
    first, second, *_ = ids(workspace)
    reviewer.accept(first)
    reviewer.reject(first, second, why="both by chance")

    reviewer.undo()
    assert reviewer.decided == {first: ["accept", "reviewed and accepted"]}
    reviewer.undo()
    assert reviewer.decided == {}
    assert "nothing to take back" in reviewer.press("undo")


def test_a_rejection_needs_a_reason(workspace: Workspace) -> None:
    reviewer = HypothesisReviewer(workspace)

    assert "needs a reason" in reviewer.press("decide", ids=ids(workspace)[:1], verdict="reject", why=" ")
    assert reviewer.decided == {}


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"ids": ["shop.hypothesis.gone"], "verdict": "accept", "why": ""},
        {"ids": [], "verdict": "burn", "why": ""},
    ],
)
def test_a_message_that_makes_no_sense_decides_nothing(workspace: Workspace, payload: dict[str, Any]) -> None:
    reviewer = HypothesisReviewer(workspace)

    assert reviewer.press("decide", **payload)
    assert reviewer.decided == {}


def test_an_edit_is_written_at_once_and_accepted_as_it_stands(workspace: Workspace) -> None:
    reviewer = HypothesisReviewer(workspace)
    first = ids(workspace)[0]
    fields = {**open_hypotheses(workspace)[0].intent, "title": "Orders leave the ledger alone"}

    assert reviewer.press("edit", id=first, fields=fields) == ""
    assert open_hypotheses(workspace)[0].edited
    assert reviewer.rows[0][1:] == ["Orders leave the ledger alone", 0.95, True]
    reviewer.accept(first)
    reviewer.write()

    assert [each.title for each in workspace.intent.load_all()] == ["Orders leave the ledger alone"]


def test_an_edit_that_is_no_record_is_refused_and_changes_nothing(workspace: Workspace) -> None:
    reviewer = HypothesisReviewer(workspace)
    first = ids(workspace)[0]

    assert "severity" in reviewer.press("edit", id=first, fields={"title": "x", "severity": "huge"})
    assert not open_hypotheses(workspace)[0].edited


def test_what_is_refused_stays_open_with_the_reason_and_the_rest_is_written(workspace: Workspace) -> None:
    reviewer = HypothesisReviewer(workspace)
    first, second, *_ = ids(workspace)
    workspace.intent.file_of("shop.intent.free-0000").parent.mkdir(parents=True, exist_ok=True)
    workspace.intent.file_of("shop.intent.free-0000").write_text("in the way", encoding="utf-8")
    reviewer.accept(first, second)

    reviewer.write()

    assert [each.outcome for each in reviewer.value.written] == ["refused", "accepted"]
    assert "overwrite" in reviewer.view["refused"][first]
    assert first in ids(workspace)


def test_who_may_not_decide_keeps_what_was_staged(workspace: Workspace) -> None:
    machine = open_workspace(workspace.root, principal=Principal("nightly", "machine"))
    reviewer = HypothesisReviewer(machine)
    reviewer.accept(ids(workspace)[0])

    with pytest.raises(MissingAuthority):
        reviewer.write()

    assert len(reviewer.decided) == 1


def test_a_second_look_drops_decisions_on_what_is_gone(workspace: Workspace) -> None:
    reviewer, other = HypothesisReviewer(workspace), HypothesisReviewer(workspace)
    first, second, *_ = ids(workspace)
    reviewer.accept(first, second)
    other.accept(first)
    other.write()

    reviewer.refresh()

    assert list(reviewer.decided) == [second]


def test_hypotheses_can_be_named_by_slug_and_unknown_ones_are_told(workspace: Workspace) -> None:
    reviewer = HypothesisReviewer(workspace)

    reviewer.accept("free-0003")
    with pytest.raises(UnfitMessage, match="free-9999"):
        reviewer.accept("free-9999")
    with pytest.raises(AlloyError, match="needs a reason"):
        reviewer.reject("free-0003", why="")

    assert list(reviewer.decided) == ["shop.hypothesis.free-0003"]


def test_a_table_stays_where_there_are_no_widgets(workspace: Workspace) -> None:
    reviewer = HypothesisReviewer(workspace)
    reviewer.accept("free-0000")

    page = check_readable(reviewer.twin())

    for told in (page.said, str(reviewer)):
        assert "5 hypotheses to review" in told
        assert "free-0004" in told
        assert "accepted" in told
    assert check_readable(HypothesesTable([])).said == "No hypothesis is open."

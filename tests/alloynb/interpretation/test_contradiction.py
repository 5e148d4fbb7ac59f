from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from alloynb.intent.record import IntentRecord
from alloynb.interpretation.contradiction import find_contradictions

MakeRecord = Callable[..., IntentRecord]


def conflict(target: str, **more: Any) -> dict[str, Any]:
    return {"relationships": [{"type": "conflicts_with", "target": f"shop.intent.{target}", **more}]}


RESOLVED = {"resolution": {"by": "ada", "at": "2026-02-01T00:00:00Z", "why": "different platforms"}}


def test_two_guiding_records_in_conflict_raise_one_question(make_record: MakeRecord) -> None:
    offline = make_record("offline", **conflict("live", notes="one caches, the other must not"))
    live = make_record("live", **conflict("offline"))

    (question,) = find_contradictions([offline, live])

    assert question.record_ids == ("shop.intent.live", "shop.intent.offline")
    assert "“Keep live” and “Keep offline”" in question.question
    assert "Simplify" in question.question
    assert "preserve" in question.question
    assert any("one caches, the other must not" in each for each in question.evidence)
    assert find_contradictions([live, offline]) == (question,)


def test_the_question_keeps_its_id_when_the_words_change(make_record: MakeRecord) -> None:
    one = find_contradictions([make_record("a", **conflict("b")), make_record("b")])
    other = find_contradictions(
        [make_record("a", title="New words"), make_record("b", **conflict("a", notes="n"))]
    )

    assert one[0].question_id == other[0].question_id
    assert one != other


@pytest.mark.parametrize("side", ["a", "b"])
def test_a_recorded_resolution_on_either_side_answers_it(make_record: MakeRecord, side: str) -> None:
    records = [
        make_record("a", **conflict("b", **(RESOLVED if side == "a" else {}))),
        make_record("b", **conflict("a", **(RESOLVED if side == "b" else {}))),
    ]

    assert find_contradictions(records) == ()


@pytest.mark.parametrize("status", ["proposed", "deprecated", "contradicted", "superseded", "rejected"])
def test_a_record_that_guides_nothing_is_not_asked_about(make_record: MakeRecord, status: str) -> None:
    assert find_contradictions([make_record("a", **conflict("b")), make_record("b", status=status)]) == ()


def test_other_relationships_are_no_conflict(make_record: MakeRecord) -> None:
    link = {"relationships": [{"type": "constrains", "target": "shop.intent.b"}]}

    assert find_contradictions([make_record("a", **link), make_record("b")]) == ()

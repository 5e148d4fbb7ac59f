from __future__ import annotations

from typing import Any

import pytest

from alloynb.interpretation.contradictions.declared_conflicts import DETECTOR


def conflict(target: str, **more: Any) -> dict[str, Any]:
    return {"relationships": [{"type": "conflicts_with", "target": f"shop.intent.{target}", **more}]}


RESOLVED = {"resolution": {"by": "ada", "at": "2026-02-01T00:00:00Z", "why": "different platforms"}}


def test_two_guiding_records_in_conflict_raise_one_question(make_record, make_look) -> None:
    offline = make_record("offline", **conflict("live", notes="one caches, the other must not"))
    live = make_record("live", **conflict("offline"))

    (question,) = DETECTOR.ask(make_look(offline, live)).questions

    assert question.record_ids == ("shop.intent.live", "shop.intent.offline")
    assert "“Keep live” and “Keep offline”" in question.question
    assert "Simplify" in question.question
    assert "preserve" in question.question
    assert any("one caches, the other must not" in each for each in question.evidence)
    assert DETECTOR.ask(make_look(live, offline)).questions == (question,)


def test_the_question_keeps_its_id_when_the_words_change(make_record, make_look) -> None:
    (one,) = DETECTOR.ask(make_look(make_record("a", **conflict("b")), make_record("b"))).questions
    reworded = make_record("a", title="New words"), make_record("b", **conflict("a", notes="n"))
    (other,) = DETECTOR.ask(make_look(*reworded)).questions

    assert one.question_id == other.question_id
    assert one != other


@pytest.mark.parametrize("side", ["a", "b"])
def test_a_recorded_resolution_on_either_side_answers_it(make_record, make_look, side: str) -> None:
    records = [
        make_record("a", **conflict("b", **(RESOLVED if side == "a" else {}))),
        make_record("b", **conflict("a", **(RESOLVED if side == "b" else {}))),
    ]

    assert DETECTOR.ask(make_look(*records)).questions == ()


@pytest.mark.parametrize("status", ["proposed", "deprecated", "contradicted", "superseded", "rejected"])
def test_a_record_that_guides_nothing_is_not_asked_about(make_record, make_look, status: str) -> None:
    records = make_record("a", **conflict("b")), make_record("b", status=status)
    assert DETECTOR.ask(make_look(*records)).questions == ()


def test_other_relationships_are_no_conflict(make_record, make_look) -> None:
    link = {"relationships": [{"type": "constrains", "target": "shop.intent.b"}]}

    assert DETECTOR.ask(make_look(make_record("a", **link), make_record("b"))).questions == ()

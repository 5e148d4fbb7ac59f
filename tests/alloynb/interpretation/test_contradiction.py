"""Contradiction detectors: found in their folder, checked, and kept from failing together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from alloynb.errors import AlloyError
from alloynb.intent.record import IntentRecord
from alloynb.interpretation.contradiction import (
    Asked,
    ContradictionDetector,
    IntentLook,
    check_detector,
    collect_contradiction_detectors,
    find_contradictions,
    question_of,
)

MakeRecord = Callable[..., IntentRecord]
AT = datetime(2026, 11, 27, 12, tzinfo=UTC)


def knows_nothing(sql: str, parameters: Sequence[Any]) -> list[dict[str, Any]]:
    return []


class Fixed:
    """Asks what it is told."""

    def __init__(self, reason: str, *identities: str) -> None:
        self.reason = reason
        self._identities = identities

    def ask(self, look: IntentLook) -> Asked:
        return Asked(
            tuple(
                question_of(self.reason, {"is": each}, ["shop.intent.a"], each, ())
                for each in self._identities
            )
        )


class Broken:
    """Cannot ask."""

    reason = "broken_one"

    def ask(self, look: IntentLook) -> Asked:
        raise AlloyError("the store is not there")


def look(*records: IntentRecord) -> IntentLook:
    return IntentLook("shop", records, AT, knows_nothing)


def test_the_installed_detectors_are_found_by_their_reason() -> None:
    assert set(collect_contradiction_detectors()) >= {
        "changed_reference",
        "conflicting_records",
        "conflicting_rules",
        "costly_strategy",
        "disagreeing_evidence",
        "expired_expectation",
        "obsolete_intent",
        "repeated_leniency",
        "review_trigger",
    }


def test_without_anything_to_ask_about_every_detector_is_silent(make_record: MakeRecord) -> None:
    assert find_contradictions(look(make_record())) == Asked()


def test_one_detector_that_cannot_ask_keeps_no_other_from_it() -> None:
    detectors: dict[str, ContradictionDetector] = {
        "broken_one": Broken(),
        "fixed": Fixed("fixed", "x", "x", "y"),
    }
    asked = find_contradictions(look(), detectors)
    assert {each.question for each in asked.questions} == {"x", "y"}
    assert asked.doubts == ("broken one: the store is not there",)


def test_a_question_is_the_same_as_long_as_its_identity_is() -> None:
    one = question_of("r", {"a": 1}, ["b", "a", "a"], "words", ["e"])
    assert one.record_ids == ("a", "b")
    assert one.question_id == question_of("r", {"a": 1}, ["a", "b"], "other words", []).question_id
    assert one.question_id != question_of("r", {"a": 2}, ["a", "b"], "words", ["e"]).question_id
    assert one.question_id != question_of("s", {"a": 1}, ["a", "b"], "words", ["e"]).question_id


@pytest.mark.parametrize(
    ("offered", "error"), [(object(), TypeError), (Fixed("not a name"), ValueError), (Fixed(""), ValueError)]
)
def test_what_is_no_detector_is_refused(offered: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_detector(offered)

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from alloynb.intent.expectation import Expectation
from alloynb.interpretation.contradictions.expired_expectations import DETECTOR, end_of_horizon


def expectation(horizon: str | None, **more: Any) -> Expectation:
    return Expectation.model_validate(
        {
            "id": "shop.expectation.vendors",
            "statement": "Vendors change their prices.",
            "time_horizon": horizon,
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            **more,
        }
    )


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("until 2027-06-30", date(2027, 6, 30)),
        ("2027-02", date(2027, 2, 28)),
        ("from 2026-01-01 to 2028-12-31", date(2028, 12, 31)),
        ("end of 2027", date(2027, 12, 31)),
        ("until the end of 2027", date(2027, 12, 31)),
        ("2027", date(2027, 12, 31)),
        ("2027-02-30", date(2027, 2, 28)),
        ("the next two years", None),
        ("as long as we sell in 2027 shops", None),
        ("", None),
    ],
)
def test_a_horizon_is_read_only_where_it_is_a_date(text: str, end: date | None) -> None:
    assert end_of_horizon(text) == end


def test_an_expectation_is_asked_about_from_the_day_after_its_horizon(make_record, make_look) -> None:
    leaning = make_record(expectation_ref="shop.expectation.vendors")
    given = expectation("until 2026-10-31")

    def asked(day: int, month: int, found: Expectation = given, *records: Any) -> tuple[Any, ...]:
        at = datetime(2026, month, day, 12, tzinfo=UTC)
        return DETECTOR.ask(make_look(found, *(records or (leaning,)), at=at)).questions

    assert asked(31, 10) == ()
    (question,) = asked(1, 11)
    assert question.about == ("shop.expectation.vendors",)
    assert question.record_ids == ("shop.intent.offline",)
    assert asked(1, 11, given, make_record()) == (), "nothing leans on it"
    said = {"by": "ada", "at": "2026-11-01T08:00:00Z", "why": "still so"}
    assert asked(2, 11, expectation("until 2026-10-31", confirmed=said)) == ()
    earlier = {**said, "at": "2026-10-31T08:00:00Z"}
    assert asked(2, 11, expectation("until 2026-10-31", confirmed=earlier)) == (question,)

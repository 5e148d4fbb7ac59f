"""Cron times are read strictly, and the next moment is the first that fits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_kernel.runner.cron import BadCronTime, parse_cron

NOON = datetime(2026, 11, 27, 12, 0, 30, tzinfo=UTC)  # a Friday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 3 * * *", datetime(2026, 11, 28, 3, 0, tzinfo=UTC)),
        ("*/15 * * * *", datetime(2026, 11, 27, 12, 15, tzinfo=UTC)),
        ("5,35 9-17 * * 1-5", datetime(2026, 11, 27, 12, 5, tzinfo=UTC)),
        ("0 0 * * 7", datetime(2026, 11, 29, 0, 0, tzinfo=UTC)),
        ("0 0 29 2 *", datetime(2028, 2, 29, 0, 0, tzinfo=UTC)),
        ("0 0 13 * 5", datetime(2026, 12, 4, 0, 0, tzinfo=UTC)),  # either day is enough
    ],
)
def test_the_next_moment(text: str, expected: datetime) -> None:
    assert parse_cron(text).next_after(NOON) == expected


@pytest.mark.parametrize(
    "text",
    ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "5-1 * * * *", "*/0 * * * *", "@daily x x x x"],
)
def test_what_is_no_cron_time_is_refused(text: str) -> None:
    with pytest.raises(BadCronTime):
        parse_cron(text)


def test_a_time_that_never_comes_is_refused() -> None:
    with pytest.raises(BadCronTime, match="never comes"):
        parse_cron("0 0 30 2 *").next_after(NOON)


FIELD = st.integers(0, 59)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 59), st.integers(0, 23), st.integers(0, 6), st.integers(0, 60 * 24 * 40))
def test_no_moment_in_between_is_passed_over(minute: int, hour: int, weekday: int, later: int) -> None:
    cron, now = parse_cron(f"{minute} {hour} * * {weekday}"), NOON + timedelta(minutes=later)
    found = cron.next_after(now)

    assert cron.fits(found)
    assert now < found <= now + timedelta(days=7, minutes=1)
    assert not any(
        cron.fits(now + timedelta(hours=hours)) for hours in range(int((found - now).total_seconds() // 3600))
    )

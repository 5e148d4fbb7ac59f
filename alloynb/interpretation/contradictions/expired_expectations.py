"""Shared expectations whose time horizon, where it is stated as a date, is over (spec 2.6, 6.4)."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date

from alloynb.interpretation.contradiction import Asked, ContradictionDetector, IntentLook, question_of

_DATED = re.compile(r"\b(?P<year>20\d\d)-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12]\d|3[01]))?\b")
_YEAR = re.compile(
    r"(?:\b(?:until|till|by|through|end of)\s+)+(?P<year>20\d\d)\b|^(?P<alone>20\d\d)$", re.IGNORECASE
)


class ExpiredExpectations:
    """Reads `until 2027-06-30`, `2027-06` and `end of 2027`; words such as “two years” state no date."""

    reason = "expired_expectation"

    def ask(self, look: IntentLook) -> Asked:
        """Ask about each expectation that a guiding record leans on, unless it was confirmed after its end."""
        questions = []
        for expectation in look.expectations:
            end = end_of_horizon(expectation.time_horizon or "")
            leaning = look.leaning_on(expectation.id)
            if end is None or not leaning or look.at.astimezone(UTC).date() <= end:
                continue
            if expectation.confirmed and expectation.confirmed.at.astimezone(UTC).date() > end:
                continue
            questions.append(
                question_of(
                    self.reason,
                    {"expectation": expectation.id, "horizon": expectation.time_horizon},
                    leaning,
                    f"“{expectation.statement}” was expected until {end}, and records lean on it. Does it still hold "
                    "(preserve, and give it a new horizon), or can they be simplified?",
                    (
                        f"{expectation.id} states its time horizon as: {expectation.time_horizon}",
                        *(f"{record_id} leans on it" for record_id in leaning),
                    ),
                    about=[expectation.id],
                )
            )
        return Asked(tuple(questions))


def end_of_horizon(text: str) -> date | None:
    """Read the last day of a time horizon; of several dates the latest, None when no date is stated."""
    ends = []
    for found in _DATED.finditer(text):
        year, month = int(found["year"]), int(found["month"])
        last = calendar.monthrange(year, month)[1]
        ends.append(date(year, month, min(int(found["day"] or last), last)))
    if not ends and (named := _YEAR.search(text.strip())):
        ends.append(date(int(named["year"] or named["alone"]), 12, 31))
    return max(ends, default=None)


DETECTOR: ContradictionDetector = ExpiredExpectations()

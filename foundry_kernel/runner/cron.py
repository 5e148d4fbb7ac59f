"""Cron times: five fields, read strictly, and the next moment that fits (spec 7.2). Pure.

    minute hour day-of-month month day-of-week      * , - and / as in crontab(5); 0 and 7 are Sunday; no names

As in cron, where both day fields are limited, one that fits is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from foundry_kernel.errors import FoundryError

_FIELDS = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of month", 1, 31),
    ("month", 1, 12),
    ("day of week", 0, 7),
)
_LONGEST_SEARCH = timedelta(days=366 * 9)
"""29 February may be eight years away."""


class BadCronTime(FoundryError):
    """The text is not a cron time, or none that ever comes."""

    failure_class = "validation"


@dataclass(frozen=True)
class CronTime:
    """When something recurs."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    def fits(self, moment: datetime) -> bool:
        """Say whether a moment, cut to its minute, is one of them."""
        in_day = moment.hour in self.hours and moment.minute in self.minutes
        return in_day and self._fits_day(moment)

    def next_after(self, moment: datetime) -> datetime:
        """The first one after a moment, in the moment's own zone.

        Raises:
            BadCronTime: none ever comes, such as 30 February.
        """
        found = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        last = moment + _LONGEST_SEARCH
        while found <= last:
            if not self._fits_day(found):
                found = (found + timedelta(days=1)).replace(hour=0, minute=0)
            elif found.hour not in self.hours:
                found = (found + timedelta(hours=1)).replace(minute=0)
            elif found.minute not in self.minutes:
                found += timedelta(minutes=1)
            else:
                return found
        raise BadCronTime("this time never comes")

    def _fits_day(self, moment: datetime) -> bool:
        if moment.month not in self.months:
            return False
        day, weekday = moment.day in self.days, moment.isoweekday() % 7 in self.weekdays
        if self.any_day or self.any_weekday:
            return day and weekday
        return day or weekday


def parse_cron(text: str) -> CronTime:
    """Read five fields.

    Raises:
        BadCronTime: with the field that cannot be read.
    """
    parts = text.split()
    if len(parts) != len(_FIELDS):
        raise BadCronTime(
            f"{text[:80]!r} has {len(parts)} fields", next_step="five are needed, such as 0 3 * * *"
        )
    read = [_field(part, *field) for part, field in zip(parts, _FIELDS, strict=True)]
    minutes, hours, days, months, weekdays = read
    weekdays = frozenset(day % 7 for day in weekdays)
    return CronTime(
        minutes, hours, days, months, weekdays, parts[2].startswith("*"), parts[4].startswith("*")
    )


def _field(text: str, name: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for piece in text.split(","):
        span, slash, step = piece.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            begin, end = low, high
        else:
            begin = _number(first, name, low, high)
            end = _number(last, name, low, high) if dash else (high if slash else begin)
        every = _number(step, name, 1, high) if slash else 1
        if begin > end:
            raise BadCronTime(f"{name}: {piece!r} runs backwards")
        found |= set(range(begin, end + 1, every))
    return frozenset(found)


def _number(text: str, name: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
        raise BadCronTime(f"{name}: {text[:20]!r} is not a number from {low} to {high}")
    return int(text)

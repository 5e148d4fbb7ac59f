"""Times as artifacts write them: RFC 3339, in UTC, ending in `Z` (spec 3.1)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

TIMESTAMP_PATTERN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$"
)
_TIMESTAMP = re.compile(TIMESTAMP_PATTERN.removesuffix("$"))


def parse_timestamp(text: str) -> datetime:
    """Read an RFC 3339 time with its zone; the answer is in UTC. What is finer than a microsecond is cut.

    Raises:
        ValueError: not such a time.
    """
    if _TIMESTAMP.fullmatch(text) is None:
        raise ValueError("a time is written with its zone, such as 2026-01-31T12:00:00Z")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time in UTC lies between the years 1 and 9999") from error


def format_timestamp(moment: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC with microseconds, ending in `Z`.

    Raises:
        ValueError: the time does not know its zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be written")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

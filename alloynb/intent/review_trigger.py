"""What says "look again": a date, or a condition over the evidence store (spec 2.6)."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import Discriminator, Tag

from alloynb.intent.strict_model import StrictModel, Text


class DateTrigger(StrictModel):
    """Fires on a day and from then on."""

    date: dt.date
    why: Text | None = None


class SqlTrigger(StrictModel):
    """Fires when the first column of any row of a SELECT is true."""

    sql: Text
    why: Text | None = None


def _which_trigger(value: Any) -> str:
    if isinstance(value, dict):
        return "SqlTrigger" if "sql" in value else "DateTrigger"
    return "SqlTrigger" if isinstance(value, SqlTrigger) else "DateTrigger"


ReviewTrigger = Annotated[
    Annotated[DateTrigger, Tag("DateTrigger")] | Annotated[SqlTrigger, Tag("SqlTrigger")],
    Discriminator(_which_trigger),
]
"""A firing trigger raises a contradiction question, never an automatic change."""

"""What the evidence store answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from alloynb.faces.widgets import markup
from alloynb.faces.widgets.plain import columns
from alloynb.faces.widgets.shown import Shown

ROWS_SHOWN = 50


class QueryAnswer(Protocol):
    """Names of columns, and rows of as many values."""

    @property
    def columns(self) -> Sequence[str]:
        """Names of the columns."""

    @property
    def rows(self) -> Sequence[Sequence[Any]]:
        """The values."""


class AnswerTable(Shown):
    """The rows of an answer; a long one is cut, and says so. `value` has them all."""

    def __init__(self, answer: QueryAnswer, caption: str = "Answer") -> None:
        self.value = answer
        self.caption = caption

    def html(self) -> str:
        """One row per row."""
        rows = ([markup.prose(_told(value)) for value in row] for row in self._shown())
        return markup.whole(self.caption, markup.table(self._counted(), tuple(self.value.columns), rows))

    def text(self) -> str:
        """One line per row."""
        rows = [[_told(value).replace("\n", " ") for value in row] for row in self._shown()]
        return f"{self._counted()}\n{columns(tuple(self.value.columns), rows)}"

    def _shown(self) -> Sequence[Sequence[Any]]:
        return self.value.rows[:ROWS_SHOWN]

    def _counted(self) -> str:
        number = len(self.value.rows)
        cut = f", the first {ROWS_SHOWN} shown" if number > ROWS_SHOWN else ""
        return f"{self.caption}: {number} row{'' if number == 1 else 's'}{cut}"


def _told(value: object) -> str:
    match value:
        case None:
            return "–"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case float():
            return f"{value:.6g}"
        case dict() | list() | tuple():
            return json.dumps(value, ensure_ascii=False, default=str)
        case _:
            return str(value)

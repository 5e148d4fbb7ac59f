"""A chart with its table: the picture for the eye, the numbers for everybody."""

from __future__ import annotations

from typing import Any, Self

from alloynb.faces import charts
from alloynb.faces.svg import as_image
from alloynb.faces.widgets import markup
from alloynb.faces.widgets.answer_table import AnswerTable, QueryAnswer
from alloynb.faces.widgets.shown import Shown

_TONES = {
    "satisfied": "good", "passed": "good", "resolved": "good", "completed": "good",
    "unsatisfied": "bad", "failed": "bad", "new": "bad", "regressed": "bad", "known": "bad",
    "partially_satisfied": "warn", "unknown": "warn", "timed_out": "warn",
    "worked": "good", "worked_but_expensive": "warn", "did_not_hold": "bad", "not_shown": "dim",
    "waived": "calm", "exception": "calm", "skipped": "dim",
}  # fmt: skip
_ORDER = (
    "satisfied", "passed", "resolved", "completed", "worked", "waived", "exception", "skipped", "not_shown",
    "partially_satisfied", "worked_but_expensive", "unknown", "did_not_hold", "timed_out",
    "known", "new", "regressed", "unsatisfied", "failed",
)  # fmt: skip
_OTHER_TONES = ("calm", "good", "warn", "bad", "dim")


class NoSuchColumn(ValueError):
    """The answer has no column of this name."""


class Chart(Shown):
    """A drawing of `faces.charts` and the answer that it was made of; `value` is the answer."""

    def __init__(self, caption: str, drawing: str, answer: QueryAnswer) -> None:
        """Show `drawing` above the rows of `answer`; without rows there is no picture."""
        self.value = answer
        self.caption = caption
        self._drawing = drawing
        self._table = AnswerTable(answer, caption)

    @classmethod
    def bars(cls, caption: str, answer: QueryAnswer, *, name: str, value: str, tone: str = "calm") -> Self:
        """One bar a row.

        Args:
            name, value: columns of the answer.

        Raises:
            NoSuchColumn: it has no such column.
        """
        at, of = _column(answer, name), _column(answer, value)
        rows = [charts.Bar(str(row[at]), float(row[of] or 0), tone=tone) for row in answer.rows]
        return cls(caption, charts.bars(caption, rows), answer)

    @classmethod
    def columns(cls, caption: str, answer: QueryAnswer, *, moment: str, series: str, value: str) -> Self:
        """One stacked column a moment, one part of it for each of the series.

        Raises:
            NoSuchColumn: the answer has no such column.
        """
        moments, drawn = _pivot(answer, moment, series, value)
        return cls(caption, charts.columns(caption, moments, drawn), answer)

    @classmethod
    def lines(
        cls,
        caption: str,
        answer: QueryAnswer,
        *,
        moment: str,
        series: str,
        value: str,
        most: float | None = None,
    ) -> Self:
        """One line for each of the series; broken where a moment has no value.

        Raises:
            NoSuchColumn: the answer has no such column.
        """
        moments, drawn = _pivot(answer, moment, series, value)
        return cls(caption, charts.lines(caption, moments, drawn, most=most), answer)

    def html(self) -> str:
        """Picture and table."""
        picture = (
            as_image(self._drawing, f"{self.caption}. The table says the same.") if self.value.rows else ""
        )
        return markup.whole(self.caption, picture, self._table.html())

    def text(self) -> str:
        """The table."""
        return self._table.text()


def _pivot(
    answer: QueryAnswer, moment: str, series: str, value: str
) -> tuple[list[str], list[charts.Series]]:
    at, by, of = (_column(answer, each) for each in (moment, series, value))
    moments = list(dict.fromkeys(str(row[at]) for row in answer.rows))
    found: dict[str, dict[str, Any]] = {}
    for row in answer.rows:
        found.setdefault(str(row[by]), {})[str(row[at])] = row[of]
    drawn = [
        charts.Series(
            name.replace("_", " "),
            [values.get(each) for each in moments],
            _TONES.get(name, _OTHER_TONES[number % len(_OTHER_TONES)]),
        )
        for number, (name, values) in enumerate(sorted(found.items(), key=lambda each: _place(each[0])))
    ]
    return moments, drawn


def _column(answer: QueryAnswer, name: str) -> int:
    if name not in answer.columns:
        raise NoSuchColumn(f"no column {name!r}; there are: {', '.join(answer.columns)}")
    return list(answer.columns).index(name)


def _place(name: str) -> tuple[int, str]:
    """What is well stands below what is not."""
    return (_ORDER.index(name) if name in _ORDER else len(_ORDER), name)

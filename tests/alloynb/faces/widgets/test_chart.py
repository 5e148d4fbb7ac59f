"""A chart never stands alone: its numbers are below it, and in a log they are all there is."""

from __future__ import annotations

import base64
import re

import pytest

from alloynb.faces.charts import Bar, bars
from alloynb.faces.widgets import Chart
from alloynb.faces.widgets.chart import NoSuchColumn
from tests.alloynb.faces.widgets.test_widgets import Page, Rows


def test_a_chart_has_its_table_and_its_text() -> None:
    shown = Chart(
        "Findings by record", bars("Findings by record", [Bar("a", 3)]), Rows(("record", "n"), [("a", 3)])
    )

    page = Page(shown.html())
    assert [tag for tag, _ in page.tags].count("img") == 1
    for told in (page.said, shown.text()):
        assert "Findings by record: 1 row" in told


def test_nothing_is_no_picture() -> None:
    shown = Chart("Findings", bars("Findings", []), Rows(("record", "n"), []))
    assert "img" not in [tag for tag, _ in Page(shown.html()).tags]
    assert "0 rows" in shown.text()


def drawn(shown: Chart) -> str:
    found = re.search(r'base64,([^"]+)"', shown.html())
    assert found
    return base64.b64decode(found[1]).decode()


ANSWER = Rows(
    ("day", "status", "n"), [("01", "satisfied", 3), ("01", "unsatisfied", 1), ("02", "satisfied", 4)]
)


def test_an_answer_is_drawn_by_the_names_of_its_columns() -> None:
    columns = drawn(Chart.columns("Verdicts", ANSWER, moment="day", series="status", value="n"))
    assert all(told in columns for told in (">01<", ">02<", ">satisfied<", ">unsatisfied<"))
    assert "01: 1 unsatisfied" in columns
    lines = drawn(Chart.lines("Verdicts", ANSWER, moment="day", series="status", value="n"))
    assert lines.count("<circle") == 3, "what is not known has no mark"
    assert ">4<" in drawn(Chart.bars("Verdicts", ANSWER, name="day", value="n"))


def test_a_column_that_there_is_not_is_named_with_those_that_there_are() -> None:
    with pytest.raises(NoSuchColumn, match=r"'week'.*day, status, n"):
        Chart.lines("Verdicts", ANSWER, moment="week", series="status", value="n")

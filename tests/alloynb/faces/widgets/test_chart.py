"""A chart never stands alone: its numbers are below it, and in a log they are all there is."""

from __future__ import annotations

from alloynb.faces.charts import Bar, bars
from alloynb.faces.widgets import Chart
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

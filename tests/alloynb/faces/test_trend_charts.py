"""Charts of a report: each beside its numbers, none for what is no trend."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from alloynb.application.trends import BlockTrend, GateTrend, RunPoint, Trends
from alloynb.faces.report import html_of
from alloynb.faces.trend_charts import charts_of
from tests.fakes.alloy_report import report_with

RUNS = tuple(
    RunPoint(f"run_{number}", f"03-0{number} 09:00", {"satisfied": number, "unsatisfied": 1}, 3 - number, 1)
    for number in (1, 2, 3)
)
GATES = (GateTrend("<lint>", 4, 2, 1, 900.0), GateTrend("tests", 4, 4, 0, 1000.0))
WHOLE = Trends(RUNS, GATES, (BlockTrend("run_preflight", 3, 900.0, 1200.0),))


def test_every_chart_is_a_drawing_with_a_label_and_the_same_numbers_as_a_table() -> None:
    charts = charts_of(WHOLE)
    assert [chart.title for chart in charts] == [
        "Satisfaction over time", "Drift and what is allowed", "Gates and flakiness", "Where the time goes",
    ]  # fmt: skip
    for chart in charts:
        assert ET.fromstring(chart.svg).get("aria-label")
        assert all(len(row) == len(chart.head) for row in chart.rows)
    assert charts[0].rows[-1] == ("03-03 09:00", "3", "1")
    assert charts[2].rows[0] == ("<lint>", "2", "4", "1", "900 ms")


def test_one_run_makes_no_trend_and_an_empty_store_no_chart() -> None:
    assert [chart.title for chart in charts_of(replace(WHOLE, runs=RUNS[:1]))][:1] == ["Gates and flakiness"]
    assert charts_of(Trends((), (), ())) == ()


def test_the_page_shows_charts_and_nothing_of_a_name_becomes_markup() -> None:
    page = html_of(replace(report_with(), trends=WHOLE))
    assert page.count('<figure class="chart">') == 4
    assert "<lint>" not in page
    assert "&lt;lint&gt;" in page
    assert "http://" not in page.replace("http://www.w3.org", "")

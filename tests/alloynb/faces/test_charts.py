"""Drawings are well-formed, say what they show, load nothing, and survive as images."""

from __future__ import annotations

import base64
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alloynb.faces import charts, svg

HOSTILE = '"><script>alert(1)</script>&'
NUMBERS = st.one_of(st.integers(0, 10**6), st.floats(0, 1e6))


def parsed(drawing: str) -> ET.Element:
    """The drawing as a browser reads it; it carries a label and nothing from elsewhere."""
    root = ET.fromstring(drawing)
    assert root.get("role") == "img"
    assert root.get("aria-label")
    assert not [
        each for each in root.iter() if each.tag.rpartition("}")[2] in {"script", "image", "use", "a"}
    ]
    assert "http" not in drawing.replace("http://www.w3.org/2000/svg", "")
    return root


def said(root: ET.Element) -> list[str]:
    """Texts that are drawn."""
    return [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]


def test_a_bar_says_its_name_and_its_number() -> None:
    root = parsed(charts.bars(f"Drift {HOSTILE}", [charts.Bar(HOSTILE, 3), charts.Bar("b", 1, "1 of 3")]))

    assert said(root) == [HOSTILE, "3", "b", "1 of 3"]
    assert root.get("aria-label") == f"Drift {HOSTILE}"


def test_the_longest_bar_is_the_greatest_number_and_nothing_leaves_the_drawing() -> None:
    root = parsed(charts.bars("x", [charts.Bar("a" * 200, 1), charts.Bar("b", 4, "four of " * 5)]))
    rects = [each for each in root.iter() if each.tag.endswith("rect")][1:]
    ends = [float(each.get("x", 0)) + float(each.get("width", 0)) for each in rects]

    assert float(rects[1].get("width", 0)) == pytest.approx(4 * float(rects[0].get("width", 0)), rel=0.01)
    assert max(ends) < charts.WIDTH


@given(st.lists(st.lists(NUMBERS, min_size=3, max_size=3), max_size=4))
def test_columns_of_any_numbers_stay_inside(values: list[list[float]]) -> None:
    series = [charts.Series(f"s{at}", each) for at, each in enumerate(values)]
    root = parsed(charts.columns("x", ["a", "b", "c"], series))

    for each in root.iter():
        if each.tag.endswith("rect"):
            assert -1 <= float(each.get("y", 0)) <= float(root.get("height", 0))
            assert float(each.get("height", 0)) >= 0


def test_a_line_is_broken_where_nothing_is_known_and_every_series_is_named() -> None:
    series = [charts.Series("tests", [1, None, 0.5, 0.6]), charts.Series("lint", [1, 1, 1, 1], "good")]
    root = parsed(charts.lines("x", ["a", "b", "c", "d"], series, most=1.0))
    drawn = [each for each in root.iter() if each.tag.endswith("polyline")]

    assert len(drawn) == 3
    assert len({each.get("stroke-dasharray") for each in drawn}) == 2, "told apart without colour"
    assert {"tests", "lint", "0.25"} <= set(said(root))


def test_things_that_are_counted_have_no_halves() -> None:
    assert [
        each for each in said(parsed(charts.lines("x", ["a"], [charts.Series("n", [1])]))) if "." in each
    ] == []


def test_names_below_do_not_run_into_each_other() -> None:
    moments = [f"2027-01-{day:02d}" for day in range(1, 31)]
    root = parsed(charts.columns("x", moments, [charts.Series("n", [1] * 30)]))
    at = [
        float(each.get("x", 0))
        for each in root.iter()
        if each.tag.endswith("text") and "2027" in (each.text or "")
    ]

    assert min(b - a for a, b in pairwise(at)) > svg.width_of(moments[0], 12)


@pytest.mark.parametrize("draw", [charts.columns, charts.lines])
def test_no_moments_are_an_empty_chart(draw: object) -> None:
    assert callable(draw)
    parsed(draw("nothing yet", [], []))


def test_an_image_carries_the_whole_drawing_and_says_it_in_words() -> None:
    drawing = charts.bars("Drift", [charts.Bar("a", 1)])
    image = svg.as_image(drawing, f"Drift {HOSTILE}")
    content = re.search(r'base64,([^"]+)"', image)

    assert content
    assert base64.b64decode(content[1]).decode() == drawing
    assert "<script>" not in image


def test_long_text_is_cut_and_shows_it() -> None:
    assert svg.shortened("abcdef", 4) == "abc…"
    assert svg.shortened("abcd", 4) == "abcd"

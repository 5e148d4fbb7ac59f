"""The map of records is laid out the same everywhere: links point onwards, and nothing hides anything."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alloynb.application.relation_map import MapLink, MapNode, RelationMap
from alloynb.faces.layered_layout import Layered, lay_out
from alloynb.faces.relation_drawing import BOX_HEIGHT, BOX_WIDTH, placed, relation_drawing
from alloynb.faces.widgets.relations_table import RelationsTable
from tests.alloynb.faces.test_charts import HOSTILE, parsed, said
from tests.alloynb.faces.widgets.test_widgets import Page

NODES = [f"r{number}" for number in range(9)]
LINKS = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=20)


def a_map(*links: tuple[str, str, str], nodes: int = 4) -> RelationMap:
    return RelationMap(
        tuple(
            MapNode(f"r{number}", "record", f"Record {number}", "active", "high") for number in range(nodes)
        ),
        tuple(MapLink(source, kind, target) for source, kind, target in links),
    )


def layer_of(layered: Layered) -> dict[str, int]:
    return {name: number for number, layer in enumerate(layered.layers) for name in layer}


def test_what_leans_comes_before_what_is_leant_on() -> None:
    at = layer_of(lay_out("abcd", [("a", "b"), ("b", "c"), ("a", "c"), ("d", "c")]))

    assert (at["a"], at["b"], at["c"], at["d"]) == (0, 1, 2, 0)


def test_a_long_link_keeps_a_place_free_on_its_way() -> None:
    layered = lay_out("abc", [("a", "b"), ("b", "c"), ("a", "c")])

    (free,) = layered.ways["a", "c"]
    assert layered.is_free(free)
    assert free in layered.layers[1]


@given(LINKS, st.randoms())
def test_the_order_in_which_things_are_given_changes_nothing(
    links: list[tuple[str, str]], shuffle: random.Random
) -> None:
    other_nodes, other_links = list(NODES), list(links)
    shuffle.shuffle(other_nodes)
    shuffle.shuffle(other_links)

    assert lay_out(other_nodes, other_links) == lay_out(NODES, links)


@given(LINKS)
def test_every_node_has_one_place_and_no_circle_stops_the_layout(links: list[tuple[str, str]]) -> None:
    layered = lay_out(NODES, links)
    nodes = [name for layer in layered.layers for name in layer if not layered.is_free(name)]
    at = layer_of(layered)

    assert sorted(nodes) == NODES
    for (source, target), way in layered.ways.items():
        assert len(way) == max(abs(at[source] - at[target]) - 1, 0)


@given(LINKS)
def test_no_box_covers_another_and_all_lie_inside(links: list[tuple[str, str]]) -> None:
    lay = placed(a_map(*((source, "supports", target) for source, target in links), nodes=9))

    for one, other in combinations(lay.nodes, 2):
        assert abs(one.x - other.x) >= BOX_WIDTH or abs(one.y - other.y) >= BOX_HEIGHT
    for each in lay.nodes:
        assert 0 <= each.x <= lay.width - BOX_WIDTH
        assert 0 <= each.y <= lay.height - BOX_HEIGHT


def test_a_drawing_names_nodes_and_links_and_an_open_conflict_is_drawn_differently() -> None:
    drawing = relation_drawing(a_map(("r0", "depends_on", "r1"), ("r0", "conflicts_with", "r2")), "r0")

    texts = said(parsed(drawing))
    assert {"Record 0", "● active, high", "depends on", "conflicts with"} <= set(texts)
    assert drawing.count("stroke-dasharray") == 1


def test_around_a_record_lies_what_can_be_reached_whichever_way_links_point() -> None:
    whole = a_map(("r0", "supports", "r1"), ("r2", "supports", "r1"), ("r2", "refines", "r3"))

    assert [each.id for each in whole.around("r0", steps=1).nodes] == ["r0", "r1"]
    assert [each.id for each in whole.around("r0", steps=2).nodes] == ["r0", "r1", "r2"]
    assert [each.id for each in whole.around("r1", steps=3, most=2).nodes] == ["r0", "r1"]
    assert [each.id for each in whole.linked().nodes] == ["r0", "r1", "r2", "r3"]


def test_what_a_page_keeps_says_every_relation_twice_as_picture_and_as_table() -> None:
    shown = RelationsTable(a_map(("r0", "conflicts_with", "r1")))

    page = Page(shown.html())
    assert [tag for tag, _ in page.tags].count("img") == 1
    for told in (page.said, shown.text()):
        assert "1 open conflict" in told
        assert "conflicts with" in told
    assert shown.text().startswith("✖")


@pytest.mark.parametrize("nodes", [0, 1, 300])
def test_no_relations_are_no_picture(nodes: int) -> None:
    page = Page(RelationsTable(a_map(nodes=nodes)).html())
    assert "img" not in [tag for tag, _ in page.tags]


def test_hostile_titles_stay_text() -> None:
    hostile = RelationMap(
        (MapNode("a", "record", HOSTILE, "active"), MapNode("b", "record", HOSTILE, "active")),
        (MapLink("a", "supports", "b", HOSTILE),),
    )
    parsed(relation_drawing(hostile))
    assert HOSTILE in Page(RelationsTable(hostile).html()).said

"""The map of records as a drawing: boxes in layers, arrows with their names (spec 7.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alloynb.faces.layered_layout import Layered, lay_out
from alloynb.faces.svg import drawing, element, hint, shortened, words

if TYPE_CHECKING:
    from alloynb.application.relation_map import MapLink, MapNode, RelationMap

BOX_WIDTH, BOX_HEIGHT = 196, 46
_ACROSS, _DOWN, _THROUGH, _MARGIN = 310, 66, 26, 18
_LETTERS = 27
_ARROW = (
    '<defs><marker id="alloy-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    'orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" style="fill:var(--dim)"/></marker></defs>'
)
MARKS: Mapping[str, str] = {
    "active": "●", "accepted": "◉", "proposed": "○", "hypothesized": "?", "contradicted": "!",
    "deprecated": "–", "superseded": "–", "rejected": "✖", "": "◇",
}  # fmt: skip
_TONES = {
    "active": "good", "accepted": "good", "proposed": "calm", "hypothesized": "warn", "contradicted": "bad",
}  # fmt: skip


@dataclass(frozen=True)
class PlacedNode:
    """A box, by its upper left corner."""

    node: MapNode
    x: float
    y: float

    @property
    def tone(self) -> str:
        """Tone of its status."""
        return _TONES.get(self.node.status, "dim")


@dataclass(frozen=True)
class PlacedLink:
    """A line from the earlier layer to the later one; `backwards` when it points against that."""

    link: MapLink
    path: str
    label_x: float
    label_y: float
    backwards: bool = False


@dataclass(frozen=True)
class Placed:
    """Everything, with the size that it needs."""

    nodes: tuple[PlacedNode, ...]
    links: tuple[PlacedLink, ...]
    width: float
    height: float


def placed(relations: RelationMap) -> Placed:
    """Lay a map out: from left to right, what leans before what is leant on; conflicts decide nothing."""
    directed = [(each.source, each.target) for each in relations.links if each.kind != "conflicts_with"]
    conflicts = [(each.source, each.target) for each in relations.links if each.kind == "conflicts_with"]
    layered = lay_out(relations.by_id, directed, conflicts)
    heights = [sum(_high(layered, name) for name in layer) for layer in layered.layers]
    tallest = max(heights, default=0.0)
    at: dict[str, tuple[float, float]] = {}
    for number, layer in enumerate(layered.layers):
        y = _MARGIN + (tallest - heights[number]) / 2
        for name in layer:
            at[name] = (_MARGIN + number * _ACROSS, y)
            y += _high(layered, name)
    nodes = tuple(PlacedNode(node, *at[name]) for name, node in relations.by_id.items())
    links = tuple(_line(each, layered, at) for each in relations.links if each.source != each.target)
    width = _MARGIN * 2 + (max(len(layered.layers), 1) - 1) * _ACROSS + BOX_WIDTH
    last = _MARGIN + (len(layered.layers) - 1) * _ACROSS
    bent = 90 if any(at[each.source][0] == at[each.target][0] == last for each in relations.links) else 0
    return Placed(nodes, links, width + bent, _MARGIN * 2 + tallest - (_DOWN - BOX_HEIGHT))


def _high(layered: Layered, name: str) -> float:
    return _THROUGH if layered.is_free(name) else _DOWN


def relation_drawing(relations: RelationMap, focus: str = "") -> str:
    """Draw a map; the node in focus has a thick border."""
    lay = placed(relations)
    number = len(lay.nodes)
    label = f"Relations of {number} node{'' if number == 1 else 's'}; the table below says the same"
    inside = [_ARROW]
    for each in lay.links:
        conflict = each.link.is_open_conflict
        inside.append(
            element(
                "path", hint(told_of(each.link)), d=each.path,
                style=f"fill:none;stroke:var(--{'bad' if conflict else 'dim'});stroke-width:{2 if conflict else 1.2}",
                stroke_dasharray="5 3" if each.link.kind == "conflicts_with" else None,
                **{f"marker_{end}": "url(#alloy-arrow)" for end in arrow_ends(each)},
            )
        )  # fmt: skip
        inside.append(
            words(name_of(each.link), each.label_x, each.label_y, class_="dim", text_anchor="middle",
                  style="font-size:10.5px;paint-order:stroke;stroke:var(--paper);stroke-width:4px")
        )  # fmt: skip
    for box in lay.nodes:
        node = box.node
        inside.append(
            element(
                "rect", hint(f"{node.title} ({node.id})"), x=box.x, y=box.y, width=BOX_WIDTH, height=BOX_HEIGHT, rx=5,
                style=f"fill:var(--pale);stroke:var(--{box.tone});stroke-width:{3 if node.id == focus else 1.3}",
            )
        )  # fmt: skip
        title = shortened(node.title, _LETTERS)
        below = status_of(node)
        inside += [words(title, box.x + 10, box.y + 19), words(below, box.x + 10, box.y + 36, class_="dim")]
    return drawing(lay.width, lay.height, label, *inside)


def status_of(node: MapNode) -> str:
    """Mark, status and severity, or what it is."""
    return f"{MARKS.get(node.status, '·')} {node.status or node.kind}" + (
        f", {node.severity}" if node.severity else ""
    )


def name_of(link: MapLink) -> str:
    """The kind of a link in words."""
    return f"{link.kind.replace('_', ' ')}{' (settled)' if link.settled else ''}"


def told_of(link: MapLink) -> str:
    """A link as a sentence."""
    return f"{link.source} {name_of(link)} {link.target}{f': {link.notes}' if link.notes else ''}"


def arrow_ends(placed_link: PlacedLink) -> tuple[str, ...]:
    """Which ends of the line have an arrow: `start`, `end`; a conflict has none."""
    if placed_link.link.kind == "conflicts_with":
        return ()
    return ("start",) if placed_link.backwards else ("end",)


def _line(link: MapLink, layered: Layered, at: Mapping[str, tuple[float, float]]) -> PlacedLink:
    source, target = at[link.source], at[link.target]
    if source[0] == target[0]:  # in one layer: out and back on the right
        right, y1, y2 = source[0] + BOX_WIDTH, source[1] + BOX_HEIGHT / 2, target[1] + BOX_HEIGHT / 2
        path = f"M{right} {y1}C{right + 60} {y1} {right + 60} {y2} {right} {y2}"
        return PlacedLink(link, path, right + 45, (y1 + y2) / 2)
    backwards = source[0] > target[0]
    first, last = (target, source) if backwards else (source, target)
    x, y = first[0] + BOX_WIDTH, first[1] + BOX_HEIGHT / 2
    path, label = f"M{x} {y}", (0.0, 0.0)
    stops = [(*at[name], _THROUGH / 2) for name in layered.ways[(link.source, link.target)]]
    for number, (to_x, top, half) in enumerate([*stops, (*last, BOX_HEIGHT / 2)]):
        to_y = top + half
        bend = (to_x - x) / 2
        path += f"C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
        if number == 0:  # a line that passes others has its name where it runs alone
            label = (to_x + BOX_WIDTH / 2, to_y - 4) if stops else ((x + to_x) / 2, (y + to_y) / 2 - 4)
        x, y = to_x + BOX_WIDTH, to_y
        if number < len(stops):
            path += f"H{x}"
    return PlacedLink(link, path, *label, backwards=backwards)

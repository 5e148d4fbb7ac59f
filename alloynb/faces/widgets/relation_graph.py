"""The map of records: one in focus with what lies around it, the list of all beside it (spec 2.1, 7.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import traitlets

from alloynb.application.relation_map import RelationMap, relation_map
from alloynb.faces.relation_drawing import (
    BOX_HEIGHT,
    BOX_WIDTH,
    MARKS,
    arrow_ends,
    name_of,
    placed,
    status_of,
)
from alloynb.faces.widgets.live import Act, Live, Payload, UnfitMessage, text_in
from alloynb.faces.widgets.relations_table import MOST_DRAWN, RelationsTable, headline_of_map

if TYPE_CHECKING:
    from alloynb.application.workspace import Workspace

MOST_STEPS = 3


class RelationGraph(Live):
    """Focus and neighbourhood; `value` is the part of the map that is drawn.

    A map of few nodes is drawn whole until one is chosen; two thousand records are as quick as twenty.
    """

    module = "relation_graph"

    listed: traitlets.List[Any] = traitlets.List().tag(sync=True)

    def __init__(self, workspace: Workspace, *, focus: str = "", steps: int = 1) -> None:
        """Draw the map.

        Args:
            focus: id of a record, or its last part.
            steps: how far around it.
        """
        self._workspace = workspace
        self._map = relation_map(workspace)
        self._focus, self._steps = "", steps
        super().__init__(value=None, view={})
        self.listed = [
            [each.id, each.title, each.status or each.kind, MARKS.get(each.status, "·")]
            for each in self._map.nodes
        ]
        if focus:
            self.focus(focus, steps=steps)
        elif len(self._map.linked().nodes) > MOST_DRAWN:
            self.focus(
                max(self._map.nodes, key=lambda each: (len(self._map.links_at.get(each.id, ())), each.id)).id
            )
        else:
            self._draw()

    def focus(self, node: str, *, steps: int | None = None) -> None:
        """Put a node into the middle; an empty text shows everything that is linked, when that can be drawn.

        Raises:
            UnfitMessage: there is no such node, or more than one ends so.
        """
        found = [
            each.id for each in self._map.nodes if node and (each.id == node or each.id.endswith(f".{node}"))
        ]
        if node and len(found) != 1:
            raise UnfitMessage(
                f"{node[:80]!r} {'could be several records' if found else 'is no record here'}"
            )
        self._focus = found[0] if found else ""
        self._steps = min(max(steps or self._steps, 1), MOST_STEPS)
        self._draw()

    def twin(self) -> RelationsTable:
        """Picture and table of what is drawn."""
        return RelationsTable(self.value, focus=self._focus)

    def acts(self) -> Mapping[str, Act]:
        """`focus` on a node, with so many `steps` around it."""
        return {"focus": self._focused}

    def _focused(self, payload: Payload) -> None:
        steps = payload.get("steps")
        if not isinstance(steps, int) or isinstance(steps, bool):
            raise UnfitMessage("'steps' is no number")
        self.focus(text_in(payload, "node", most=300), steps=steps)

    def _shown(self) -> RelationMap:
        if self._focus:
            return self._map.around(self._focus, steps=self._steps)
        linked = self._map.linked()
        return linked if len(linked.nodes) <= MOST_DRAWN else linked.only(())

    def _draw(self) -> None:
        self.value = self._shown()
        lay = placed(self.value)
        self.view = {
            "headline": headline_of_map(self._map),
            "good": not self._map.faults and not any(each.is_open_conflict for each in self._map.links),
            "faults": list(self._map.faults),
            "focus": self._focus,
            "steps": self._steps,
            "whole": len(self._map.linked().nodes) <= MOST_DRAWN,
            "width": lay.width,
            "height": lay.height,
            "box": [BOX_WIDTH, BOX_HEIGHT],
            "nodes": [
                [
                    each.node.id,
                    round(each.x, 1),
                    round(each.y, 1),
                    each.node.title,
                    each.tone,
                    status_of(each.node),
                ]
                for each in lay.nodes
            ],
            "links": [
                [
                    each.path,
                    round(each.label_x, 1),
                    round(each.label_y, 1),
                    name_of(each.link),
                    each.link.kind,
                    each.link.is_open_conflict,
                    list(arrow_ends(each)),
                ]
                for each in lay.links
            ],
            "around": self._around(),
        }

    def _around(self) -> dict[str, Any] | None:
        """The node in focus with every link that it has, whichever way it points."""
        if not self._focus:
            return None
        node = self._map.by_id[self._focus]
        found = []
        for link in self._map.links_at.get(node.id, ()):
            other = self._map.by_id[link.target if link.source == node.id else link.source]
            direction = "→" if link.source == node.id else "←"
            found.append([direction, name_of(link), other.id, other.title, link.notes, link.is_open_conflict])
        return {"id": node.id, "title": node.title, "status": node.status or node.kind, "links": found}

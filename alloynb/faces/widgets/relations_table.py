"""The map of records as a page keeps it: a picture, and a table that says the same."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from alloynb.faces.relation_drawing import MARKS, name_of, relation_drawing
from alloynb.faces.svg import as_image
from alloynb.faces.widgets import markup
from alloynb.faces.widgets.plain import columns
from alloynb.faces.widgets.shown import Shown

if TYPE_CHECKING:
    from alloynb.application.relation_map import RelationMap

MOST_DRAWN = 60
MOST_LISTED = 200


class RelationsTable(Shown):
    """Who leans on whom, and who is in conflict; a map that is too large is listed and not drawn."""

    def __init__(self, relations: RelationMap, *, focus: str = "") -> None:
        self.value = relations
        self.focus = focus

    def html(self) -> str:
        """Verdict, picture, table."""
        linked = self.value.linked() if not self.focus else self.value
        picture = ""
        if 0 < len(linked.nodes) <= MOST_DRAWN:
            picture = as_image(
                relation_drawing(linked, self.focus), "Map of relations; the table says the same"
            )
        rows = (
            (
                markup.lines(markup.prose(self._title(each.source)), markup.quiet(markup.code(each.source))),
                escape(name_of(each)),
                markup.lines(markup.prose(self._title(each.target)), markup.quiet(markup.code(each.target))),
                markup.prose(each.notes),
            )
            for each in self.value.links[:MOST_LISTED]
        )
        return markup.whole(
            "Relations",
            markup.verdict(self._sound(), headline_of_map(self.value), escape(self._cut())),
            picture,
            markup.table("Relations", ("Record", "Stands", "To", "Notes"), rows) if self.value.links else "",
            *(f"<p>✖ {escape(each)}</p>" for each in self.value.faults),
        )

    def text(self) -> str:
        """A line each."""
        rows = [
            (each.source, name_of(each), each.target, each.notes) for each in self.value.links[:MOST_LISTED]
        ]
        status = {each.id: MARKS.get(each.status, "·") for each in self.value.nodes}
        rows = [
            (f"{status[source]} {source}", kind, f"{status[target]} {target}", notes)
            for source, kind, target, notes in rows
        ]
        told = [f"{'✔' if self._sound() else '✖'} {headline_of_map(self.value)}"]
        if rows:
            told.append(columns(("record", "stands", "to", "notes"), rows, indent="  "))
        return "\n".join([*told, *(f"✖ {each}" for each in self.value.faults)])

    def _sound(self) -> bool:
        return not self.value.faults and not any(each.is_open_conflict for each in self.value.links)

    def _title(self, node: str) -> str:
        return self.value.by_id[node].title

    def _cut(self) -> str:
        number = len(self.value.links)
        return f"the first {MOST_LISTED} of {number} relations are listed" if number > MOST_LISTED else ""


def headline_of_map(relations: RelationMap) -> str:
    """Say in one sentence how it stands."""
    records = sum(each.kind == "record" for each in relations.nodes)
    conflicts = sum(each.is_open_conflict for each in relations.links)
    told = f"{records} record{'' if records == 1 else 's'}, {len(relations.links)} relations"
    if relations.faults:
        told += f", {len(relations.faults)} faults"
    return f"{told}, {conflicts} open conflict{'' if conflicts == 1 else 's'}" if conflicts else told

"""Intent records as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from alloynb.faces.widgets import markup
from alloynb.faces.widgets.plain import columns
from alloynb.faces.widgets.shown import Shown

if TYPE_CHECKING:
    from alloynb.intent.record import IntentRecord


class RecordsTable(Shown):
    """Which records there are, in which status, and what each protects at which price."""

    def __init__(self, records: Iterable[IntentRecord]) -> None:
        self.value = tuple(records)

    def html(self) -> str:
        """One row per record."""
        if not self.value:
            return markup.whole("Intent records", "<p>No records yet.</p>")
        rows = (
            (
                markup.lines(
                    f"<strong>{markup.prose(each.title)}</strong>", markup.quiet(markup.code(each.id))
                ),
                markup.pill(each.status),
                each.severity,
                markup.prose(each.capability or "–"),
                markup.prose(each.tradeoff or "–"),
            )
            for each in self.value
        )
        heads = ("Record", "Status", "Severity", "Capability", "Tradeoff")
        return markup.whole("Intent records", markup.table(_counted(len(self.value)), heads, rows))

    def text(self) -> str:
        """One line per record."""
        if not self.value:
            return "No records yet."
        rows = (
            (f"{markup.MARKS[each.status]} {each.status}", each.severity, each.id, each.title)
            for each in self.value
        )
        return columns(("status", "severity", "record", "title"), rows)


def _counted(number: int) -> str:
    return f"{number} intent record{'' if number == 1 else 's'}"

"""Drift findings as a page keeps them: the verdict, and the first of the list."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from alloynb.faces.widgets import markup
from alloynb.faces.widgets.plain import columns
from alloynb.faces.widgets.shown import Shown

if TYPE_CHECKING:
    from alloynb.application.board_findings import BoardFinding
    from alloynb.faces.widgets.board import Verdict

MOST = 50


class FindingsTable(Shown):
    """What stands, place by place; a long list is cut, and says so. `value` has all of it."""

    def __init__(self, verdict: Verdict, findings: Sequence[BoardFinding]) -> None:
        self.value = tuple(findings)
        self._verdict = verdict

    def html(self) -> str:
        """Verdict, then a row per finding."""
        rows = (
            (
                markup.code(each.place),
                markup.pill(each.status),
                each.severity,
                markup.prose(each.message),
                markup.code(each.record_id),
                escape(_said(each)),
            )
            for each in self.value[:MOST]
        )
        heads = ("Place", "Status", "Severity", "What deviates", "From which record", "What was said")
        return markup.whole(
            "Drift findings",
            markup.verdict(
                self._verdict.good is not False, self._verdict.headline, escape(self._verdict.told)
            ),
            markup.table(self._counted(), heads, rows) if self.value else "",
        )

    def text(self) -> str:
        """The same, a line each."""
        rows = [
            (_marked(each.status), each.severity, each.place, each.message, _said(each))
            for each in self.value[:MOST]
        ]
        told = [
            f"{'✖' if self._verdict.good is False else '✔'} {self._verdict.headline}",
            f"  {self._verdict.told}",
        ]
        if rows:
            heads = ("status", "severity", "place", "what deviates", "said")
            told += [f"  {self._counted()}", columns(heads, rows, indent="  ")]
        return "\n".join(told)

    def _counted(self) -> str:
        number = len(self.value)
        cut = f", the first {MOST} shown" if number > MOST else ""
        return f"{number:,} finding{'' if number == 1 else 's'}{cut}"


def _said(finding: BoardFinding) -> str:
    if finding.allowed:
        return f"allowed by {finding.allowed}"
    if finding.decision is None:
        return ""
    return f"{finding.decision.replace('_', ' ')} ({finding.decided_by}): {finding.why or ''}".rstrip(": ")


def _marked(status: str) -> str:
    return f"{markup.MARKS.get(status, '–')} {status}"

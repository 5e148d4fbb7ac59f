"""Where the code left the intent, with file and line."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Protocol

from alloynb.faces.widgets import markup
from alloynb.faces.widgets.plain import columns
from alloynb.faces.widgets.shown import Shown

if TYPE_CHECKING:
    from alloynb.application.look_for_drift import SeenDrift


class Finding(Protocol):
    """One deviation of the code from the intent."""

    @property
    def status(self) -> str:
        """`new`, `known`, `exception`, `resolved` or `regressed`."""

    @property
    def path(self) -> str:
        """File, relative to the repository."""

    @property
    def lines(self) -> tuple[int, ...]:
        """1-based lines; empty when the whole file is meant."""

    @property
    def message(self) -> str:
        """One sentence."""

    @property
    def evidence_id(self) -> str:
        """What it deviates from."""


class DriftTable(Shown):
    """What one look told: what stands, what was resolved, what could not be checked."""

    def __init__(self, seen: SeenDrift) -> None:
        self.value = seen

    def html(self) -> str:
        """Verdict, then a row per finding."""
        seen, shown = self.value, self._shown()
        rows = (
            (
                markup.code(_place(each)),
                markup.pill(each.status),
                markup.prose(each.message),
                markup.code(each.evidence_id),
            )
            for each in shown
        )
        heads = ("Place", "Status", "What deviates", "From which evidence")
        return markup.whole(
            "Drift",
            markup.verdict(not seen.open_findings, self._headline(), escape(self._looked_at())),
            markup.table("Findings", heads, rows) if shown else "",
            *(f"<p>? {markup.prose(doubt)}</p>" for doubt in self._doubts()),
        )

    def text(self) -> str:
        """The same, a line each."""
        rows = [
            (f"{markup.MARKS[each.status]} {each.status}", _place(each), each.message)
            for each in self._shown()
        ]
        mark = "✖" if self.value.open_findings else "✔"
        return "\n".join(
            [
                f"{mark} {self._headline()}",
                f"  {self._looked_at()}",
                *([columns(("status", "place", "what deviates"), rows, indent="  ")] if rows else []),
                *(f"? {doubt}" for doubt in self._doubts()),
            ]
        )

    def _shown(self) -> tuple[Finding, ...]:
        return (*self.value.open_findings, *self.value.resolved_now)

    def _headline(self) -> str:
        found, resolved = len(self.value.open_findings), len(self.value.resolved_now)
        if found:
            return f"{found} drift finding{'' if found == 1 else 's'}"
        return f"No drift, {resolved} resolved" if resolved else "No drift"

    def _looked_at(self) -> str:
        checked = len(self.value.report.checked)
        return f"{self.value.tree}, {checked} evidence definition{'' if checked == 1 else 's'} checked"

    def _doubts(self) -> list[str]:
        return [
            f"{each.evidence_id} could not be checked: {'; '.join(each.reasons)}"
            for each in self.value.report.could_not_check
        ]


def _place(finding: Finding) -> str:
    return f"{finding.path}:{finding.lines[0]}" if finding.lines else finding.path

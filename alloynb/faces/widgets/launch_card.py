"""What a page keeps of a launch: what was previewed, what ran, what it meant."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from alloynb.faces.widgets import markup
from alloynb.faces.widgets.run_card import RunCard
from alloynb.faces.widgets.shown import Shown
from alloynb.faces.widgets.trace_table import TraceTable

if TYPE_CHECKING:
    from alloynb.application.loop_report import LoopReport
    from alloynb.application.run_trace import RunTrace
    from alloynb.faces.widgets.brief_card import Formation


@dataclass(frozen=True)
class ShownPreview:
    """A compiled brief in the few words that a launch needs.

    Attributes:
        protects: statement, severity and record id of each capability.
    """

    title: str
    digest: str
    runs: str
    objective: str
    gates: tuple[str, ...]
    evidence: int
    protects: tuple[tuple[str, str, str], ...]
    questions: tuple[str, ...]

    @classmethod
    def of(cls, formation: Formation, throttle: str | None) -> ShownPreview:
        """Take it from a compiled formation; `throttle` is that of the request."""
        brief = formation.brief
        content = brief.content
        controls = content.foundry
        return cls(
            content.identity.title,
            brief.digest,
            f"{controls.entry_event} at throttle {throttle or controls.throttle}",
            content.mission.objective,
            tuple(gate.name for gate in formation.gate_overlay.content.gates),
            len(formation.evidence_plan.content.items),
            tuple((each.statement, each.severity, each.record_id) for each in content.protected_capabilities),
            content.relevant_intent.open_questions,
        )

    def as_json(self) -> dict[str, Any]:
        """Plain JSON value."""
        return asdict(self)


class LaunchCard(Shown):
    """A launch in words; each part only where there is one. `value` is the report, or None."""

    def __init__(
        self, preview: ShownPreview | None, trace: RunTrace | None, report: LoopReport | None, phase: str
    ) -> None:
        self.value = report
        self._preview, self._trace, self._phase = preview, trace, phase

    def html(self) -> str:
        """The report, the trace, the preview, one after the other."""
        told = f"<p>{escape(self._said())}</p>"
        parts = [part.html() for part in self._parts()]
        return markup.whole("Launch", told, self._previewed() if not parts else "", *parts)

    def text(self) -> str:
        """The same as text."""
        parts = [part.text() for part in self._parts()]
        if not parts and self._preview:
            parts = [f"{self._preview.title}\n  {self._preview.runs}\n  digest {self._preview.digest}"]
        return "\n".join([self._said(), *parts])

    def _said(self) -> str:
        return self._phase or "Nothing was launched yet."

    def _parts(self) -> list[Shown]:
        report = [RunCard(self.value)] if self.value else []
        return [*report, *([TraceTable(self._trace)] if self._trace and self._trace.steps else [])]

    def _previewed(self) -> str:
        shown = self._preview
        if shown is None:
            return ""
        rows = (
            (markup.prose(what), severity, markup.code(record)) for what, severity, record in shown.protects
        )
        return markup.lines(
            f"<strong>{escape(shown.title)}</strong>", escape(shown.runs), markup.code(shown.digest)
        ) + markup.table("What it protects", ("Capability", "Severity", "Record"), rows)

"""One round of the loop in a notebook: the verdict first, then every record, then where to look further."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from alloynb.faces.widgets import markup
from alloynb.faces.widgets.plain import columns
from alloynb.faces.widgets.shown import Shown
from alloynb.faces.wording import headline_of, not_as_briefed, seconds

if TYPE_CHECKING:
    from alloynb.application.loop_report import GateLine, LoopReport, RecordLine

MOST_FINDINGS = 20
"""That one card names; the drift board shows ten thousand as easily."""


class RunCard(Shown):
    """What a run meant."""

    def __init__(self, report: LoopReport) -> None:
        self.value = report

    def html(self) -> str:
        """Verdict, satisfaction, drift, gates, places."""
        report = self.value
        records = (
            (markup.lines(*_record(each)), markup.pill(each.verdict), _seen(each)) for each in report.records
        )
        gates = (
            (markup.code(each.name), _gate(each), seconds(each.duration_ms), escape(each.source))
            for each in report.gates
        )
        return markup.whole(
            "What the run meant",
            markup.verdict(report.holds, headline_of(report), escape(self._circumstances())),
            markup.table("Satisfaction", ("Record", "Verdict", "Evidence"), records),
            markup.table("Drift", ("Place", "What deviates", "Seen"), _drift(report))
            if report.drifted
            else "",
            markup.table("Gates", ("Gate", "Result", "Took", "Asked for by"), gates) if report.gates else "",
            *(markup.quiet(markup.prose(f"Not as the brief says: {each}")) for each in self._lost()),
            markup.terms((name, markup.code(place)) for name, place in self._places()),
        )

    def text(self) -> str:
        """The same, a line each."""
        report = self.value
        records = [
            (f"{markup.MARKS[each.verdict]} {each.verdict.replace('_', ' ')}", each.severity, each.title)
            for each in report.records
        ]
        gates = [(_gate(each), each.name, seconds(each.duration_ms), each.source) for each in report.gates]
        return "\n".join(
            [
                f"{'✔' if report.holds else '✖'} {headline_of(report)}",
                f"  {self._circumstances()}",
                columns(("verdict", "severity", "record"), records, indent="  "),
                *(f"  ✖ {each.place}: {each.message}" for each in report.drifted[:MOST_FINDINGS]),
                *([columns(("gate", "name", "took", "asked for by"), gates, indent="  ")] if gates else []),
                *(f"  Not as the brief says: {each}" for each in self._lost()),
                *(f"  {name:<18} {place}" for name, place in self._places()),
            ]
        )

    def _lost(self) -> tuple[str, ...]:
        return not_as_briefed(self.value)

    def _circumstances(self) -> str:
        report = self.value
        again = "; was run before, this is its earlier result" if report.deduplicated else ""
        return (
            f"{report.entry_event} at throttle {report.throttle}, revision {report.revision[:12]}, "
            f"{seconds(report.duration_ms)}{again}"
        )

    def _places(self) -> list[tuple[str, str]]:
        places = self.value.places
        return [
            ("Executed notebook", places.notebook),
            ("HTML report", places.html),
            ("Evidence store", places.store),
        ]


def _record(record: RecordLine) -> tuple[str, str]:
    return f"<strong>{markup.prose(record.title)}</strong>", markup.quiet(markup.prose(record.capability))


def _seen(record: RecordLine) -> str:
    return markup.lines(
        *(
            f"{markup.MARKS[each.status]} {markup.prose(each.description)}"
            + (f" {markup.quiet(markup.prose(each.told))}" if each.told else "")
            for each in record.evidence
        ),
    )


def _drift(report: LoopReport) -> Iterator[tuple[str, str, str]]:
    for each in report.drifted[:MOST_FINDINGS]:
        looks = f" {markup.quiet(markup.prose(each.looks_like))}" if each.looks_like else ""
        yield markup.code(each.place), f"{markup.prose(each.message)}{looks}", markup.pill(each.status)
    if more := report.drifted[MOST_FINDINGS:]:
        yield "", markup.quiet(f"and {len(more)} more: the drift board shows all"), ""


def _gate(gate: GateLine) -> str:
    return f"{'✔' if gate.status == 'passed' else '✖'} {gate.status.replace('_', ' ')}"

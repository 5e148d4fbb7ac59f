"""The report of one round of the loop as one offline HTML page (spec 6.5, 7.1)."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alloynb.application.loop_report import LoopReport, StepLine

TEMPLATE = Path(__file__).with_name("report.html.j2")
MARKS = {"satisfied": "✔", "partially_satisfied": "◐", "unsatisfied": "✖", "unknown": "?", "waived": "–"}
_GOOD_STEPS = ("completed", "simulated")
_ROW_PX, _LABEL_PX, _WIDTH_PX = 26, 250, 940


def headline_of(report: LoopReport) -> str:
    """Say in one sentence what the round of the loop told."""
    total = len(report.records)
    satisfied = report.counts.get("satisfied", 0)
    if report.holds:
        rest = "" if satisfied == total else f"; {total - satisfied} not proved yet"
        return f"{satisfied} of {total} capabilities hold, nothing drifted{rest}"
    parts = []
    if report.failure_class:
        parts.append(f"the run {report.status} ({report.failure_class})")
    elif report.status == "failed":
        parts.append("the run failed")
    unsatisfied = report.counts.get("unsatisfied", 0)
    if unsatisfied:
        parts.append(f"{unsatisfied} of {total} capabilities do not hold")
    open_findings = [finding for finding in report.findings if finding.status != "exception"]
    if open_findings:
        parts.append(f"{len(open_findings)} drift finding{'s' if len(open_findings) > 1 else ''}")
    if report.contradictions:
        parts.append(
            f"{len(report.contradictions)} contradiction{'s' if len(report.contradictions) > 1 else ''}"
        )
    if not parts:
        failed = [gate.name for gate in report.gates if gate.status != "passed"]
        parts.append(
            f"gates with findings: {', '.join(failed[:5])}" if failed else f"the run is {report.status}"
        )
    text = "; ".join(parts)
    return text[0].upper() + text[1:]


def html_of(report: LoopReport) -> str:
    """Write the whole page; it loads nothing from anywhere."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    source = report.provenance
    audit = [
        ("Brief", f"{source.brief_id}  {source.brief_digest}"),
        ("Request", f"{source.request_id} by {source.requested_by}"),
        ("Idempotency key", source.idempotency_key),
        ("Run", f"{source.run_id}, attempt {source.attempt}"),
        ("Revision", report.revision),
        ("Runner", source.runner_id),
        ("Foundry", f"{source.foundry_version}  {source.kernel}"),
        (
            "Versions",
            ", ".join(f"{name} {number}" for name, number in sorted(source.package_versions.items())),
        ),
        ("Executed notebook", report.places.notebook),
        ("Evidence store", report.places.store),
        ("Run folder", report.places.run_dir),
    ]
    return template.render(
        report=report,
        headline=headline_of(report),
        marks=MARKS,
        seconds=seconds,
        timeline=Markup(_timeline(report.steps)),
        audit=audit,
    )


def seconds(duration_ms: float) -> str:
    """Write a duration in milliseconds for people."""
    if duration_ms < 1000:
        return f"{duration_ms:.0f} ms"
    if duration_ms < 120_000:
        return f"{duration_ms / 1000:.1f} s"
    return f"{duration_ms / 60_000:.1f} min"


def _timeline(steps: tuple[StepLine, ...]) -> str:
    """Draw block executions as bars over time; every bar also says its time in words."""
    if not steps:
        return ""
    span = max(*(step.offset_ms + step.duration_ms for step in steps), 1.0)
    scale = (_WIDTH_PX - _LABEL_PX - 90) / span
    rows = []
    for index, step in enumerate(steps):
        y = index * _ROW_PX
        x = _LABEL_PX + step.offset_ms * scale
        width = max(step.duration_ms * scale, 2)
        look = "good" if step.status in _GOOD_STEPS else "bad"
        told = f"{step.block}: {step.status}, {seconds(step.duration_ms)}. {step.summary}"
        rows.append(
            f"<g><title>{escape(told)}</title>"
            f'<text x="0" y="{y + 16}">{escape(step.block)}</text>'
            f'<rect class="{look}" x="{x:.1f}" y="{y + 6}" width="{width:.1f}" height="13" rx="3"/>'
            f'<text class="axis" x="{x + width + 6:.1f}" y="{y + 17}">{seconds(step.duration_ms)}</text></g>'
        )
    height = len(steps) * _ROW_PX + 4
    return (
        f'<svg viewBox="0 0 {_WIDTH_PX} {height}" width="100%" role="img" aria-label="Timeline of the run">'
        f"{''.join(rows)}</svg>"
    )

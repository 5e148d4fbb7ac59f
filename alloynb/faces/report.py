"""The report of one round of the loop as one offline HTML page (spec 6.5, 7.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from alloynb.faces.trend_charts import charts_of
from alloynb.faces.wording import (
    MARKS,
    RECOVERY,
    errors_beyond_gates,
    headline_of,
    left_out,
    not_as_briefed,
    seconds,
)

if TYPE_CHECKING:
    from alloynb.application.loop_report import LoopReport, StepLine

TEMPLATE = Path(__file__).with_name("report.html.j2")
_GOOD_STEPS = ("completed", "simulated")
_SLIVER = 0.6


@dataclass(frozen=True)
class Bar:
    """A block execution on the time line of its run; `start` and `width` are percent of the whole."""

    step: StepLine
    start: float
    width: float

    @property
    def good(self) -> bool:
        """Whether the block did what it was asked."""
        return self.step.status in _GOOD_STEPS


def html_of(report: LoopReport) -> str:
    """Write the whole page; it loads nothing from anywhere."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters["prose"] = lambda text: Markup(prose(text))
    environment.filters["drawn"] = Markup
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
        errors=errors_beyond_gates(report),
        left_out=left_out(report),
        told_apart=tuple(each for each in report.findings if each.status != "baseline"),
        listed=tuple(each for each in report.findings if each.status == "baseline"),
        not_as_briefed=not_as_briefed(report),
        drifted=len(report.drifted),
        marks=MARKS,
        seconds=seconds,
        bars=_bars(report.steps),
        charts=charts_of(report.trends) if report.trends is not None else (),
        recovery=[RECOVERY.get(each, each) for each in report.recovery_actions],
        audit=audit,
    )


def prose(text: str) -> str:
    """Write a sentence as HTML; what stands between backticks is code."""
    pieces = re.split(r"`([^`\n]+)`", text)
    return "".join(
        f"<code>{escape(each)}</code>" if at % 2 else escape(each) for at, each in enumerate(pieces)
    )


def _bars(steps: tuple[StepLine, ...]) -> list[Bar]:
    """Place every block execution on one time line; what is too short to see keeps a sliver."""
    span = max([step.offset_ms + step.duration_ms for step in steps], default=0.0) or 1.0
    return [
        Bar(
            step,
            min(100 * step.offset_ms / span, 100 - _SLIVER),
            max(100 * step.duration_ms / span, _SLIVER),
        )
        for step in steps
    ]

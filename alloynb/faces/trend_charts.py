"""Charts of a report, each with the table of its numbers beside it (spec 6.2, 7.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alloynb.faces.charts import Bar, Series, bars, columns, lines
from alloynb.faces.wording import seconds

if TYPE_CHECKING:
    from alloynb.application.trends import GateTrend, RunPoint, Trends

FEWEST_POINTS = 2
_VERDICTS = (
    ("satisfied", "good"),
    ("waived", "calm"),
    ("partially_satisfied", "warn"),
    ("unknown", "dim"),
    ("unsatisfied", "bad"),
)
_ALMOST_ALWAYS = 0.9


@dataclass(frozen=True)
class Chart:
    """One chart, and the same as a table.

    Attributes:
        svg: an `<svg>` element with a background of its own.
        head: names of the columns of the table.
        note: what to look at, in one sentence.
    """

    title: str
    note: str
    svg: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def charts_of(trends: Trends) -> tuple[Chart, ...]:
    """Draw what there is to draw; one run makes no trend."""
    found = []
    if len(trends.runs) >= FEWEST_POINTS:
        found += [_satisfaction(trends.runs), _drift(trends.runs)]
    if trends.gates:
        found.append(_gates(trends.gates))
    if trends.blocks:
        found.append(_blocks(trends))
    return tuple(found)


def _satisfaction(runs: Sequence[RunPoint]) -> Chart:
    seen = [(verdict, tone) for verdict, tone in _VERDICTS if any(run.verdicts.get(verdict) for run in runs)]
    series = [
        Series(verdict.replace("_", " "), tuple(run.verdicts.get(verdict, 0) for run in runs), tone)
        for verdict, tone in seen
    ]
    label = "Records by verdict, over the last runs"
    return Chart(
        "Satisfaction over time",
        "Records by verdict in each of the last runs, the newest on the right.",
        columns(label, [run.at for run in runs], series),
        ("Run", *(each.name for each in series)),
        tuple((run.at, *(str(run.verdicts.get(verdict, 0)) for verdict, _ in seen)) for run in runs),
    )


def _drift(runs: Sequence[RunPoint]) -> Chart:
    series = [
        Series("drifted", tuple(run.drifted for run in runs), "bad"),
        Series("allowed for now", tuple(run.allowed for run in runs), "calm"),
    ]
    return Chart(
        "Drift and what is allowed",
        "Findings that stood, and waivers and exceptions that held, after each run; both should only shrink.",
        lines("Standing findings and allowances, over the last runs", [run.at for run in runs], series),
        ("Run", "drifted", "allowed for now"),
        tuple((run.at, str(run.drifted), str(run.allowed)) for run in runs),
    )


def _gates(gates: Sequence[GateTrend]) -> Chart:
    def told(gate: GateTrend) -> str:
        flaky = f", flaky at {gate.flaky_at}" if gate.flaky_at else ""
        return f"{gate.passed} of {gate.results}{flaky}"

    def tone(gate: GateTrend) -> str:
        if gate.flaky_at:
            return "warn"
        return "good" if gate.passed / gate.results >= _ALMOST_ALWAYS else "bad"

    rows = [Bar(gate.gate, 100 * gate.passed / gate.results, told(gate), tone(gate)) for gate in gates]
    return Chart(
        "Gates and flakiness",
        "How often each gate passed, the worst first; flaky is what both passed and failed at one revision.",
        bars("Pass rate of gates, in percent", rows, most=100),
        ("Gate", "passed", "of", "flaky revisions", "median"),
        tuple(
            (gate.gate, str(gate.passed), str(gate.results), str(gate.flaky_at), seconds(gate.median_ms))
            for gate in gates
        ),
    )


def _blocks(trends: Trends) -> Chart:
    rows = [Bar(each.block, each.median_ms, seconds(each.median_ms)) for each in trends.blocks]
    return Chart(
        "Where the time goes",
        "Median time of each block over all runs.",
        bars("Median duration of blocks", rows),
        ("Block", "executions", "median", "longest"),
        tuple(
            (each.block, str(each.executions), seconds(each.median_ms), seconds(each.longest_ms))
            for each in trends.blocks
        ),
    )

"""A trace as a drawing: what ran when, nested, with its outcome; of a long trace one lane for each name (spec 7.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alloynb.faces.svg import drawing, element, fill, hint, shortened, words
from alloynb.faces.trace_wording import headline_of_trace, is_problem, mark_of, tone_of, words_of
from alloynb.faces.wording import seconds

if TYPE_CHECKING:
    from alloynb.application.run_trace import RunTrace, Step

WIDTH = 860
MOST_ROWS = 60
MOST_LANES = 40
_NAMES = 300
_ROW = 21
_BUCKETS = 400


@dataclass
class Lane:
    """Everything of one name on a time line.

    Attributes:
        spans: begin and end in milliseconds, and the tone; those that matter most come last.
    """

    name: str
    count: int = 0
    total_ms: float = 0.0
    problems: int = 0
    spans: list[tuple[float, float, str]] = field(default_factory=list)


def timeline(trace: RunTrace) -> str:
    """Draw a trace; every step of a short one, names with all that ran under them of a long one."""
    rows = list(trace.laid_out())
    label = f"Timeline: {headline_of_trace(trace)}"
    span = max(trace.last_ms, trace.root.took_ms or 0.0, 1.0)
    if len(rows) <= MOST_ROWS:
        return _framed(label, span, [_step_row(depth, step, span, trace.last_ms) for depth, step in rows])
    lanes = lanes_of(trace)[:MOST_LANES]
    return _framed(label, span, [_lane_row(each, span) for each in lanes])


def lanes_of(trace: RunTrace) -> list[Lane]:
    """Blocks and gates by name: those with problems first, then those that took longest."""
    span = max(trace.last_ms, 1.0)
    found: dict[str, Lane] = {}
    spans: dict[str, list[tuple[float, float, str]]] = {}
    for _, step in trace.laid_out():
        if step.kind not in {"block", "gate"}:
            continue
        name = step.name if step.kind == "block" else f"gate {step.name}"
        lane = found.setdefault(name, Lane(name))
        took = step.took_ms if step.took_ms is not None else max(trace.last_ms - step.began_ms, 0.0)
        lane.count += 1
        lane.total_ms += took
        lane.problems += is_problem(step.status)
        spans.setdefault(name, []).append((step.began_ms, step.began_ms + took, tone_of(step.status)))
    for name, lane in found.items():
        lane.spans = _merged(spans[name], span / _BUCKETS)
    return sorted(found.values(), key=lambda each: (-each.problems, -each.total_ms, each.name))


def _merged(spans: Iterable[tuple[float, float, str]], gap: float) -> list[tuple[float, float, str]]:
    """Join spans of one tone that nobody could tell apart; the gravest come last, and are drawn above the others."""
    order = ("dim", "good", "calm", "warn", "bad")
    joined: list[tuple[float, float, str]] = []
    for began, ended, tone in sorted(spans, key=lambda each: (order.index(each[2]), each[0])):
        if joined and joined[-1][2] == tone and began - joined[-1][1] <= gap:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ended), tone)
        else:
            joined.append((began, ended, tone))
    return joined


def _step_row(depth: int, step: Step, span: float, now_ms: float) -> _Row:
    took = step.took_ms if step.took_ms is not None else max(now_ms - step.began_ms, 0.0)
    return _Row(
        depth,
        mark_of(step.status),
        step.name,
        words_of(step, now_ms),
        ((step.began_ms, step.began_ms + took, tone_of(step.status)),),
        is_point=step.kind == "event",
    )


def _lane_row(lane: Lane, span: float) -> _Row:
    told = f"{lane.count} times, {seconds(lane.total_ms)}"
    mark = "✖" if lane.problems else "✔"
    return _Row(
        0, mark, lane.name, f"{told}, {lane.problems} problems" if lane.problems else told, lane.spans
    )


@dataclass(frozen=True)
class _Row:
    depth: int
    mark: str
    name: str
    told: str
    spans: Sequence[tuple[float, float, str]]
    is_point: bool = False


def _framed(label: str, span: float, rows: Sequence[_Row]) -> str:
    top, left, right = 30, _NAMES + 16, WIDTH - 16
    scale = (right - left) / span
    inside = []
    for part in range(5):
        x = left + (right - left) * part / 4
        anchor = "start" if part == 0 else "end" if part == 4 else "middle"
        inside.append(element("path", class_="rule", d=f"M{x:.1f} {top - 6}V{top + _ROW * len(rows)}"))
        inside.append(words(seconds(span * part / 4), x, 18, text_anchor=anchor, class_="dim"))
    for at, row in enumerate(rows):
        y = top + at * _ROW
        indent = 12 + min(row.depth, 8) * 13
        letters = int((_NAMES - indent - 20) / 6.9)
        inside.append(words(row.mark, indent, y + 14))
        inside.append(
            words(shortened(row.name, letters), indent + 18, y + 14, class_="dim" if row.is_point else None)
        )
        for began, ended, tone in row.spans:
            x = left + min(began * scale, right - left - 2)
            wide = max((ended - began) * scale, 2)
            inside.append(
                element(
                    "rect", hint(f"{row.name}: {row.told}"), x=x, y=y + (6 if row.is_point else 3),
                    width=min(wide, right - x), height=8 if row.is_point else 14, rx=2, style=fill(tone),
                )
            )  # fmt: skip
    return drawing(WIDTH, top + _ROW * len(rows) + 12, label, *inside)

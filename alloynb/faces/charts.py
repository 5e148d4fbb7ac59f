"""Charts for reports and notebooks: bars, columns over time, steps over time, each from plain rows (spec 7.3).

A chart never stands alone: who shows one shows its numbers as a table too. No outcome is told by colour alone: every
bar has its words, every series its name in the legend, with a pattern of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from alloynb.faces.svg import drawing, element, fill, hint, shortened, width_of, words

WIDTH = 720
_SIZE = 12.0
_LONGEST_NAME = 44


@dataclass(frozen=True)
class Bar:
    """One bar: a name, a number, its words and its tone.

    Attributes:
        told: the number for people; empty takes the number as it is.
    """

    name: str
    value: float
    told: str = ""
    tone: str = "calm"


@dataclass(frozen=True)
class Series:
    """One kind of thing, counted at every moment.

    Attributes:
        tone: one of `svg.TONES`.
    """

    name: str
    values: Sequence[float | None]
    tone: str = "calm"


def bars(label: str, rows: Sequence[Bar], *, most: float | None = None) -> str:
    """Draw bars below each other, longest name first to the left.

    Args:
        label: what the chart shows, in one sentence.
        most: what the full width stands for; the greatest value when None.
    """
    name_width = min(
        max((width_of(shortened(row.name, _LONGEST_NAME), _SIZE) for row in rows), default=0), 330
    )
    told_width = max((width_of(_told(row), _SIZE) for row in rows), default=0)
    left, step, top = 16 + name_width + 10, 24, 14
    full = WIDTH - left - told_width - 30
    scale = full / (most or max((row.value for row in rows), default=0) or 1)
    inside = []
    for at, row in enumerate(rows):
        y, wide = top + at * step, max(row.value * scale, 1.5 if row.value else 0)
        inside += [
            words(shortened(row.name, _LONGEST_NAME), left - 8, y + 12, text_anchor="end"),
            element(
                "rect", hint(f"{row.name}: {_told(row)}"), x=left, y=y + 1, width=min(wide, full), height=15, rx=3,
                style=fill(row.tone),
            ),
            words(_told(row), left + min(wide, full) + 7, y + 12, class_="dim"),
        ]  # fmt: skip
    return drawing(WIDTH, top * 2 + step * max(len(rows), 1), label, *inside)


def columns(label: str, moments: Sequence[str], series: Sequence[Series], *, height: int = 240) -> str:
    """Draw stacked columns, one for each moment.

    Args:
        moments: names below the columns, oldest first.
        series: parts of each column, the lowest first.
    """
    totals = [sum(each.values[at] or 0 for each in series) for at in range(len(moments))]
    frame = _Frame(len(moments), max([*totals, 1]), height)
    inside = [*frame.rules()]
    wide = min(frame.step * 0.72, 46)
    for at, moment in enumerate(moments):
        below = 0.0
        for number, each in enumerate(series):
            value = each.values[at] or 0
            if not value:
                continue
            y = frame.y(below + value)
            inside.append(
                element(
                    "rect", hint(f"{moment}: {_plain(value)} {each.name}"), x=frame.x(at) - wide / 2, y=y, width=wide,
                    height=max(frame.y(below) - y - 1, 1), style=_pattern(each.tone, number),
                )
            )  # fmt: skip
            below += value
    return drawing(
        WIDTH, frame.height, label, *inside, *frame.names(moments), *_legend(series, frame.bottom + 44)
    )


def lines(
    label: str,
    moments: Sequence[str],
    series: Sequence[Series],
    *,
    most: float | None = None,
    height: int = 240,
) -> str:
    """Draw a line with a mark at each moment for every series; where a value is None the line is broken.

    Args:
        most: the top of the scale; the greatest value when None.
    """
    known = [value for each in series for value in each.values if value is not None]
    frame = _Frame(len(moments), most or max([*known, 1]), height)
    inside = [*frame.rules()]
    for number, each in enumerate(series):
        dash = ("", "6 4", "2 3", "9 3 2 3")[number % 4]
        for run in _unbroken(each.values):
            points = " ".join(f"{frame.x(at):.1f},{frame.y(value):.1f}" for at, value in run)
            inside.append(
                element(
                    "polyline", points=points, style=f"fill:none;stroke:var(--{each.tone});stroke-width:2",
                    stroke_dasharray=dash or None,
                )
            )  # fmt: skip
            inside += [
                element(
                    "circle", hint(f"{moments[at]}: {_plain(value)} {each.name}"), cx=frame.x(at), cy=frame.y(value),
                    r=3.2, style=fill(each.tone),
                )
                for at, value in run
            ]  # fmt: skip
    return drawing(
        WIDTH, frame.height, label, *inside, *frame.names(moments), *_legend(series, frame.bottom + 44)
    )


class _Frame:
    """Where moments and values lie."""

    def __init__(self, moments: int, most: float, plot_height: int) -> None:
        self._ticks = _ticks(most)
        self._left = 24 + max(width_of(_plain(each), _SIZE) for each in self._ticks)
        self._top = 16
        self.bottom = self._top + plot_height - 40
        self.height = plot_height + 48
        self.step = (WIDTH - self._left - 20) / max(moments, 1)

    def x(self, at: int) -> float:
        return self._left + self.step * (at + 0.5)

    def y(self, value: float) -> float:
        return self.bottom - (self.bottom - self._top) * value / self._ticks[-1]

    def rules(self) -> list[str]:
        found = []
        for each in self._ticks:
            y = self.y(each)
            found.append(element("path", class_="rule", d=f"M{self._left:.1f} {y:.1f}H{WIDTH - 16}"))
            found.append(words(_plain(each), self._left - 8, y + 4, text_anchor="end", class_="dim"))
        return found

    def names(self, moments: Sequence[str]) -> list[str]:
        """Names below, as many as fit beside each other."""
        widest = max((width_of(each, _SIZE) for each in moments), default=1) + 14
        every = max(math.ceil(widest / self.step), 1)
        return [
            words(each, self.x(at), self.bottom + 19, text_anchor="middle", class_="dim")
            for at, each in enumerate(moments)
            if at % every == 0
        ]


def _legend(series: Sequence[Series], y: float) -> list[str]:
    x, inside = 24.0, []
    for number, each in enumerate(series):
        inside.append(
            element("rect", x=x, y=y - 10, width=14, height=12, rx=2, style=_pattern(each.tone, number))
        )
        inside.append(words(each.name, x + 20, y))
        x += 38 + width_of(each.name, _SIZE)
    return inside


def _pattern(tone: str, number: int) -> str:
    """Fill of a part; every second one has a border, so that neighbours differ without colour."""
    return f"{fill(tone)};fill-opacity:{(1, 0.55)[number % 2]};stroke:var(--{tone});stroke-width:1"


def _unbroken(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    runs: list[list[tuple[int, float]]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((at, value))
    return [run for run in runs if run]


def _ticks(most: float) -> list[float]:
    """Round numbers from 0 to at least `most`, at most six of them."""
    rough = most / 4
    power = 10 ** math.floor(math.log10(rough)) if rough > 0 else 1
    step = next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= rough * 0.999)
    if isinstance(most, int):  # things are counted: there is no half of one
        step = max(step, 1)
    return [step * at for at in range(max(math.ceil(most / step - 1e-9), 1) + 1)]


def _told(row: Bar) -> str:
    return row.told or _plain(row.value)


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:.3g}"

"""A trace as a page keeps it: the verdict, a picture of the time line, and a table that says the same."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from alloynb.faces.svg import as_image
from alloynb.faces.trace_drawing import MOST_ROWS, lanes_of, timeline
from alloynb.faces.trace_wording import headline_of_trace, is_problem, mark_of, words_of
from alloynb.faces.widgets import markup
from alloynb.faces.widgets.plain import columns
from alloynb.faces.widgets.shown import Shown
from alloynb.faces.wording import seconds

if TYPE_CHECKING:
    from alloynb.application.run_trace import RunTrace, Step

MOST_PROBLEMS = 40
_LONGEST_NOTE = 200


class TraceTable(Shown):
    """What a run did: every step of a short trace; of a long one what took how long, and every problem."""

    def __init__(self, trace: RunTrace) -> None:
        self.value = trace

    def html(self) -> str:
        """Verdict, picture, table."""
        trace = self.value
        headline = headline_of_trace(trace)
        good = trace.root.status in {"completed", "running"} and not any(
            is_problem(each.status) for each in trace.gates()
        )
        return markup.whole(
            "What the run did",
            markup.verdict(good, headline, escape(self._circumstances())),
            as_image(timeline(trace), f"Timeline: {headline}. The table below says the same."),
            self._table(),
        )

    def text(self) -> str:
        """The tree, a line each; of a long trace what took how long, and every problem."""
        trace = self.value
        told = [headline_of_trace(trace), f"  {self._circumstances()}"]
        if trace.steps < MOST_ROWS:
            return "\n".join([*told, *(_line(depth, step) for depth, step in trace.laid_out())])
        rows = [
            (each.name, str(each.count), seconds(each.total_ms), str(each.problems))
            for each in lanes_of(trace)
        ]
        told.append(columns(("name", "times", "took", "problems"), rows[:MOST_ROWS], indent="  "))
        problems = self._problems()
        told += [_line(1, step) for step in problems[:MOST_PROBLEMS]]
        if len(problems) > MOST_PROBLEMS:
            told.append(f"  … {len(problems) - MOST_PROBLEMS} more problems")
        return "\n".join(told)

    def _circumstances(self) -> str:
        trace = self.value
        return f"{trace.run_id} at throttle {trace.throttle or 'unknown'}, {trace.steps} steps"

    def _table(self) -> str:
        trace = self.value
        if trace.steps < MOST_ROWS:
            heads = ("Step", "Outcome", "Began after", "Note")
            rows = (
                (
                    _indented(depth, f"{step.kind} {markup.code(step.name)}"),
                    f"{mark_of(step.status)} {escape(words_of(step))}",
                    seconds(step.began_ms),
                    markup.prose(step.note[:_LONGEST_NOTE]),
                )
                for depth, step in trace.laid_out()
            )
            return markup.table("Every step", heads, rows)
        lanes = (
            (markup.code(each.name), str(each.count), seconds(each.total_ms), str(each.problems))
            for each in lanes_of(trace)[:MOST_ROWS]
        )
        problems = self._problems()
        cut = f", the first {MOST_PROBLEMS} shown" if len(problems) > MOST_PROBLEMS else ""
        told = (
            (
                markup.code(each.name),
                f"{mark_of(each.status)} {escape(words_of(each))}",
                seconds(each.began_ms),
                markup.prose(each.note[:_LONGEST_NOTE]),
            )
            for each in problems[:MOST_PROBLEMS]
        )
        return markup.table(
            f"Where the time went, {trace.steps} steps",
            ("Block or gate", "Times", "Took together", "Problems"),
            lanes,
        ) + (
            markup.table(f"{len(problems)} problems{cut}", ("Step", "Outcome", "Began after", "Note"), told)
            if problems
            else ""
        )

    def _problems(self) -> list[Step]:
        return [step for _, step in self.value.laid_out() if step.kind != "run" and is_problem(step.status)]


def _line(depth: int, step: Step) -> str:
    note = f": {' '.join(step.note.split())[:_LONGEST_NOTE]}" if step.note else ""
    said = words_of(step)
    return f"  {'  ' * depth}{mark_of(step.status)} {step.name}{f' ({said})' if said else ''}{note}"


def _indented(depth: int, html: str) -> str:
    """Set what lies below something else further to the right, in all its lines."""
    return f'<span style="display:inline-block;padding-left:{min(depth, 10) * 14}px">{html}</span>'

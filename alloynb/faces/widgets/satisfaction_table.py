"""Which capability held in which run, as a page keeps it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from alloynb.faces.widgets import markup
from alloynb.faces.widgets.plain import columns
from alloynb.faces.widgets.shown import Shown

if TYPE_CHECKING:
    from alloynb.application.board_satisfaction import BoardRun, BoardSatisfaction, BoardVerdict

MOST = 200


class SatisfactionTable(Shown):
    """Records by runs, those that hold least first."""

    def __init__(self, board: BoardSatisfaction) -> None:
        self.value = board

    def html(self) -> str:
        """Verdict, then a row per record and a column per run."""
        board = self.value
        if not board.runs:
            return markup.whole("Satisfaction", "<p>No run was read yet.</p>")
        heads = ("Record", "Severity", "Trend", *(_column(each) for each in board.runs))
        rows = (
            (
                markup.lines(
                    f"<strong>{markup.prose(each.title)}</strong>", markup.quiet(markup.code(each.record_id))
                ),
                each.severity,
                escape(_trend(each.trend)),
                *(_cell(verdict) for verdict in each.verdicts),
            )
            for each in board.records[:MOST]
        )
        good = all(each.now in {"satisfied", "waived"} for each in board.records)
        return markup.whole(
            "Satisfaction",
            markup.verdict(good, headline_of_board(board), escape(_told(board))),
            markup.table("Records by runs, oldest run first", heads, rows),
        )

    def text(self) -> str:
        """The same with marks, and what they stand for."""
        board = self.value
        if not board.runs:
            return "No run was read yet."
        marks = [
            (
                each.title,
                each.severity,
                _trend(each.trend),
                " ".join(
                    markup.MARKS.get(verdict.status, "·") if verdict else "·" for verdict in each.verdicts
                ),
                each.now.replace("_", " "),
            )
            for each in board.records[:MOST]
        ]
        return "\n".join(
            [
                headline_of_board(board),
                f"  {_told(board)}",
                columns(("record", "severity", "trend", "runs", "now"), marks, indent="  "),
                "  ✔ satisfied  ◐ partially satisfied  ✖ unsatisfied  ? unknown  – waived  · nothing said",
            ]
        )


def headline_of_board(board: BoardSatisfaction) -> str:
    """Say in one sentence how the capabilities stand."""
    total = len(board.records)
    holding = sum(each.now == "satisfied" for each in board.records)
    eroding = len(board.eroding)
    told = f"{holding} of {total} {'capability holds' if total == 1 else 'capabilities hold'}"
    return f"{told}, {eroding} eroding" if eroding else told


def _told(board: BoardSatisfaction) -> str:
    number = len(board.runs)
    first, last = board.runs[0].started_at, board.runs[-1].started_at
    earlier = f"; {board.earlier} earlier not shown" if board.earlier else ""
    return f"{number} run{'' if number == 1 else 's'}, {first:%Y-%m-%d} to {last:%Y-%m-%d}{earlier}"


def _column(run: BoardRun) -> str:
    return f"{run.started_at:%m-%d %H:%M} {run.revision[:7]}"


def _trend(trend: str) -> str:
    return {"eroding": "↘ eroding", "recovering": "↗ recovering"}.get(trend, "")


def _cell(verdict: BoardVerdict | None) -> str:
    return "·" if verdict is None else markup.pill(verdict.status)

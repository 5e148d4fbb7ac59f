"""Capabilities by runs: what held when, walked by keys, with the reason of each verdict beside it (spec 7.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from alloynb.application.board_satisfaction import RUNS, BoardRecord, board_satisfaction
from alloynb.faces.widgets.live import Act, Live, Payload
from alloynb.faces.widgets.satisfaction_table import SatisfactionTable, headline_of_board

if TYPE_CHECKING:
    from alloynb.application.workspace import Workspace

MOST_ROWS = 60


class SatisfactionBoard(Live):
    """Records by the last runs; `value` is the whole table as it is shown."""

    module = "satisfaction_board"

    def __init__(self, workspace: Workspace, *, runs: int = RUNS) -> None:
        """Open the board on the last `runs` runs that were read."""
        self._workspace, self._runs = workspace, runs
        self._skip, self._first = 0, 0
        self._only = False
        super().__init__(value=None, view={})
        self._draw()

    def move(self, *, runs: int = 0, records: int = 0) -> None:
        """Show so many earlier runs (below 0: later ones), so many further records (below 0: earlier ones)."""
        self._skip = max(self._skip + runs, 0)
        self._first = max(self._first + records, 0)
        self._draw()

    def only_what_moves(self, only: bool = True) -> None:
        """Leave out records that hold and always held."""
        self._only, self._first = only, 0
        self._draw()

    def twin(self) -> SatisfactionTable:
        """The same as a table."""
        return SatisfactionTable(self.value)

    def acts(self) -> Mapping[str, Act]:
        """`earlier`, `later`, `down`, `up`, `only`."""
        return {
            "earlier": lambda _: self.move(runs=self._runs),
            "later": lambda _: self.move(runs=-self._runs),
            "down": lambda _: self.move(records=MOST_ROWS),
            "up": lambda _: self.move(records=-MOST_ROWS),
            "only": lambda payload: self.only_what_moves(_yes(payload)),
        }

    def _draw(self) -> None:
        board = board_satisfaction(self._workspace, runs=self._runs, skip=self._skip)
        self.value = board
        records = [each for each in board.records if not self._only or _moves(each)]
        self._first = min(self._first, max(len(records) - 1, 0) // MOST_ROWS * MOST_ROWS)
        shown = records[self._first : self._first + MOST_ROWS]
        self.view = {
            "good": bool(board.records)
            and all(each.now in {"satisfied", "waived"} for each in board.records),
            "headline": headline_of_board(board) if board.runs else "No run was read yet",
            "runs": [
                [
                    f"{each.started_at:%Y-%m-%d %H:%M}",
                    each.revision[:7],
                    each.status,
                    each.run_id,
                    f"{each.entry_event} at throttle {each.throttle}",
                ]
                for each in board.runs
            ],
            "records": [
                [
                    each.record_id,
                    each.title,
                    each.capability,
                    each.severity,
                    each.trend,
                    [[one.status, one.summary, list(one.missing)] if one else None for one in each.verdicts],
                ]
                for each in shown
            ],
            "first": self._first,
            "total": len(records),
            "page": MOST_ROWS,
            "earlier": board.earlier,
            "later": board.later,
            "only": self._only,
        }


def _moves(record: BoardRecord) -> bool:
    return any(each is not None and each.status != "satisfied" for each in record.verdicts)


def _yes(payload: Payload) -> bool:
    only: Any = payload.get("only")
    return only is True

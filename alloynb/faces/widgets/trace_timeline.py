"""What ran when, nested: a time line that is walked by keys, with the detail of each step beside it (spec 7.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import traitlets

from alloynb.faces.trace_wording import headline_of_trace
from alloynb.faces.widgets.live import Act, Live, Payload, UnfitMessage, text_in
from alloynb.faces.widgets.step_rows import is_good, rows_of, told_of
from alloynb.faces.widgets.trace_table import TraceTable

if TYPE_CHECKING:
    from alloynb.application.run_trace import RunTrace


class TraceTimeline(Live):
    """The time line of one run; `value` is its trace.

    Arrow keys walk and fold, `n` and `p` go to the next and the previous problem, `z` zooms to a step, `0` shows all.
    """

    module = "trace_timeline"

    told = traitlets.Dict().tag(sync=True)

    def __init__(self, trace: RunTrace) -> None:
        good = is_good(trace)
        super().__init__(
            value=trace,
            view={
                "good": good,
                "mark": "…" if good is None else "✔" if good else "✖",
                "headline": headline_of_trace(trace),
                "circumstances": f"{trace.run_id} at throttle {trace.throttle or 'unknown'}, {trace.steps} steps",
                "span": max(trace.last_ms, trace.root.took_ms or 0.0),
                "rows": rows_of(trace, trace.last_ms),
            },
        )

    def twin(self) -> TraceTable:
        """Verdict, picture and table."""
        return TraceTable(self.value)

    def acts(self) -> Mapping[str, Act]:
        """`tell`: more about one step."""
        return {"tell": self._tell}

    def _tell(self, payload: Payload) -> None:
        key = text_in(payload, "key")
        step = self.value.find(key)
        if step is None:
            raise UnfitMessage(f"no step {key[:80]!r} in this run")
        self.told = {"key": key, "pairs": told_of(step)}

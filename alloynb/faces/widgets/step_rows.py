"""Steps of a trace as the rows and the details that `steps.js` draws."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from alloynb.faces.trace_wording import is_problem, mark_of, tone_of, words_of

if TYPE_CHECKING:
    from alloynb.application.run_trace import RunTrace, Step

_LONGEST_NOTE = 240
_LONGEST_TEXT = 6000


def rows_of(trace: RunTrace, now_ms: float | None = None) -> list[list[Any]]:
    """One row a step, in the order in which they are read."""
    return [
        [
            depth,
            step.kind,
            step.name,
            mark_of(step.status),
            tone_of(step.status),
            words_of(step, now_ms),
            round(step.began_ms, 2),
            None if step.took_ms is None else round(step.took_ms, 2),
            step.key,
            " ".join(step.note.split())[:_LONGEST_NOTE],
        ]
        for depth, step in trace.laid_out()
    ]


def told_of(step: Step) -> list[tuple[str, str]]:
    """What else is known of a step, as pairs of name and text."""
    return [(name, _text(value)) for name, value in step.said.items() if value not in (None, "", {}, [])]


def is_good(trace: RunTrace) -> bool | None:
    """Whether the run came to a good end; None while it runs."""
    if trace.is_running:
        return None
    return trace.root.status == "completed" and not any(is_problem(each.status) for each in trace.gates())


def _text(value: object) -> str:
    text = (
        value.strip()
        if isinstance(value, str)
        else json.dumps(value, indent=1, ensure_ascii=False, default=str)
    )
    if len(text) <= _LONGEST_TEXT:
        return text
    half = _LONGEST_TEXT // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"

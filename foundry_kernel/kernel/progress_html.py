"""The progress tree as HTML that stands by itself: inline styles alone, no script, nothing fetched.

An untrusted notebook loses style sheets and drawings, and of inline styles whatever is not a plain value. So every
colour is said twice, plainly and as a variable of Jupyter's theme, and no outcome is told by colour alone. The marks
stand white on a dark ground, which reads the same in a light and a dark theme.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import datetime

from foundry_kernel.kernel.progress_step import Step, continuation, mark_of

FIRST, LAST = 100, 200
"""Of more steps than these two together below one, those between are counted instead of shown."""

_GROUNDS = {
    "✓": "#2e7d32",
    "✗": "#c62828",
    "■": "#5d4037",
    "…": "#1565c0",
    "!": "#8a4b00",
    "≈": "#6a1b9a",
    "‖": "#455a64",
}
_LONGEST_NOTE = 240
_MUTED = "color:#767676;color:var(--jp-ui-font-color2,#767676);font-size:0.92em"
_NAME = "background:transparent;padding:0;font-family:monospace;color:inherit"
_LIST = (
    "list-style:none;margin:0 0 0 0.62em;padding:0 0 0 0.9em;"
    "border-left:1px solid #bdbdbd;border-left:1px solid var(--jp-border-color1,#bdbdbd)"
)
_PILL = (
    "display:inline-block;width:1.3em;text-align:center;border-radius:3px;font-weight:bold;font-size:0.85em;"
    "line-height:1.35;color:#ffffff"
)
_DOT = f"display:inline-block;width:1.3em;text-align:center;{_MUTED}"


def tree_html(root: Step, now: datetime | None = None) -> str:
    """Draw a step and everything below it as a nested list.

    Args:
        now: then what runs says for how long; aware.
    """
    label = html.escape(
        f"Progress of {root.name}: {', '.join(root.facts(now)) or root.status or root.kind}", quote=True
    )
    if root.kind == "event":
        body = f'<ul style="list-style:none;margin:0;padding:0">{_items([root], now)}</ul>'
    else:
        body = _step_html(root, now, top=True)
    return f'<div class="foundry-progress" role="group" aria-label="{label}" style="line-height:1.6">{body}</div>'


def _step_html(step: Step, now: datetime | None, *, elsewhere: Step | None = None, top: bool = False) -> str:
    note = _cut(" ".join(step.note.split()))
    said = "".join(
        f' <span style="{_MUTED}">{html.escape(fact)}</span>'
        for fact in (" · ".join(_facts_of(step, now)),)
        if fact
    )
    weight = ";font-weight:bold" if top else ""
    line = f'{_mark(step)} <code style="{_NAME}{weight}">{html.escape(step.name)}</code>{said}'
    if note and note != step.name:
        line += f' <span style="margin-left:0.4em">{html.escape(note)}</span>'
    if top:
        line = f'<div role="status">{line}</div>'
    below = [each for each in step.below if each is not elsewhere]
    if not below:
        return line
    return f'{line}<ul style="{_LIST}">{_items(below, now, continuation(step))}</ul>'


def _items(steps: Sequence[Step], now: datetime | None, elsewhere: Step | None = None) -> str:
    """List entries of steps, each followed by what continues it."""
    style = "margin:0;padding:0"
    entries: list[str] = []
    for each in steps:
        step: Step | None = each
        while step is not None:
            entries.append(f'<li style="{style}">{_step_html(step, now, elsewhere=elsewhere)}</li>')
            step = continuation(step)
    if len(entries) > FIRST + LAST + 1:
        left_out = f'<li style="{style};{_MUTED}">… {len(entries) - FIRST - LAST} more …</li>'
        entries = [*entries[:FIRST], left_out, *entries[-LAST:]]
    return "".join(entries)


def _facts_of(step: Step, now: datetime | None) -> tuple[str, ...]:
    kind = (step.kind,) if step.kind == "event" else ()
    return (*kind, *step.facts(now))


def _mark(step: Step) -> str:
    mark = mark_of(step)
    label = html.escape(step.status.replace("_", " ") or step.kind, quote=True)
    ground = _GROUNDS.get(mark)
    style = f"{_PILL};background-color:{ground}" if ground else _DOT
    return f'<span role="img" aria-label="{label}" title="{label}" style="{style}">{mark}</span>'


def _cut(note: str) -> str:
    return note if len(note) <= _LONGEST_NOTE else f"{note[: _LONGEST_NOTE - 1]}…"

"""The progress of a run as a tree, event → block → gate, grown from the facts of its journal. Pure.

One tree serves the live display of a notebook, a terminal and `trace`: as HTML, as text, or as one line a step.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from runtime_artifacts.journal import Fact

MARKS = {
    "running": "…",
    "completed": "✓",
    "completed_with_findings": "!",
    "passed": "✓",
    "simulated": "≈",
    "skipped": "-",
    "held back": "⏸",
    "failed": "✗",
    "timed_out": "✗",
    "cannot_start": "✗",
    "stopped": "■",
    "cancelled": "■",
    "interrupted": "■",
}
_COLOURS = {"✓": "#2e7d32", "✗": "#c62828", "■": "#c62828", "…": "#1565c0", "!": "#b26a00", "≈": "#6a1b9a"}


@dataclass
class Step:
    """One line of the tree.

    Attributes:
        kind: `run`, `event`, `block` or `gate`.
        status: a key of `MARKS`, or empty for an event that was simply delivered.
        id: of an event.
        duration_ms: None while it runs.
    """

    kind: str
    name: str
    status: str = ""
    note: str = ""
    id: str = ""
    duration_ms: float | None = None
    below: list[Step] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The line without its mark."""
        took = f" ({_duration(self.duration_ms)})" if self.duration_ms is not None else ""
        note = self.note if self.note != self.name else ""
        return f"{self.name}{took}{': ' + note if note else ''}"


class ProgressTree:
    """Grows with every fact; a fact of an unknown kind changes nothing."""

    def __init__(self, title: str = "run") -> None:
        """Begin an empty tree below `title`."""
        self.root = Step("run", title, "running")
        self._events: dict[str, Step] = {}
        self._blocks: dict[str, Step] = {}
        self._gates: dict[tuple[str, str, str], Step] = {}

    def add(self, fact: Fact) -> Step | None:
        """Take one fact in; returns the step that it changed, if any."""
        if fact.kind == "event":
            return self._event(fact)
        if fact.kind in {"block_started", "block_finished"}:
            return self._block(fact)
        if fact.kind in {"gate_started", "gate_finished"}:
            return self._gate(fact)
        if fact.kind in {"run_started", "run_resumed"}:
            self.root.status = "running"
            return self.root
        if fact.kind == "run_finished":
            self.root.status = fact.status or "completed"
            self.root.note = fact.summary or ""
            self.root.duration_ms = fact.duration_ms
            return self.root
        if fact.kind == "cancel_requested":
            self.root.note = "cancelling"
            return self.root
        return None

    def add_all(self, facts: Iterable[Fact]) -> ProgressTree:
        """Take many facts in."""
        for fact in facts:
            self.add(fact)
        return self

    def text(self) -> str:
        """The whole tree, one line a step."""
        return "\n".join(f"{'  ' * depth}{_marked(step)}" for depth, step in self._walk())

    def below_event(self, event_id: str) -> ProgressTree | None:
        """The part of the tree below an event, by its id or an unambiguous beginning of it; None if there is none."""
        found = [step for step in self._events.values() if step.id.startswith(event_id)]
        if not found:
            return None
        part = ProgressTree()
        part.root = found[0]
        return part

    def html(self) -> str:
        """The whole tree as a list that needs neither style sheet nor script."""
        return f'<div class="foundry-progress" role="status" aria-live="polite">{_html_of(self.root)}</div>'

    def _walk(self) -> Iterator[tuple[int, Step]]:
        waiting = [(0, self.root)]
        while waiting:
            depth, step = waiting.pop()
            yield depth, step
            waiting += [(depth + 1, below) for below in reversed(step.below)]

    def _event(self, fact: Fact) -> Step | None:
        if not fact.span_id or fact.span_id in self._events:
            return None
        status = "simulated" if fact.simulated else "held back" if fact.delivered is False else ""
        step = Step("event", fact.event_type or "event", status, id=fact.event_id or "")
        self._events[fact.span_id] = step
        above = self._blocks.get(fact.parent_span_id or "") or self.root
        above.below.append(step)
        return step

    def _block(self, fact: Fact) -> Step:
        key = fact.span_id or f"{fact.block}"
        step = self._blocks.get(key)
        if step is None:
            step = self._blocks[key] = Step("block", fact.block or "block")
            above = self._events.get(fact.parent_span_id or "") or self.root
            above.below.append(step)
        if fact.kind == "block_started":
            step.status = "running"
        else:
            step.status = fact.status or "completed"
            step.note = fact.summary or ""
            step.duration_ms = fact.duration_ms
        return step

    def _gate(self, fact: Fact) -> Step:
        key = (fact.gate or "", fact.phase or "", fact.span_id or "")
        step = self._gates.get(key)
        if step is None:
            step = self._gates[key] = Step("gate", f"gate {fact.gate}")
            above = (
                self._blocks.get(fact.span_id or "")
                or self._blocks.get(fact.parent_span_id or "")
                or self.root
            )
            above.below.append(step)
        if fact.kind == "gate_started":
            step.status = "running"
        else:
            step.status = fact.status or "passed"
            step.duration_ms = fact.duration_ms
            step.note = "" if fact.required or step.status == "passed" else "not required"
        return step


def line_of(step: Step) -> str:
    """One line for a log that is read from top to bottom."""
    indent = {"run": "", "event": "  ", "block": "    ", "gate": "      "}[step.kind]
    return f"{indent}{_marked(step)}"


def _marked(step: Step) -> str:
    mark = MARKS.get(step.status, "·" if step.kind == "event" else "?")
    return f"{mark} {step.text}"


def _html_of(step: Step) -> str:
    mark = MARKS.get(step.status, "·")
    colour = _COLOURS.get(mark, "inherit")
    line = (
        f'<span style="color:{colour};font-weight:bold" title="{html.escape(step.status or step.kind)}">{mark}</span> '
        f"<code>{html.escape(step.name)}</code>{html.escape(step.text.removeprefix(step.name))}"
    )
    below = "".join(f"<li>{_html_of(each)}</li>" for each in step.below)
    style = "list-style:none;margin:0;padding-left:1.4em"
    return f'{line}<ul style="{style}">{below}</ul>' if below else line


def _duration(milliseconds: float) -> str:
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60):02d} s"

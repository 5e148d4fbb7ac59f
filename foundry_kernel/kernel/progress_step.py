"""One line of a run's progress: its mark, its words, how long it took. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

MARKS = {
    "running": "…",
    "completed": "✓",
    "completed_with_findings": "!",
    "passed": "✓",
    "simulated": "≈",
    "skipped": "-",
    "held back": "‖",
    "failed": "✗",
    "timed_out": "✗",
    "cannot_start": "✗",
    "stopped": "■",
    "cancelled": "■",
    "interrupted": "■",
    "broken off": "■",
}
_PLAIN = frozenset({"", "completed", "passed"})
"""Statuses that the mark alone tells well enough."""


@dataclass
class Step:
    """One line of the tree.

    Attributes:
        kind: `run`, `event`, `block` or `gate`.
        status: a key of `MARKS`, or empty for an event that was simply delivered.
        id: of an event.
        duration_ms: None while it runs.
        tags: further words, such as the throttle of a run, or that a block is a mutator.
        began_at: RFC 3339; empty when unknown.
    """

    kind: str
    name: str
    status: str = ""
    note: str = ""
    id: str = ""
    duration_ms: float | None = None
    below: list[Step] = field(default_factory=list)
    tags: tuple[str, ...] = ()
    began_at: str = ""

    def facts(self, now: datetime | None = None) -> tuple[str, ...]:
        """What stands beside the name: outcome where the mark alone could be misread, tags, duration.

        Args:
            now: then a step that runs says for how long; aware.
        """
        said = [] if self.status in _PLAIN and self.kind != "run" else [self.status.replace("_", " ")]
        took_ms = self.duration_ms
        if took_ms is None and self.status == "running" and now is not None and self.began_at:
            took_ms = max(milliseconds_since(self.began_at, now), 0.0)
        return (*said, *self.tags, *((duration_text(took_ms),) if took_ms is not None else ()))

    def text(self, now: datetime | None = None) -> str:
        """The line without its mark."""
        facts = ", ".join(self.facts(now))
        note = " ".join(self.note.split())
        return (
            f"{self.name}{f' ({facts})' if facts else ''}{f': {note}' if note and note != self.name else ''}"
        )


def continuation(step: Step) -> Step | None:
    """The event that goes on where an event's last block ended, if that is the one event that the block emitted.

    It stands below its cause at the same depth: a chain without forks reads from top to bottom instead of drifting
    to the right.
    """
    if step.kind != "event" or not step.below:
        return None
    emitted = [each for each in step.below[-1].below if each.kind == "event"]
    return emitted[0] if len(emitted) == 1 else None


def line_of(step: Step) -> str:
    """One line for a log that is read from top to bottom."""
    indent = {"run": "", "event": "  ", "block": "    ", "gate": "      "}[step.kind]
    return f"{indent}{marked(step)}"


def mark_of(step: Step) -> str:
    """The mark of a step's outcome; an event that was simply delivered has a dot."""
    return MARKS.get(step.status, "·" if step.kind == "event" else "?")


def duration_text(milliseconds: float) -> str:
    """A duration as people say it: `20 ms`, `1.5 s`, `2 min 03 s`, `1 h 20 min`."""
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    return f"{hours} h {minutes_left:02d} min" if hours else f"{minutes} min {rest:02d} s"


def milliseconds_since(began_at: str, ended: datetime) -> float:
    """Milliseconds from an RFC 3339 time to a moment."""
    return (ended - datetime.fromisoformat(began_at)).total_seconds() * 1000


def marked(step: Step, now: datetime | None = None) -> str:
    """A step's line with its mark."""
    return f"{mark_of(step)} {step.text(now)}"

"""The progress of a run as a tree, event → block → gate, grown from the facts of its journal. Pure.

One tree serves the live display of a notebook, a terminal and `trace`: as HTML, as text, or as one line a step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from foundry_kernel.kernel.progress_html import tree_html
from foundry_kernel.kernel.progress_step import Step, continuation, marked, milliseconds_since
from runtime_artifacts.journal import Fact


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
            return self._run_begins(fact)
        if fact.kind == "run_finished":
            return self._run_ends(fact)
        if fact.kind == "cancel_requested":
            self.root.note = "cancelling"
            return self.root
        return None

    def add_all(self, facts: Iterable[Fact]) -> ProgressTree:
        """Take many facts in."""
        for fact in facts:
            self.add(fact)
        return self

    def break_off(self) -> ProgressTree:
        """Say that nobody works on it any more: what had begun and has no end was broken off."""
        for _, step in self.lines():
            if step.status == "running":
                step.status = "broken off"
        return self

    def is_running(self) -> bool:
        """Whether the run has not come to its end, as far as the facts say."""
        return self.root.status == "running"

    def text(self, now: datetime | None = None) -> str:
        """The whole tree, one line a step."""
        return "\n".join(f"{'  ' * depth}{marked(step, now)}" for depth, step in self.lines())

    def events_like(self, event_id: str) -> tuple[str, ...]:
        """Ids of the events whose id begins like this, in order, each once."""
        found = (step.id for step in self._events.values() if step.id.startswith(event_id))
        return tuple(dict.fromkeys(found))

    def below_event(self, event_id: str) -> ProgressTree | None:
        """The part of the tree below an event, by its id or the beginning of it; None if there is none."""
        found = [step for step in self._events.values() if step.id.startswith(event_id)]
        if not found:
            return None
        part = ProgressTree()
        part.root = found[0]
        return part

    def html(self, now: datetime | None = None) -> str:
        """The whole tree as a list that needs neither style sheet nor script."""
        return tree_html(self.root, now)

    def lines(self) -> Iterator[tuple[int, Step]]:
        """Every step with its depth, from top to bottom; see `continuation` for what is not deeper than its cause."""
        waiting: list[tuple[int, Step, Step | None]] = [(0, self.root, None)]
        while waiting:
            depth, step, elsewhere = waiting.pop()
            yield depth, step
            after = continuation(step)
            if after is not None:
                waiting.append((depth, after, None))
            below = [each for each in step.below if each is not elsewhere]
            waiting += [(depth + 1, each, after) for each in reversed(below)]

    def _run_begins(self, fact: Fact) -> Step:
        if fact.kind == "run_resumed":
            self.break_off()
        self.root.status, self.root.note, self.root.duration_ms = "running", "", None
        self.root.began_at = fact.recorded_at
        attempt = fact.attempt or 1
        throttle = (f"throttle {fact.throttle.replace('_', ' ')}",) if fact.throttle else ()
        uncommitted = fact.payload.get("uncommitted")
        left_out = (f"{len(uncommitted)} uncommitted left out",) if isinstance(uncommitted, list) else ()
        self.root.tags = (*((f"attempt {attempt}",) if attempt > 1 else ()), *throttle, *left_out)
        return self.root

    def _run_ends(self, fact: Fact) -> Step:
        self.root.status = fact.status or "completed"
        self.root.note = fact.summary or ""
        self.root.duration_ms = fact.duration_ms
        if fact.duration_ms is None and self.root.began_at:
            ended = datetime.fromisoformat(fact.recorded_at)
            self.root.duration_ms = milliseconds_since(self.root.began_at, ended)
        return self.root

    def _event(self, fact: Fact) -> Step | None:
        if not fact.span_id or fact.span_id in self._events:
            return None
        status = "simulated" if fact.simulated else "held back" if fact.delivered is False else ""
        tags = ("held back",) if fact.simulated and fact.delivered is False else ()
        step = Step("event", fact.event_type or "event", status, id=fact.event_id or "", tags=tags)
        self._events[fact.span_id] = step
        above = self._blocks.get(fact.parent_span_id or "") or self.root
        above.below.append(step)
        return step

    def _block(self, fact: Fact) -> Step:
        key = fact.span_id or f"{fact.block}"
        step = self._blocks.get(key)
        if step is None:
            number = fact.payload.get("try")
            tags: tuple[str, ...] = ("mutator",) if fact.block_kind == "mutator" else ()
            if isinstance(number, int) and number > 1:
                tags += (f"try {number}",)
            step = self._blocks[key] = Step("block", fact.block or "block", tags=tags)
            above = self._events.get(fact.parent_span_id or "") or self.root
            above.below.append(step)
        if fact.kind == "block_started":
            step.status, step.began_at = "running", fact.recorded_at
        else:
            step.status = fact.status or "completed"
            step.note = _note_of(fact)
            step.duration_ms = None if step.status == "simulated" else fact.duration_ms
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
            step.status, step.began_at = "running", fact.recorded_at
        else:
            step.status = fact.status or "passed"
            step.duration_ms = fact.duration_ms
            step.note = "" if fact.required or step.status == "passed" else "not required"
        return step


def _note_of(fact: Fact) -> str:
    error = fact.payload.get("error")
    said = fact.summary or ""
    if isinstance(error, dict):
        said = said or str(error.get("message") or "")
        step = str(error.get("next_step") or "")
        said += f"; {step}" if step and step not in said else ""
    return said

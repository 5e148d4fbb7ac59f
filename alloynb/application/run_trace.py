"""The trace of a run as a tree, run → event → block → gate, grown from the facts of its journal. Pure (spec 6.3).

Alloy reads what Foundry wrote down, and knows nothing else of it: a kind of fact that it does not know changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from runtime_artifacts.journal import Fact

StepKind = Literal["run", "event", "block", "gate"]
_MILLISECONDS = 1000.0


@dataclass
class Step:
    """One thing that happened, or is happening.

    Attributes:
        key: names it within its run.
        status: `running`, or what the journal says at its end; empty for an event that was simply delivered. What had
            begun and has no end when the run was over is `broken off`.
        began_ms: milliseconds after the run began; pauses between attempts are left out.
        took_ms: None while it runs.
        tags: further words, such as `mutator` or `try 2`.
        said: what else the journal tells of it, by name, in the order in which it is read.
    """

    key: str
    kind: StepKind
    name: str
    status: str = ""
    note: str = ""
    began_ms: float = 0.0
    took_ms: float | None = None
    tags: tuple[str, ...] = ()
    said: dict[str, object] = field(default_factory=dict)
    below: list[Step] = field(default_factory=list)

    @property
    def runs(self) -> bool:
        """Whether it has begun and not ended."""
        return self.status == "running"


class RunTrace:
    """Grows with every fact."""

    def __init__(self, run_id: str) -> None:
        """Begin an empty trace."""
        self.run_id = run_id
        self.root = Step("run", "run", run_id, "running")
        self.entry_event = ""
        self.throttle = ""
        self.last_ms = 0.0
        self._events: dict[str, Step] = {}
        self._blocks: dict[str, Step] = {}
        self._gates: dict[tuple[str, str, str], Step] = {}
        self._began: datetime | None = None
        self._paused_ms = 0.0

    def add_all(self, facts: Iterable[Fact]) -> RunTrace:
        """Take many facts in."""
        for fact in facts:
            self.add(fact)
        return self

    def add(self, fact: Fact) -> None:
        """Take one fact in."""
        match fact.kind:
            case "run_started" | "run_resumed":
                self._run_begins(fact)
            case "event":
                self._event(fact)
            case "block_started" | "block_finished":
                self._block(fact)
            case "gate_started" | "gate_finished":
                self._gate(fact)
            case "cancel_requested":
                self.root.note = "cancelling"
            case "run_finished":
                self._run_ends(fact)
            case _:
                return
        self.last_ms = max(self.last_ms, self._at(fact))

    def break_off(self) -> None:
        """Say that nobody works on it any more: what had begun and has no end was broken off."""
        for _, step in self.laid_out():
            if step.runs:
                step.status = "broken off"
                step.took_ms = max(self.last_ms - step.began_ms, 0.0)

    @property
    def is_running(self) -> bool:
        """Whether the run has not come to its end, as far as the facts say."""
        return self.root.runs

    @property
    def steps(self) -> int:
        """Number of events, blocks and gates."""
        return len(self._events) + len(self._blocks) + len(self._gates)

    def gates(self) -> tuple[Step, ...]:
        """Every gate, each once for every phase and try, in the order in which they began."""
        return tuple(self._gates.values())

    def moment_ms(self, now: datetime) -> float:
        """Where an aware moment lies on the time line of this run."""
        return self._since(now) if self._began else 0.0

    def find(self, key: str) -> Step | None:
        """The step of this key, or None."""
        return next((step for _, step in self.laid_out() if step.key == key), None)

    def laid_out(self) -> Iterator[tuple[int, Step]]:
        """Every step with its depth, from top to bottom.

        The one event that an event's last block emitted goes on below it at the same depth: a chain without forks
        reads from top to bottom instead of drifting to the right.
        """
        waiting: list[tuple[int, Step, Step | None]] = [(0, self.root, None)]
        while waiting:
            depth, step, elsewhere = waiting.pop()
            yield depth, step
            after = _continuation(step)
            if after is not None:
                waiting.append((depth, after, None))
            below = [each for each in step.below if each is not elsewhere]
            waiting += [(depth + 1, each, after) for each in reversed(below)]

    # ---- facts

    def _run_begins(self, fact: Fact) -> None:
        moment = datetime.fromisoformat(fact.recorded_at)
        if self._began is None:
            self._began = moment
        else:  # somebody took it up again
            self.break_off()
            self._paused_ms = (moment - self._began).total_seconds() * _MILLISECONDS - self.last_ms
        self.entry_event = self.entry_event or fact.event_type or ""
        self.throttle = fact.throttle or self.throttle
        attempt = fact.attempt or 1
        self.root.status, self.root.note, self.root.took_ms = "running", "", None
        self.root.tags = (f"attempt {attempt}",) if attempt > 1 else ()
        self.root.said |= {"revision": fact.revision, "request": fact.request_id, "brief": fact.brief_id}

    def _run_ends(self, fact: Fact) -> None:
        self.root.status = fact.status or "completed"
        self.root.note = fact.summary or ""
        self.root.took_ms = self._at(fact)
        if fact.failure_class:
            self.root.said["failure"] = fact.failure_class

    def _event(self, fact: Fact) -> None:
        span = fact.span_id or fact.event_id or fact.fact_id
        if span in self._events:
            return
        held = fact.delivered is False
        status = "simulated" if fact.simulated else "held back" if held else ""
        step = Step(span, "event", fact.event_type or "event", status, began_ms=self._at(fact), took_ms=0.0)
        step.tags = ("held back",) if fact.simulated and held else ()
        step.said = {"event": fact.event_id, "payload": fact.payload}
        self._events[span] = step
        self._above(fact, self._blocks).below.append(step)

    def _block(self, fact: Fact) -> None:
        span = fact.span_id or fact.block or fact.fact_id
        step = self._blocks.get(span)
        if step is None:
            number = fact.payload.get("try")
            step = self._blocks[span] = Step(span, "block", fact.block or "block", began_ms=self._at(fact))
            step.tags = ("mutator",) if fact.block_kind == "mutator" else ()
            if isinstance(number, int) and number > 1:
                step.tags += (f"try {number}",)
            self._above(fact, self._events).below.append(step)
        if fact.kind == "block_started":
            step.status = "running"
            return
        step.status = fact.status or "completed"
        step.took_ms = 0.0 if step.status == "simulated" else self._took(fact, step)
        step.note = _note_of(fact)

    def _gate(self, fact: Fact) -> None:
        key = (fact.gate or "", fact.phase or "", fact.span_id or fact.parent_span_id or "")
        step = self._gates.get(key)
        if step is None:
            step = self._gates[key] = Step(
                "/".join(key), "gate", fact.gate or "gate", began_ms=self._at(fact)
            )
            self._above(fact, self._blocks).below.append(step)
        step.tags = tuple(each.replace("_", " ") for each in (fact.phase, fact.mode) if each)
        if fact.kind == "gate_started":
            step.status = "running"
            return
        step.status = fact.status or "passed"
        step.took_ms = self._took(fact, step)
        step.note = fact.summary or ""
        step.said = {
            "evidence": fact.evidence_id,
            "mode": fact.mode,
            "exit code": fact.exit_code,
            **{name: fact.payload[name] for name in ("details", "output_file") if fact.payload.get(name)},
        }

    def _above(self, fact: Fact, steps: dict[str, Step]) -> Step:
        return steps.get(fact.parent_span_id or "") or steps.get(fact.span_id or "") or self.root

    def _at(self, fact: Fact) -> float:
        return max(self._since(datetime.fromisoformat(fact.recorded_at)), 0.0) if self._began else 0.0

    def _since(self, moment: datetime) -> float:
        if self._began is None:
            return 0.0
        return (moment - self._began).total_seconds() * _MILLISECONDS - self._paused_ms

    def _took(self, fact: Fact, step: Step) -> float:
        return fact.duration_ms if fact.duration_ms is not None else max(self._at(fact) - step.began_ms, 0.0)


def _continuation(step: Step) -> Step | None:
    if step.kind != "event" or not step.below:
        return None
    emitted = [each for each in step.below[-1].below if each.kind == "event"]
    return emitted[0] if len(emitted) == 1 else None


def _note_of(fact: Fact) -> str:
    said, error = fact.summary or "", fact.payload.get("error")
    if not isinstance(error, dict):
        return said
    told = said or str(error.get("message") or "")
    step = str(error.get("next_step") or "")
    return f"{told}; {step}" if step and step not in told else told

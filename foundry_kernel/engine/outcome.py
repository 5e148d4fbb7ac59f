"""How a run ended, and the limits that it had (spec 3.7, 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runtime_artifacts.run_result import FailureClass, RunError, RunStatus


@dataclass(frozen=True)
class Limits:
    """What a run may not pass.

    Attributes:
        events: events of the whole run, over all attempts.
        depth: events on one causal path.
        repeats: how often one block may get the same event type with the same payload on one causal path.
        wall_clock_s: seconds, per attempt.
        cancel_grace_s: seconds that a block has to end by itself once the run is cancelled.
    """

    events: int = 1_000
    depth: int = 500
    repeats: int = 3
    wall_clock_s: float = 6 * 3600.0
    cancel_grace_s: float = 15.0


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        errors: everything that went wrong, first things first.
        reason: one sentence.
        questions: what a human is asked before the run can go on.
        events, blocks: how many there were, over all attempts; simulated executions count.
        foundry_retries: further tries of blocks and further attempts after failed gates.
    """

    status: RunStatus
    failure_class: FailureClass | None = None
    errors: tuple[RunError, ...] = ()
    reason: str = ""
    questions: tuple[str, ...] = ()
    events: int = 0
    blocks: int = 0
    foundry_retries: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain JSON for the journal."""
        return {
            "status": self.status,
            "failure_class": self.failure_class,
            "errors": [each.model_dump(mode="json") for each in self.errors],
            "reason": self.reason,
            "questions": list(self.questions),
            "events": self.events,
            "blocks": self.blocks,
            "foundry_retries": self.foundry_retries,
        }

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Outcome:
        """Read back what `as_json` wrote."""
        errors = tuple(RunError.model_validate(each) for each in said.get("errors", ()))
        return cls(**{**said, "errors": errors, "questions": tuple(said.get("questions", ()))})

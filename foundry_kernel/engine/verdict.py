"""What a run comes to: counted while it goes, judged at its end (spec 3.7, 5.5)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

from foundry_kernel.engine.execution import Executed
from foundry_kernel.engine.formation import Formation
from foundry_kernel.engine.outcome import Outcome
from foundry_kernel.errors import FoundryError
from foundry_kernel.events.event import Event
from foundry_kernel.gateways.shell import CancelToken
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.run_result import FailureClass, RunError, RunStatus


def ending_of(failure_class: FailureClass) -> RunStatus:
    """Status of a run that a failure ended: what must not go on is `stopped`, what could not is `failed`."""
    return "stopped" if failure_class in ("safety", "semantic") else "failed"


@dataclass
class Tally:
    """Counts and judges one run.

    Status of a run, first row that fits:

    ======================================================================  ==========================
    a safety or semantic failure                                            stopped
    cancelled                                                               cancelled
    a block failed, a limit was reached, a closing event says no success    failed
    the closing event never came, and the throttle held nothing back        failed
    a closing event counts findings                                         completed_with_findings
    otherwise                                                               completed
    ======================================================================  ==========================
    """

    formation: Formation
    events: int = 1
    blocks: int = 0
    foundry_retries: int = 0
    errors: list[RunError] = field(default_factory=list)
    closings: list[Event] = field(default_factory=list)
    held_back: bool = False

    def count(self, one: Executed) -> None:
        """Count an execution and what it emitted."""
        self.blocks += 1
        self.events += len(one.events)
        self.foundry_retries += one.try_number - 1
        self.foundry_retries += sum(1 for each in one.events if each.event_type == "retry_requested")
        self.closings += [each for each in one.events if each.event_type in self.formation.closing_events]
        self.held_back = self.held_back or any(not each.delivered for each in one.events)

    def weigh(self, one: Executed) -> None:
        """End the run if the execution failed in a way that ends it.

        Raises:
            RunEnds: it does.
        """
        if one.error is None or one.status == "interrupted":
            return
        self.errors.append(one.error)
        stops = ending_of(one.error.failure_class) == "stopped"
        if stops or not self.formation.continue_after_failure:
            raise RunEnds(self._outcome_of(one.error))

    def judge(self, token: CancelToken) -> Outcome:
        """Say how a run ended that nothing stopped."""
        if token.is_set:
            return self._counted(
                Outcome("cancelled", reason=token.reason or "cancelled", errors=tuple(self.errors))
            )
        if self.errors:
            return self._outcome_of(self.errors[0])
        failed = [each for each in self.closings if each.payload.get("success") is not True]
        if failed:
            reason = str(failed[0].payload.get("summary") or f"{failed[0].event_type} says no success")
            return self._outcome_of(RunError(failure_class="execution", message=reason))
        if self.formation.closing_events and not self.closings and not self.held_back:
            missing = " or ".join(self.formation.closing_events)
            return self._outcome_of(
                RunError(failure_class="execution", message=f"the chain ended without {missing}")
            )
        findings = sum(int(each.payload.get("findings") or 0) for each in self.closings)
        reason = "; ".join(
            str(each.payload["summary"]) for each in self.closings if each.payload.get("summary")
        )
        return self._counted(Outcome("completed_with_findings" if findings else "completed", reason=reason))

    def ended_by(self, error: FoundryError | ArtifactError, *, question: str = "") -> Outcome:
        """Say how a run ended that an error stopped."""
        if isinstance(error, ArtifactError):
            failure_class: FailureClass = "safety" if error.exit_code == 3 else "validation"
        else:
            failure_class = RunError.model_validate(
                {"failure_class": error.failure_class, "message": error.message}
            ).failure_class
        failure = RunError(failure_class=failure_class, message=error.message, next_step=error.next_step)
        self.errors.append(failure)
        return replace(self._outcome_of(failure), questions=(question,) if question else ())

    def _outcome_of(self, error: RunError) -> Outcome:
        errors = tuple(self.errors) or (error,)
        status = ending_of(error.failure_class)
        return self._counted(Outcome(status, error.failure_class, errors, reason=error.message))

    def _counted(self, outcome: Outcome) -> Outcome:
        return replace(outcome, events=self.events, blocks=self.blocks, foundry_retries=self.foundry_retries)


class RunEnds(Exception):
    """Leaves the loop with an outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome

    @classmethod
    def by(cls, error: FoundryError, tally: Tally, *, question: str = "") -> Self:
        """End the run because of an error."""
        return cls(tally.ended_by(error, question=question))

"""The life of one request, as steps that are never taken back (spec 5.3, 5.4). Pure.

    waiting ──accepted──▶ accepted ──started──▶ executing ──ended──▶ ended
       ▲                     │                      │
       └──handed_back, expired─────────────────────┘

`cancel_asked` may be said at any time before the end. `ended` is legal exactly once, from whoever holds the lease, from
whoever held the last one as long as nobody took the request up after it, or from nobody while the request waits.
So every request has at most one end, and a runner that was given up cannot end what another one is working on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import Field

from runtime_artifacts.content import Content, Digest, Timestamp
from runtime_artifacts.errors import ArtifactError, FailureClass
from runtime_artifacts.run_result import RunStatus

StepKind = Literal["accepted", "started", "handed_back", "expired", "cancel_asked", "ended"]
LifeState = Literal["waiting", "accepted", "executing", "ended"]

STEPS_OF_A_LEASE: frozenset[StepKind] = frozenset({"accepted", "started", "handed_back", "expired"})


class IllegalStep(ArtifactError):
    """The step does not follow from what happened before: the lease is lost, or the request has ended."""

    exit_code = 4
    failure_class = "dispatch"


class LifeStep(Content):
    """One thing that happened to a request.

    Attributes:
        by: person or runner that did it; of an expiry, whoever noticed.
        lease: number of the lease that it is about; None when it is about none.
        lease_s: of `accepted`: how long the lease holds without a heartbeat.
        transport_retries: messages about this step that had to be sent again before.
        status, failure_class, result_digest: of `ended`.
    """

    kind: StepKind
    at: Timestamp
    by: str
    lease: int | None = Field(default=None, ge=1)
    lease_id: str | None = None
    lease_s: float | None = None
    run_id: str | None = None
    attempt: int | None = None
    why: str = ""
    transport_retries: int = Field(default=0, ge=0)
    status: RunStatus | None = None
    failure_class: FailureClass | None = None
    recovery_actions: tuple[str, ...] = ()
    result_digest: Digest | None = None


@dataclass(frozen=True)
class LeaseTaken:
    """One lease, open or over.

    Attributes:
        ended_by: None while it is open.
    """

    number: int
    lease_id: str
    runner_id: str
    run_id: str
    accepted_at: str
    lease_s: float
    started: bool = False
    ended_by: Literal["expired", "handed_back"] | None = None


@dataclass(frozen=True)
class RequestLife:
    """What became of a request so far.

    Attributes:
        leases: every one there was, oldest first.
        cancelled: the step that asked for the end, if somebody did.
        end: the last step, if the request has ended.
    """

    request_id: str
    steps: tuple[LifeStep, ...] = ()
    leases: tuple[LeaseTaken, ...] = field(default=())
    cancelled: LifeStep | None = None
    end: LifeStep | None = None

    @property
    def state(self) -> LifeState:
        """Where the request stands."""
        if self.end is not None:
            return "ended"
        if self.open_lease is None:
            return "waiting"
        return "executing" if self.open_lease.started else "accepted"

    @property
    def open_lease(self) -> LeaseTaken | None:
        """The lease that somebody holds, None when nobody does."""
        last = self.leases[-1] if self.leases else None
        return last if last is not None and last.ended_by is None and self.end is None else None

    @property
    def runner_retries(self) -> int:
        """How often a runner took the request up after another one was lost."""
        return max(0, sum(lease.started for lease in self.leases[:-1]))

    @property
    def transport_retries(self) -> int:
        """Messages about this request that had to be sent again, as far as steps tell."""
        return sum(step.transport_retries for step in self.steps)

    def transport_retries_under(self, lease: LeaseTaken) -> int:
        """Those of them that steps of one lease tell."""
        return sum(step.transport_retries for step in self.steps if step.lease == lease.number)

    def after(self, step: LifeStep) -> RequestLife:
        """The life with one more step.

        Raises:
            IllegalStep: it does not follow.
        """
        reason = self._why_illegal(step)
        if reason:
            raise IllegalStep(f"request {self.request_id}: {reason}")
        grown = replace(self, steps=(*self.steps, step))
        if step.kind == "accepted":
            assert step.lease is not None
            lease = LeaseTaken(
                number=step.lease,
                lease_id=step.lease_id or "",
                runner_id=step.by,
                run_id=step.run_id or "",
                accepted_at=step.at,
                lease_s=step.lease_s or 0.0,
            )
            return replace(grown, leases=(*self.leases, lease))
        if step.kind == "cancel_asked":
            return replace(grown, cancelled=step)
        if step.kind == "ended":
            return replace(grown, end=step)
        if step.kind == "started":
            return grown._with_last(replace(self.leases[-1], started=True))
        return grown._with_last(
            replace(self.leases[-1], ended_by="expired" if step.kind == "expired" else "handed_back")
        )

    def _with_last(self, lease: LeaseTaken) -> RequestLife:
        return replace(self, leases=(*self.leases[:-1], lease))

    def _why_illegal(self, step: LifeStep) -> str:
        """Why a step does not follow; empty when it does."""
        if self.end is not None:
            return f"{step.kind} after it ended ({self.end.status} at {self.end.at})"
        held, last = self.open_lease, self.leases[-1] if self.leases else None
        if step.kind == "cancel_asked":
            return "its end was asked for before" if self.cancelled is not None else ""
        if step.kind == "accepted":
            return self._why_not_accepted(step, held)
        if step.kind == "ended":
            if step.status is None:
                return "an end without a status"
            if step.lease is None:
                return f"{held.runner_id} holds it" if held is not None else ""
            if last is None or step.lease != last.number or last.ended_by == "handed_back":
                return f"lease {step.lease} is not the one that counts"
            return ""
        if held is None or step.lease != held.number:
            return f"lease {step.lease} is over"
        return "it was started before" if step.kind == "started" and held.started else ""

    def _why_not_accepted(self, step: LifeStep, held: LeaseTaken | None) -> str:
        if held is not None:
            return f"{held.runner_id} holds it"
        if self.cancelled is not None:
            return f"{self.cancelled.by} asked for its end"
        if step.lease != len(self.leases) + 1:
            return f"lease {step.lease}, and {len(self.leases) + 1} is next"
        return "" if step.lease_s and step.lease_s > 0 and step.run_id else "a lease has a run and an end"


def life_of(request_id: str, steps: Iterable[LifeStep]) -> RequestLife:
    """Follow the steps of a request from its beginning.

    Raises:
        IllegalStep: they do not follow from each other.
    """
    life = RequestLife(request_id)
    for step in steps:
        life = life.after(step)
    return life

"""What a runner and a shared Alloy say to each other (spec 5.3). The runner always speaks first.

    register  RunnerRegistration → RegisteredRunner    a person, once; the key is shown here and nowhere else
    poll      Poll → Offer, or nothing                 nothing to do is no error
    accept    Acceptance → Lease                       the request is this runner's until the lease runs out
    beat      Heartbeat → LeaseState                   more time; also how a runner learns of a cancellation
    started   Started → LeaseState                     from here on something may have happened
    events    Events → LeaseState                      facts of the run's journal, in order; sending them twice is fine
    end       Completed or Failed → RequestEnded       the one end of the request
    hand back HandedBack → LeaseState                  somebody else may take it
    cancel    Cancellation → RequestEnded or LeaseState

Every message that may be sent again because no answer came says how often it was sent: that is a transport retry, and
the same message twice has the effect of one. Under a lease it also says how many were sent again so far, so that the
count holds although some of them never arrived.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from runtime_artifacts.content import Content, Digest, JsonObject, Timestamp
from runtime_artifacts.errors import FailureClass

PROTOCOL = "foundry.runner_protocol.v1"
MOST_FACTS = 500
"""Facts that one message may carry."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]
Words = Annotated[str, Field(max_length=2000)]
LeaseTime = Annotated[
    float, Field(ge=1, le=3600, description="seconds that a lease holds without a heartbeat")
]
Sends = Annotated[int, Field(ge=1, description="how often this message was sent, this time included")]
Resent = Annotated[
    int,
    Field(ge=0, description="messages of this lease, from its acceptance on, that were sent again so far"),
]


class RunnerRegistration(Content):
    """A person lets a runner in.

    Attributes:
        name: for people; several runners may not share one.
        projects: whose requests it may take; `*` for all.
        trusted_for_mutation: whether it may take requests that change a repository for good.
    """

    name: Name
    projects: tuple[str, ...] = Field(min_length=1)
    trusted_for_mutation: bool = False


class RegisteredRunner(Content):
    """The answer to a registration.

    Attributes:
        key: shown here once; only its digest is kept.
    """

    runner_id: str
    key: str


class Poll(Content):
    """Is there something for me?

    Attributes:
        projects: only these; empty for all that the runner may serve.
        wait_s: how long the answer may wait for something to come, at most 60 seconds.
        host: where the runner runs, for people.
        running: requests that it holds just now.
    """

    projects: tuple[str, ...] = ()
    wait_s: float = Field(default=0, ge=0, le=60)
    host: Words = ""
    running: tuple[str, ...] = ()


class BegunBefore(Content):
    """An earlier lease of the same request, so that whoever takes it up knows what had begun.

    Attributes:
        started: the run had begun; something may have happened.
        ended_by: `expired` or `handed_back`.
    """

    number: int = Field(ge=1)
    runner_id: str
    run_id: str
    started: bool
    ended_by: Literal["expired", "handed_back"]


class Offer(Content):
    """One request with everything that it names, whole.

    Attributes:
        request: the request artifact.
        artifacts: brief, prompt pack, gate overlay, evidence plan and approvals that the request names.
        begun_before: earlier leases, oldest first.
    """

    request: JsonObject
    artifacts: tuple[JsonObject, ...]
    begun_before: tuple[BegunBefore, ...] = ()


class Acceptance(Content):
    """I take it.

    Attributes:
        run_id: the run that will execute it, chosen by the runner.
    """

    run_id: Annotated[str, Field(pattern=r"^run_[0-7][0-9A-HJKMNP-TV-Z]{25}$")]
    lease_s: LeaseTime = 60.0
    sends: Sends = 1


class Lease(Content):
    """The request is yours until `expires_at`; every heartbeat moves that.

    Attributes:
        number: 1 for the first acceptance of the request, one more for each that follows.
    """

    lease_id: str
    request_id: str
    runner_id: str
    run_id: str
    number: int = Field(ge=1)
    accepted_at: Timestamp
    expires_at: Timestamp
    lease_s: LeaseTime
    begun_before: tuple[BegunBefore, ...] = ()


class LeaseState(Content):
    """How a lease stands.

    Attributes:
        cancel: somebody wants the run to end; `why` and `by` say who.
    """

    lease_id: str
    expires_at: Timestamp
    cancel: bool = False
    by: str = ""
    why: str = ""


class Heartbeat(Content):
    """I am still at it."""

    lease_id: str
    sends: Sends = 1
    resent: Resent = 0


class Started(Content):
    """The run begins."""

    lease_id: str
    attempt: int = Field(default=1, ge=1)
    sends: Sends = 1
    resent: Resent = 0


class Events(Content):
    """Facts of the run's journal.

    Attributes:
        facts: lines of one attempt's journal, in order, each with its `seq`.
    """

    lease_id: str
    attempt: int = Field(default=1, ge=1)
    facts: tuple[JsonObject, ...] = Field(max_length=MOST_FACTS)
    sends: Sends = 1
    resent: Resent = 0


class Completed(Content):
    """The run came to an end of its own, whatever the answer is.

    Attributes:
        result: the run result artifact.
    """

    lease_id: str
    result: JsonObject
    sends: Sends = 1
    resent: Resent = 0


class Failed(Content):
    """There is no result, because nothing ran: the request was refused, or could not be dispatched."""

    lease_id: str
    failure_class: FailureClass
    message: Words
    next_step: Words = ""
    recovery_actions: tuple[str, ...] = ()
    sends: Sends = 1
    resent: Resent = 0


class HandedBack(Content):
    """I stop, and the request has not begun or can be taken up by another."""

    lease_id: str
    why: Words = ""
    sends: Sends = 1
    resent: Resent = 0


class Cancellation(Content):
    """Somebody wants a request to end."""

    why: Words = ""


class RequestEnded(Content):
    """How a request ended, once and for all.

    Attributes:
        status: of its result, or `failed`, `stopped`, `cancelled` where there is none.
        result_digest: of the result that counts, if there is one.
    """

    request_id: str
    status: Literal["completed", "completed_with_findings", "failed", "stopped", "cancelled"]
    at: Timestamp
    failure_class: FailureClass | None = None
    result_digest: Digest | None = None

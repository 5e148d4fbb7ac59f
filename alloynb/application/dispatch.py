"""Requests and the runners that take them: offered, accepted with a lease, begun, handed back (spec 5.3, 5.4).

What happened to a request is a life of steps (`runtime_artifacts.request_life`); every function here adds at most one.
The caller has made sure who the runner is (`runners.authenticate_runner`).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from alloynb.application.end_request import end_cancelled, expire_leases
from alloynb.application.request_lives import is_of_this_machine, lives_of, tell_refusal
from alloynb.application.runners import Runner, manifest_of, note_heard, note_seen
from alloynb.application.serving import translation_for, why_not_served
from alloynb.application.standing_approvals import standing_approvals
from alloynb.application.transport_retries import note_resent, untold_retries
from alloynb.application.workspace import Workspace
from alloynb.errors import Refused
from alloynb.evidence.run_facts import translation_fact
from runtime_artifacts.approval import APPROVAL
from runtime_artifacts.envelope import Artifact, format_timestamp
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.gate_overlay import GATE_OVERLAY
from runtime_artifacts.identity import new_id
from runtime_artifacts.prompt_pack import PROMPT_PACK
from runtime_artifacts.request_life import IllegalStep, LeaseTaken, LifeStep, RequestLife
from runtime_artifacts.runner_protocol import (
    Acceptance,
    BegunBefore,
    HandedBack,
    Heartbeat,
    Lease,
    LeaseState,
    Offer,
    Poll,
    Started,
)


class NotForThisRunner(Refused):
    """The runner may not have the request."""


class LeaseLost(IllegalStep):
    """The lease is over, so what its holder says counts no more: it stops."""


def next_offer(workspace: Workspace, runner: Runner, poll: Poll) -> Offer | None:
    """Offer the oldest request that a runner may have, with everything that it names; None when there is none.

    An offer binds nobody: the request is the runner's once it accepts.

    Raises:
        NotForThisRunner: it asks for projects that are not its own; recorded.
        ArtifactError: an artifact was changed.
    """
    note_seen(workspace, runner, host=poll.host, running=poll.running)
    project = workspace.settings.project
    foreign = [each for each in poll.projects if not runner.serves(each)]
    if foreign or not runner.serves(project):
        named = ", ".join(each[:80] for each in foreign) or project
        why = f"runner {runner.name} may not serve {named}"
        tell_refusal(workspace, runner.runner_id, "poll", why)
        raise NotForThisRunner(why, next_step="register a runner for that project")
    if poll.projects and project not in poll.projects:
        return None
    expire_leases(workspace)
    manifest = manifest_of(workspace, runner)
    for request in waiting_requests(workspace):
        if not why_not_served(workspace, request.content, runner, manifest.content if manifest else None):
            life = lives_of(workspace).life(request.id)
            return Offer(
                request=request.as_json(),
                artifacts=tuple(each.as_json() for each in _named_by(workspace, request)),
                begun_before=begun_before(life),
            )
    return None


def waiting_requests(workspace: Workspace) -> list[Artifact[ExecutionRequest]]:
    """Every posted request that nobody holds and that has not ended, oldest first.

    Raises:
        ArtifactError: a request was changed after it was posted.
    """
    lives, mailbox = lives_of(workspace), workspace.mailbox
    found = []
    for file in sorted((mailbox.folder / "requests").glob("runreq_*.json")):
        if lives.has_ended(file.stem) or lives.life(file.stem).open_lease is not None:
            continue
        claim = mailbox.claim_of(file.stem)
        if claim is not None and is_of_this_machine(claim):
            continue
        request = mailbox.request(file.stem)
        if mailbox.holder_of(request.content.idempotency_key) == request:
            found.append(request)
    return found


def accept_request(workspace: Workspace, runner: Runner, request_id: str, said: Acceptance) -> Lease:
    """Give a request to a runner until its lease runs out. Sent again by the holder, it is the same lease.

    Raises:
        NotForThisRunner: it may not have it; recorded.
        IllegalStep: somebody else holds it, its end was asked for, or it has ended.
        AlreadyClaimed: a run on this machine has it.
        UnknownRequest: there is no such request.
    """
    request = workspace.mailbox.request(request_id)
    manifest = manifest_of(workspace, runner)
    reasons = why_not_served(workspace, request.content, runner, manifest.content if manifest else None)
    if reasons:
        tell_refusal(workspace, runner.runner_id, "accept", reasons[0], request_id=request_id)
        raise NotForThisRunner(f"{request_id}: {reasons[0]}")
    expire_leases(workspace, only=request_id)
    now = format_timestamp(workspace.clock())
    claim = workspace.mailbox.claim_of(request_id)
    if claim is None or is_of_this_machine(claim):
        workspace.mailbox.claim(request_id, said.run_id, runner.runner_id, now)

    def decide(life: RequestLife) -> LifeStep | None:
        held = life.open_lease
        if held is not None and (held.runner_id, held.run_id) == (runner.runner_id, said.run_id):
            return None  # the answer did not come back; this is the same lease
        return LifeStep(
            kind="accepted",
            at=now,
            by=runner.runner_id,
            lease=len(life.leases) + 1,
            lease_id=new_id("lease"),
            lease_s=said.lease_s,
            run_id=said.run_id,
            transport_retries=said.sends - 1,
        )

    life = lives_of(workspace).add(request_id, decide)
    if manifest is not None and (down := translation_for(workspace, request.content, manifest.content)):
        told = translation_fact(request, down.as_json(), at=now)
        workspace.warehouse.record([told])
    lease = life.leases[-1]
    lives_of(workspace).beat(lease, workspace.clock())
    return Lease(
        lease_id=lease.lease_id,
        request_id=request_id,
        runner_id=runner.runner_id,
        run_id=lease.run_id,
        number=lease.number,
        accepted_at=lease.accepted_at,
        expires_at=format_timestamp(lives_of(workspace).holds_until(lease)),
        lease_s=lease.lease_s,
        begun_before=begun_before(life),
    )


def heartbeat(workspace: Workspace, runner: Runner, request_id: str, said: Heartbeat) -> LeaseState:
    """Give a lease more time, and tell its holder whether somebody wants the end.

    Raises:
        LeaseLost: it is over; the holder stops.
    """
    lives = lives_of(workspace)
    lease = held_lease(workspace, runner, request_id, said.lease_id)
    lives.beat(lease, workspace.clock())
    note_resent(lives, lives.life(request_id), lease, said)
    note_heard(workspace, runner)
    return _state(workspace, request_id, held_lease(workspace, runner, request_id, said.lease_id))


def report_started(workspace: Workspace, runner: Runner, request_id: str, said: Started) -> LeaseState:
    """Note that the run begins: from here on something may have happened.

    Raises:
        LeaseLost: the lease is over; the run must not begin.
    """
    lease = held_lease(workspace, runner, request_id, said.lease_id)

    def decide(life: RequestLife) -> LifeStep | None:
        _check_held(life, lease.lease_id, runner)
        if life.leases[-1].started:
            return None
        return LifeStep(
            kind="started",
            at=format_timestamp(workspace.clock()),
            by=runner.runner_id,
            lease=lease.number,
            run_id=lease.run_id,
            attempt=said.attempt,
            transport_retries=untold_retries(lives_of(workspace), life, lease, said),
        )

    lives_of(workspace).add(request_id, decide)
    lives_of(workspace).beat(lease, workspace.clock())
    return _state(workspace, request_id, lease)


def hand_back(workspace: Workspace, runner: Runner, request_id: str, said: HandedBack) -> LeaseState:
    """Let somebody else take a request up: its holder stops, or cannot run it here.

    Raises:
        LeaseLost: the lease is over.
    """
    lease = held_lease(workspace, runner, request_id, said.lease_id, also_last=True)

    def decide(life: RequestLife) -> LifeStep | None:
        if life.leases[-1].ended_by == "handed_back":
            return None  # said again
        _check_held(life, lease.lease_id, runner)
        return LifeStep(
            kind="handed_back",
            at=format_timestamp(workspace.clock()),
            by=runner.runner_id,
            lease=lease.number,
            why=said.why,
            transport_retries=untold_retries(lives_of(workspace), life, lease, said),
        )

    lives_of(workspace).add(request_id, decide)
    end_cancelled(workspace, request_id)
    return _state(workspace, request_id, lease)


def held_lease(
    workspace: Workspace, runner: Runner, request_id: str, lease_id: str, *, also_last: bool = False
) -> LeaseTaken:
    """The lease that a runner speaks of, which must be its own and hold.

    Args:
        also_last: also one that is over, as long as nobody took the request up after it.

    Raises:
        LeaseLost: it does not; recorded.
    """
    life = lives_of(workspace).life(request_id)
    last = life.leases[-1] if life.leases else None
    if also_last and last is not None and (last.lease_id, last.runner_id) == (lease_id, runner.runner_id):
        return last
    try:
        return _check_held(life, lease_id, runner)
    except LeaseLost as error:
        tell_refusal(workspace, runner.runner_id, "lease", error.message, request_id=request_id)
        raise


def begun_before(life: RequestLife) -> tuple[BegunBefore, ...]:
    """Earlier leases of a request, for whoever takes it up now."""
    return tuple(
        BegunBefore(
            number=lease.number,
            runner_id=lease.runner_id,
            run_id=lease.run_id,
            started=lease.started,
            ended_by=lease.ended_by,
        )
        for lease in life.leases
        if lease.ended_by is not None
    )


def _check_held(life: RequestLife, lease_id: str, runner: Runner) -> LeaseTaken:
    held = life.open_lease
    if held is not None and (held.lease_id, held.runner_id) == (lease_id, runner.runner_id):
        return held
    if life.end is not None:
        reason = f"the request has ended ({life.end.status})"
    elif any((each.lease_id, each.runner_id) == (lease_id, runner.runner_id) for each in life.leases):
        reason = "the lease is over"
    else:
        reason = f"{runner.name} holds no such lease"
    raise LeaseLost(f"{life.request_id}: {reason}", next_step="stop the run")


def _state(workspace: Workspace, request_id: str, lease: LeaseTaken) -> LeaseState:
    life = lives_of(workspace).life(request_id)
    asked = life.cancelled
    return LeaseState(
        lease_id=lease.lease_id,
        expires_at=format_timestamp(lives_of(workspace).holds_until(lease)),
        cancel=asked is not None,
        by=asked.by if asked else "",
        why=asked.why if asked else "",
    )


def _named_by(workspace: Workspace, request: Artifact[ExecutionRequest]) -> list[Artifact[Any]]:
    """Everything that a request names, and approvals of its brief that hold now, each once."""
    content, get = request.content, partial(workspace.shelf.get)
    brief = get(FORMATION_BRIEF, content.brief.digest)
    found: list[Artifact[Any]] = [
        brief,
        get(PROMPT_PACK, content.prompt_pack.digest),
        get(GATE_OVERLAY, content.gate_overlay.digest),
        get(EVIDENCE_PLAN, content.evidence_plan.digest),
        *(get(APPROVAL, ref.digest) for ref in content.approvals),
        *standing_approvals(
            workspace, brief, throttle=content.foundry.throttle, revision=content.repo.revision
        ),
    ]
    return list({each.digest: each for each in found}.values())

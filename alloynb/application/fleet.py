"""The fleet at a glance: who is alive, what runs where, what waits and why (spec 5.4, 7.2)."""

from __future__ import annotations

from dataclasses import dataclass

from alloynb.application.dispatch import waiting_requests
from alloynb.application.end_request import expire_leases
from alloynb.application.receive_run import settle_all
from alloynb.application.request_lives import is_of_this_machine, lives_of
from alloynb.application.runners import Runner, last_seen, manifest_of, runners, seconds_since
from alloynb.application.serving import is_approved, why_not_served
from alloynb.application.transport_retries import untold_retries
from alloynb.application.workspace import Workspace
from runtime_artifacts.envelope import Artifact, format_timestamp
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.request_life import RequestLife

ALIVE_S = 120.0
"""A runner that was heard within so many seconds counts as alive."""


@dataclass(frozen=True)
class RunnerLine:
    """One runner.

    Attributes:
        state: `alive`, `silent`, `never seen` or `revoked`.
        running: requests that it holds.
    """

    runner_id: str
    name: str
    state: str
    projects: tuple[str, ...]
    trusted_for_mutation: bool
    foundry_version: str
    host: str
    seen_at: str | None
    running: tuple[str, ...]


@dataclass(frozen=True)
class RequestStanding:
    """Where one request stands.

    Attributes:
        state: `waiting`, `accepted`, `executing`, `executing here`, or how it ended.
        holder: name of the runner that holds it.
        why: what it waits for, or why it ended as it did.
        transport_retries, runner_retries, foundry_retries: three kinds, never mixed.
    """

    request_id: str
    state: str
    holder: str
    why: tuple[str, ...]
    entry_event: str
    throttle: str
    requested_by: str
    requested_at: str
    run_id: str | None = None
    until: str | None = None
    transport_retries: int = 0
    runner_retries: int = 0
    foundry_retries: int = 0
    recovery_actions: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether the request has ended."""
        return self.state not in {"waiting", "accepted", "executing", "executing here"}


@dataclass(frozen=True)
class Fleet:
    """Runners, and requests that have not ended."""

    runners: tuple[RunnerLine, ...]
    open_requests: tuple[RequestStanding, ...]


def fleet(workspace: Workspace) -> Fleet:
    """Look at runners and open requests; leases that ran out are ended on the way, and what happened is recorded.

    Raises:
        ArtifactError, AlloyError: a file was changed.
    """
    expire_leases(workspace)
    settle_all(workspace)
    known = list(runners(workspace))
    held = _held(workspace)
    return Fleet(
        tuple(_runner_line(workspace, each, held.get(each.runner_id, ())) for each in known),
        tuple(each for each in requests_standing(workspace, known) if not each.is_over),
    )


def requests_standing(workspace: Workspace, known: list[Runner] | None = None) -> list[RequestStanding]:
    """Where every request stands, oldest first."""
    everyone = list(runners(workspace)) if known is None else known
    waiting = {each.id for each in waiting_requests(workspace)}
    return [_standing(workspace, each, everyone, waiting) for each in workspace.mailbox.requests()]


def request_standing(workspace: Workspace, request_id: str) -> RequestStanding:
    """Where one request stands.

    Raises:
        UnknownRequest: there is none of this id.
    """
    request = workspace.mailbox.request(request_id)
    waiting = {each.id for each in waiting_requests(workspace)}
    return _standing(workspace, request, list(runners(workspace)), waiting)


def _standing(
    workspace: Workspace, request: Artifact[ExecutionRequest], known: list[Runner], waiting: set[str]
) -> RequestStanding:
    life = lives_of(workspace).life(request.id)
    results = workspace.mailbox.results(request.id)
    last = results[-1].content if results else None
    claim = workspace.mailbox.claim_of(request.id)
    names = {each.runner_id: each.name for each in known}
    shown: str = life.state
    holder = ""
    why: tuple[str, ...] = ()
    until: str | None = None
    if life.end is not None:
        shown = life.end.status or "ended"
        why = (life.end.why,) if life.end.why else ()
        holder = names.get(life.end.by, "")
    elif life.open_lease is not None:
        holder = names.get(life.open_lease.runner_id, life.open_lease.runner_id)
        until = format_timestamp(lives_of(workspace).holds_until(life.open_lease))
    elif claim is not None and is_of_this_machine(claim):
        shown, holder = (last.status if last else "executing here"), claim.runner_id
        why = tuple(error.message for error in last.errors[:1]) if last else ()
    elif request.id in waiting:
        why = _why_waiting(workspace, request.content, known)
    if life.cancelled is not None and life.end is None:
        why = (f"its end was asked for by {life.cancelled.by}", *why)
    return RequestStanding(
        request_id=request.id,
        state=shown,
        holder=holder,
        why=why,
        entry_event=request.content.foundry.entry_event,
        throttle=request.content.foundry.throttle,
        requested_by=request.content.requested_by,
        requested_at=request.created_at,
        run_id=life.leases[-1].run_id if life.leases else claim.run_id if claim else None,
        until=until,
        transport_retries=max(_sent_again(workspace, life), last.retries.transport if last else 0),
        runner_retries=max(life.runner_retries, last.retries.runner if last else 0),
        foundry_retries=last.retries.foundry if last else 0,
        recovery_actions=life.end.recovery_actions if life.end else last.recovery_actions if last else (),
    )


def _sent_again(workspace: Workspace, life: RequestLife) -> int:
    """Messages that were sent again: what steps tell, and what the holder said since the last one."""
    held = life.open_lease
    return life.transport_retries + (untold_retries(lives_of(workspace), life, held) if held else 0)


def _why_waiting(workspace: Workspace, request: ExecutionRequest, known: list[Runner]) -> tuple[str, ...]:
    """Why nobody has taken a request up, each reason once."""
    present = [each for each in known if each.revoked is None]
    if not present:
        here = "no runner is registered; `foundry-kernel run` or `foundry-kernel serve` runs it here"
        if request.foundry.throttle == "full" and not is_approved(workspace, request):
            return (here, "nobody has approved a change: if it makes one, it is refused until somebody does")
        return (here,)
    reasons: dict[str, None] = {}
    for runner in present:
        manifest = manifest_of(workspace, runner)
        found = why_not_served(workspace, request, runner, manifest.content if manifest else None)
        if found:
            reasons |= dict.fromkeys(found)
        elif _state_of(workspace, runner) == "alive":
            return (f"{runner.name} may take it when it asks next",)
        else:
            reasons[f"{runner.name} may take it, and is {_state_of(workspace, runner)}"] = None
    return tuple(reasons)


def _held(workspace: Workspace) -> dict[str, tuple[str, ...]]:
    lives = lives_of(workspace)
    held: dict[str, tuple[str, ...]] = {}
    for request_id in lives.touched():
        if not lives.has_ended(request_id):
            lease = lives.life(request_id).open_lease
            if lease is not None:
                held[lease.runner_id] = (*held.get(lease.runner_id, ()), request_id)
    return held


def _runner_line(workspace: Workspace, runner: Runner, running: tuple[str, ...]) -> RunnerLine:
    seen, manifest = last_seen(workspace, runner), manifest_of(workspace, runner)
    return RunnerLine(
        runner_id=runner.runner_id,
        name=runner.name,
        state=_state_of(workspace, runner),
        projects=runner.projects,
        trusted_for_mutation=runner.trusted_for_mutation,
        foundry_version=manifest.content.foundry_version if manifest else "",
        host=seen.host if seen else "",
        seen_at=seen.at if seen else None,
        running=running,
    )


def _state_of(workspace: Workspace, runner: Runner) -> str:
    if runner.revoked is not None:
        return "revoked"
    since = seconds_since(last_seen(workspace, runner), workspace.clock())
    if since is None:
        return "never seen"
    return "alive" if since <= ALIVE_S else "silent"

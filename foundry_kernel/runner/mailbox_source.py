"""Serves the mailbox of a workspace on this machine: no service, no network, no other library (spec 5.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from foundry_kernel.runner.backends.backend import Finished, Holding, Wish, Work
from foundry_kernel.runner.prepare import RunDied, RunnerPorts, standing_claim
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.life_files import RequestLives
from runtime_artifacts.mailbox import what_is_asked
from runtime_artifacts.request_life import LifeStep, RequestLife
from runtime_artifacts.run_result import FailureClass, RunStatus
from runtime_artifacts.timestamp import format_timestamp


@dataclass
class MailboxSource:
    """Takes the oldest request that nobody has, or whose run died here without a result.

    A request that only lacks an approval is left to wait: it is looked at again when the approvals change.
    """

    workspace: RunnerWorkspace
    ports: RunnerPorts
    _left: dict[str, object] = field(default_factory=dict)

    def take(self, running: tuple[str, ...]) -> TakenHere | None:
        """Take the next request; see `WorkSource`."""
        mailbox = self.workspace.mailbox
        lives = RequestLives(mailbox.folder)
        for file in sorted((mailbox.folder / "requests").glob("runreq_*.json")):
            request_id = file.stem
            if request_id in running or lives.has_ended(request_id):
                continue
            if self._left.get(request_id, self) == self._approvals():
                continue
            taken = self._look_at(request_id, lives)
            if taken is not None:
                return taken
        return None

    def leave(self, request_id: str) -> None:
        """Do not look at a request again until the approvals change."""
        self._left[request_id] = self._approvals()

    def _look_at(self, request_id: str, lives: RequestLives) -> TakenHere | None:
        mailbox = self.workspace.mailbox
        life = lives.life(request_id)
        if life.open_lease is not None or mailbox.results(request_id):
            return None
        claim, begun = mailbox.claim_of(request_id), 0
        if claim is not None:
            if not isinstance(standing_claim(claim, self.workspace), RunDied):
                return None
            begun = 1
        try:
            request = mailbox.request(request_id)
            if mailbox.holder_of(request.content.idempotency_key) != request:
                return None
        except ArtifactError:
            return None  # it was exchanged; `foundry-kernel run` says so
        return TakenHere(self, request, Holding(request.content.idempotency_key, begun + 1, begun))

    def _approvals(self) -> object:
        """Changes when approvals come or go."""
        folder = self.workspace.shelf.folder / "approval"
        return folder.stat().st_mtime_ns if folder.is_dir() else None


@dataclass
class TakenHere:
    """A request of this workspace's own mailbox; the claim that its run makes is the hold."""

    source: MailboxSource
    request: Artifact[ExecutionRequest]
    holding: Holding

    @property
    def work(self) -> Work:
        """What is to be done; everything that it names lies on the shelf."""
        content = self.request.content
        return Work(
            key=content.idempotency_key,
            request_hash=digest_of(what_is_asked(content)),
            request_id=self.request.id,
            project_id=content.project_id,
            changes=content.foundry.throttle == "full",
            requested_by=content.requested_by,
            request=self.request.as_json(),
        )

    def begin(self) -> None:
        """Nothing to say: the run's claim says it."""

    def wish(self) -> Wish | None:
        """Whether somebody wants the end; the run itself hears it too, but may not obey."""
        asked = RequestLives(self.source.workspace.mailbox.folder).life(self.request.id).cancelled
        return Wish(asked.by, asked.why) if asked is not None else None

    def end(self, finished: Finished) -> None:
        """A result was delivered by the run; a refusal becomes the request's end, unless time may mend it."""
        if finished.result is not None:
            return
        if finished.failure_class == "dispatch" or "re_approve" in finished.recovery_actions:
            self.source.leave(self.request.id)
            return
        status: RunStatus = "stopped" if finished.status == "stopped" else "failed"
        failure: FailureClass = finished.failure_class or "execution"  # type: ignore[assignment]
        now: datetime = self.source.ports.clock()

        def decide(life: RequestLife) -> LifeStep | None:
            if life.end is not None or life.open_lease is not None:
                return None
            return LifeStep(
                kind="ended",
                at=format_timestamp(now),
                by=self.source.ports.runner_id,
                why=f"{finished.message}; {finished.next_step}" if finished.next_step else finished.message,
                status=status,
                failure_class=failure,
                recovery_actions=tuple(finished.recovery_actions),
            )

        RequestLives(self.source.workspace.mailbox.folder).add(self.request.id, decide)

    def hand_back(self, why: str) -> None:
        """Nothing to say: a run that broke off is found by whoever serves next."""

"""Serves a shared Alloy from near the repository: polls outward, holds a lease, reports what happens (spec 5.1–5.4)."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from dataclasses import dataclass, field
from typing import Any

from foundry_kernel.errors import FoundryError
from foundry_kernel.gateways.printable import printable
from foundry_kernel.runner.alloy_client import AlloyClient, LeaseLost, NoAnswer, NotUnderstood
from foundry_kernel.runner.backends.backend import Finished, Holding, Wish, Work, work_of
from foundry_kernel.runner.tail import JournalTail
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.errors import FailureClass
from runtime_artifacts.execution_request import EXECUTION_REQUEST
from runtime_artifacts.identity import new_id
from runtime_artifacts.kinds import read_as
from runtime_artifacts.runner_protocol import (
    MOST_FACTS,
    Acceptance,
    Completed,
    Events,
    Failed,
    HandedBack,
    Heartbeat,
    Lease,
    LeaseState,
    Offer,
    Poll,
    Started,
)

BEATS_PER_LEASE = 4


@dataclass
class AlloySource:
    """Takes what a shared Alloy offers; the workspace here holds the repository.

    Attributes:
        lease_s: seconds of silence after which the shared Alloy gives a request to another runner.
        wait_s: how long a poll may wait for something to come.
    """

    client: AlloyClient
    workspace: RunnerWorkspace
    projects: tuple[str, ...] = ()
    lease_s: float = 60.0
    wait_s: float = 20.0

    def take(self, running: tuple[str, ...]) -> TakenThere | None:
        """Poll, and accept what is offered; see `WorkSource`."""
        poll = Poll(projects=self.projects, wait_s=self.wait_s, host=socket.gethostname(), running=running)
        said = self.client.poll(poll)
        if said is None:
            return None
        offer = Offer.model_validate_json(json.dumps(said))
        request = read_as(EXECUTION_REQUEST, json.dumps(offer.request).encode())
        claim = self.workspace.mailbox.claim_of(request.id)  # begun here before: the same run goes on
        acceptance = Acceptance(run_id=claim.run_id if claim else new_id("run"), lease_s=self.lease_s)
        try:
            answer = self.client.accept(request.id, acceptance)
        except LeaseLost:  # another was quicker
            return None
        lease = Lease.model_validate_json(json.dumps(answer))
        work = work_of(request, (), changes=request.content.foundry.throttle == "full")
        whole = Work(**{**vars(work), "artifacts": tuple(offer.artifacts)})
        return TakenThere(self, whole, lease)


@dataclass
class TakenThere:
    """A request under a lease: a thread gives sign of life and sends what the run writes, until it has ended."""

    source: AlloySource
    work: Work
    lease: Lease
    _lost: str = ""
    _asked: LeaseState | None = None
    _over: threading.Event = field(default_factory=threading.Event)
    _tails: dict[int, JournalTail] = field(default_factory=dict)
    _unsent: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    _untellable: bool = False

    def __post_init__(self) -> None:
        self._beating = threading.Thread(target=self._beat, name=f"lease {self.work.request_id}", daemon=True)
        self._beating.start()

    @property
    def holding(self) -> Holding:
        """The lease, for whoever executes."""
        begun = sum(each.started for each in self.lease.begun_before)
        retries = self.source.client.transport_retries.get(self.work.request_id, 0)
        return Holding(self.work.key, self.lease.number, begun, self.lease.run_id, retries)

    def begin(self) -> None:
        """Say that the run begins.

        Raises:
            LeaseLost, NoAnswer: it must not.
        """
        try:
            self._say("started", Started(lease_id=self.lease.lease_id))
        except FoundryError:
            self._over.set()
            raise

    def wish(self) -> Wish | None:
        """Whether the lease is lost, or somebody wants the end."""
        if self._lost:
            return Wish("lease", self._lost, at_once=True)
        asked = self._asked
        return Wish(asked.by, asked.why) if asked is not None and asked.cancel else None

    def end(self, finished: Finished) -> None:
        """Report the result, or why there is none.

        Raises:
            LeaseLost: it counts no more.
            NoAnswer: nobody hears it; the result lies in the workspace, and the request will be given to this runner
                or another, who finds it.
        """
        self._stop_beating()
        other = self._answered_as(finished)
        if other:
            finished = Finished(
                "failed",
                failure_class="validation",
                message=f"the same was run on this machine before, as {other}: {finished.status}",
                next_step="ask for it again with --again and a reason",
                recovery_actions=("validate_only",),
            )
        if finished.result is not None:
            with contextlib.suppress(FoundryError):
                self._send_facts()
            result = dict(finished.result)
            self._say("completed", Completed(lease_id=self.lease.lease_id, result=result))
        elif finished.failure_class == "dispatch" and not self._asked_to_cancel():
            self._say("handed-back", HandedBack(lease_id=self.lease.lease_id, why=_words(finished.message)))
        else:
            failure: FailureClass = finished.failure_class or "execution"  # type: ignore[assignment]
            said = Failed(
                lease_id=self.lease.lease_id,
                failure_class=failure,
                message=_words(finished.message),
                next_step=_words(finished.next_step),
                recovery_actions=tuple(finished.recovery_actions),
            )
            self._say("failed", said)

    def _answered_as(self, finished: Finished) -> str:
        """Id of another request that was answered instead: it has the same key in this workspace."""
        content = (finished.result or {}).get("content", {})
        said = str(content.get("run_request_id", self.work.request_id))
        return said if said != self.work.request_id else ""

    def hand_back(self, why: str) -> None:
        """Let another runner take it up."""
        self._stop_beating()
        with contextlib.suppress(FoundryError):  # then the lease runs out by itself
            self._say("handed-back", HandedBack(lease_id=self.lease.lease_id, why=_words(why)))

    def _asked_to_cancel(self) -> bool:
        return self._asked is not None and self._asked.cancel

    def _say(self, act: str, message: Any) -> None:
        self.source.client.say(self.work.request_id, act, message)

    def _stop_beating(self) -> None:
        self._over.set()
        if threading.current_thread() is not self._beating:
            self._beating.join(timeout=self.lease.lease_s)

    def _beat(self) -> None:
        every_s = self.lease.lease_s / BEATS_PER_LEASE
        while not self._over.wait(min(every_s, 2.0)):
            try:
                self._send_facts()
                said = self.source.client.say(
                    self.work.request_id, "heartbeat", Heartbeat(lease_id=self.lease.lease_id)
                )
                self._asked = LeaseState.model_validate_json(json.dumps(said))
            except LeaseLost as error:
                self._lost = error.message
                return
            except NoAnswer:
                continue
            except FoundryError as error:
                self._lost = error.message
                return

    def _send_facts(self) -> None:
        """Send what the run wrote since the last time; what was not answered is sent again.

        What is not understood there ends no run: the journal stays here, and the result tells what counts.
        """
        if self._untellable:
            return
        try:
            self._send_new_facts()
        except NotUnderstood:
            self._untellable = True

    def _send_new_facts(self) -> None:
        claim = self.source.workspace.mailbox.claim_of(self.work.request_id)
        if claim is None:
            return
        folder = self.source.workspace.runs / claim.run_id / "journal"
        for file in sorted(folder.glob("[0-9]*.jsonl")):
            attempt = int(file.stem)
            tail = self._tails.setdefault(attempt, JournalTail(file))
            unsent = self._unsent.setdefault(attempt, [])
            unsent += [fact.model_dump(mode="json", exclude_none=True) for fact in tail.new_facts()]
            while unsent:
                piece = tuple(unsent[:MOST_FACTS])
                self._say("events", Events(lease_id=self.lease.lease_id, attempt=attempt, facts=piece))
                del unsent[: len(piece)]


def _words(text: str) -> str:
    """What was refused here may quote a repository: words that a message may carry."""
    return printable(text)[:2000]

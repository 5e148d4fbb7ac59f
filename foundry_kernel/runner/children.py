"""Executes what a queue gives, each request in a process of its own on a leash (spec 5.1, 5.4).

A runner that is killed closes its leashes, and so takes its children with it: nothing goes on mutating that nobody
watches. Somebody's wish for the end of a request is written where the run looks for it; a run that does not obey in
time is ended with everything that belongs to it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from foundry_kernel.errors import CannotDispatch
from foundry_kernel.runner.backends.backend import Finished, Holding, Wish, Work
from foundry_kernel.runner.cancelling import ask_for_end
from foundry_kernel.runner.ports import mutates
from foundry_kernel.runner.processes import end_groups, groups_of_run
from foundry_kernel.runner.receive import receive_work, refuse_changed
from foundry_kernel.runner.workspace import RunnerWorkspace

LOOK_EVERY_S = 0.2
CANCEL_GRACE_S = 15.0
_LONGEST_ANSWER = 64 * 1024 * 1024


@dataclass
class ChildExecutor:
    """Executes work of one workspace; may be called from several threads.

    Attributes:
        runner_id: who results say executed it; this machine when empty.
    """

    workspace: RunnerWorkspace
    runner_id: str = ""
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def materialize(self, work: Work) -> None:
        """Lay artifacts onto the shelf and the request into the mailbox of the workspace; see `WorkExecutor`."""
        refuse_changed(work, mutates)
        receive_work(self.workspace, work.request, work.artifacts)

    def execute(self, work: Work, holding: Holding, wish: Callable[[], Wish | None]) -> Finished:
        """Execute work in a process of its own; see `WorkExecutor`."""
        leash_reader, leash = os.pipe()
        answer, answer_writer = os.pipe()
        known = (holding.run_id, str(holding.transport_retries), self.runner_id)
        here = self._held_as(work)
        arguments = [str(leash_reader), str(answer_writer), str(self.workspace.root), here]
        arguments += [str(holding.begun_before), *known]
        try:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "foundry_kernel.runner.take_up", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=None,
                cwd=self.workspace.root,
                pass_fds=(leash_reader, answer_writer),
                start_new_session=True,
            )
        finally:
            os.close(leash_reader)
            os.close(answer_writer)
        with self._lock:
            self._children[work.request_id] = child
        try:
            said = self._follow(work, child, answer, wish)
        finally:
            os.close(leash)
            os.close(answer)
            with self._lock:
                self._children.pop(work.request_id, None)
        if said:
            return Finished(**json.loads(said))
        return Finished(
            "failed",
            failure_class="execution",
            message=f"the process that executed it ended with {child.returncode} and said nothing",
            recovery_actions=("resume", "validate_only"),
        )

    def running(self) -> tuple[str, ...]:
        """Requests that are executed now."""
        with self._lock:
            return tuple(self._children)

    def end_all(self) -> None:
        """End everything that is executed, at once; what was begun can be resumed."""
        with self._lock:
            children = list(self._children.values())
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)

    def _follow(
        self, work: Work, child: subprocess.Popen[bytes], answer: int, wish: Callable[[], Wish | None]
    ) -> bytes:
        said = b""
        asked_at: float | None = None
        while True:
            ready, _, _ = select.select([answer], [], [], LOOK_EVERY_S)
            if ready:
                piece = os.read(answer, 1 << 16)
                if not piece:
                    child.wait()
                    return said
                said += piece
                if len(said) > _LONGEST_ANSWER:
                    os.killpg(child.pid, signal.SIGKILL)
                continue
            wanted = _wish(wish) if asked_at is None else None
            if wanted is not None and wanted.at_once:
                asked_at = float("inf")
                os.killpg(child.pid, signal.SIGKILL)
            elif wanted is not None:
                asked_at = time.monotonic()
                ask_for_end(
                    self.workspace.mailbox.folder,
                    self._held_as(work),
                    by=wanted.by,
                    why=wanted.why,
                    at=datetime.now(UTC),
                )
            if asked_at is not None and time.monotonic() > asked_at + CANCEL_GRACE_S:
                self._end(self._held_as(work), child)
                asked_at = float("inf")

    def _held_as(self, work: Work) -> str:
        """Id of the request that holds the key here: another one where the same was asked for here before."""
        holder = self.workspace.mailbox.holder_of(work.key)
        return holder.id if holder is not None else work.request_id

    def _end(self, request_id: str, child: subprocess.Popen[bytes]) -> None:
        claim = self.workspace.mailbox.claim_of(request_id)
        groups = groups_of_run(self.workspace.runs / claim.run_id) if claim is not None else set()
        end_groups({*groups, child.pid})


def _wish(wish: Callable[[], Wish | None]) -> Wish | None:
    """What somebody wants; nothing while whoever knows does not answer: a database that is gone ends no run."""
    try:
        return wish()
    except CannotDispatch:
        return None

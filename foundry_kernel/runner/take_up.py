"""Executes one request that a queue gave to this machine, in a process of its own; goes on with what was begun here.

    python -P -m foundry_kernel.runner.take_up LEASH_FD ANSWER_FD WORKSPACE REQUEST_ID BEGUN_BEFORE RUN_ID TRANSPORT \
        RUNNER

The answer is one JSON object, see `Finished`. When the other end of the leash closes, the runner is dead or wants the
work back: then this process and its kernel end at once, and what was begun can be resumed by whoever takes it up.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

from foundry_kernel.errors import FoundryError
from foundry_kernel.kernel.follow_parent import FOLLOW_PARENT
from foundry_kernel.runner.backends.backend import Finished
from foundry_kernel.runner.launch import LaunchOutcome, launch
from foundry_kernel.runner.ports import runner_ports
from foundry_kernel.runner.prepare import AnsweredBefore, Dispatched, Prepared, RunInProgress, RunnerPorts
from foundry_kernel.runner.refusals import refused_by
from foundry_kernel.runner.reopen import reopen
from foundry_kernel.runner.run_folder import RunFolder
from foundry_kernel.runner.told_refusals import prepare_or_tell
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.errors import ArtifactError

LEAVING_S = 20.0
"""How long the processes of a runner that died may take to be gone."""

MOST_ATTEMPTS = 5
_LOOK_EVERY_S = 0.1


def take_up(
    request_id: str, workspace: RunnerWorkspace, known: Dispatched, *, begun_before: bool, runner_id: str = ""
) -> Finished:
    """Execute a request of the workspace's mailbox, or go on with the run of it that broke off here.

    Args:
        begun_before: a runner that was lost had begun it; if it was on this machine, its run goes on.
    """
    try:
        prepared = _prepared(request_id, workspace, known, runner_ports(runner_id), begun_before=begun_before)
        return finished_by(launch(prepared))
    except (FoundryError, ArtifactError) as error:
        return refused_by(error)


def finished_by(outcome: LaunchOutcome) -> Finished:
    """What came of a launch, for a queue."""
    content = outcome.result.content
    first = content.errors[0] if content.errors else None
    return Finished(
        content.status,
        run_id=content.foundry_run_id,
        result=outcome.result.as_json(),
        failure_class=content.failure_class,
        message=first.message if first else "",
        next_step=first.next_step if first else "",
        recovery_actions=content.recovery_actions,
    )


def _prepared(
    request_id: str, workspace: RunnerWorkspace, known: Dispatched, ports: RunnerPorts, *, begun_before: bool
) -> Prepared | AnsweredBefore:
    request = workspace.mailbox.request(request_id)
    deadline = time.monotonic() + LEAVING_S
    while True:
        claim = workspace.mailbox.claim_of(request_id)
        folder = RunFolder(workspace.runs / claim.run_id) if claim is not None else None
        try:
            if folder is not None and folder.has_request and _goes_on(folder, workspace, begun_before):
                return reopen(folder)
            return asyncio.run(prepare_or_tell(request, workspace, ports, dispatched=known))
        except RunInProgress:
            if not begun_before or time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_EVERY_S)


def _goes_on(folder: RunFolder, workspace: RunnerWorkspace, begun_before: bool) -> bool:
    """Whether the run of a claim is to be opened again: it has no result, or its runner was lost over it."""
    results = workspace.mailbox.results(folder.record().request_id)
    return not results or (begun_before and results[-1].content.attempt < MOST_ATTEMPTS)


def main(arguments: list[str]) -> None:
    """See the top of this module."""
    leash, answer = int(arguments[0]), int(arguments[1])
    for descriptor in (leash, answer):
        os.set_inheritable(descriptor, False)
    threading.Thread(target=_follow, args=(leash,), daemon=True).start()
    os.environ[FOLLOW_PARENT] = "1"
    workspace = RunnerWorkspace(Path(arguments[2]))
    begun_before = int(arguments[4])
    known = Dispatched(arguments[5], int(arguments[6]), begun_before)
    finished = take_up(arguments[3], workspace, known, begun_before=begun_before > 0, runner_id=arguments[7])
    with os.fdopen(answer, "w", encoding="utf-8") as out:
        json.dump(asdict(finished), out, ensure_ascii=False)


def _follow(leash: int) -> None:
    """End at once when the other end of the leash is closed; kernel, gates and agents end with their parents."""
    while True:
        try:
            if os.read(leash, 1) == b"":
                break
        except InterruptedError:
            continue
        except OSError:
            break
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1:])

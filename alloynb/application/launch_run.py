"""Launch a run and leave it to itself: look at it, cancel it, find it again after a restart (spec 7.4).

The run is a process of its own, which outlives the notebook that launched it. Beside the request lie two files:

    mailbox/launches/<request id>.json   the process, when it began, who wanted it; locked for as long as it lives
    mailbox/launches/<request id>.log    what it said

The lock is held through a descriptor that the process inherits. So a number that the system gave to another process
meanwhile is never taken for it, whoever asks, on whichever day.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from alloynb.application.follow_run import RunFollower, running_runs
from alloynb.application.foundry_command import FoundryInBackground, find_foundry
from alloynb.application.run_loop import RunLoop, Tell, ask_for_run
from alloynb.application.workspace import Workspace
from alloynb.compiler.formation_template import FORMATIONS, load_template
from alloynb.errors import AlloyError, CannotRun
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.identity import is_id
from runtime_artifacts.journal import is_being_written
from runtime_artifacts.write_once import make_folder

LaunchPhase = Literal["starting", "running", "ended", "died"]
PATIENCE_S = 20.0
_POLL_S = 0.05
_LONGEST_WORDS = 2000


class NotCancelled(AlloyError):
    """There is nothing to cancel, or it was not launched from here."""


class LaunchedAlready(AlloyError):
    """The same request is being executed at this moment."""


@dataclass(frozen=True)
class Launch:
    """A run that was launched, as it stands now.

    Attributes:
        run_id: as soon as Foundry has accepted the request.
        phase: `died` when the process is gone and left no result.
        status: of the last result, when it has ended.
        said: the last words of the process; tells why it died.
        deduplicated: the same was run before; nothing was started.
        compiled_down: what is lost on the way to the Foundry that runs it, one sentence each.
    """

    request_id: str
    run_id: str | None
    phase: LaunchPhase
    status: str | None = None
    said: str = ""
    deduplicated: bool = False
    compiled_down: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.phase in {"ended", "died"}


@dataclass(frozen=True)
class LaunchChoice:
    """One formation template that can be launched."""

    template: str
    title: str
    objective: str
    throttle: str


@dataclass(frozen=True)
class _Note:
    """Content of the file beside the request."""

    pid: int
    launched_at: str
    launched_by: str


def launch_run(
    workspace: Workspace,
    command: RunLoop,
    *,
    tell: Tell = lambda text: None,
    foundry: FoundryInBackground | None = None,
) -> Launch:
    """Compile, post the request and start Foundry on it; returns at once.

    The same request is never executed twice: when its result is there, or somebody works on it, that is the answer.

    Raises:
        what `run_loop` raises before anything is executed.
        CannotRun: Foundry is missing, or its note cannot be written.
    """
    engine = foundry or find_foundry()
    requested = ask_for_run(workspace, command, engine, tell)
    request, lost = requested.request, requested.translation.told if requested.translation else ()
    standing = look_at_launch(workspace, request.id)
    if standing.phase in {"starting", "running"}:
        return standing
    if workspace.mailbox.results(request.id):
        return Launch(request.id, standing.run_id, "ended", standing.status, deduplicated=True)
    note_file = _note_file(workspace, request.id)
    make_folder(note_file.parent)
    with contextlib.ExitStack() as opened:
        held = os.open(note_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        opened.callback(os.close, held)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return look_at_launch(workspace, request.id)
        said = opened.enter_context(note_file.with_suffix(".log").open("wb"))
        process = engine.start(request.id, workspace.root, said=said, held=held)
        note = _Note(process.pid, format_timestamp(workspace.clock()), workspace.principal.name)
        os.ftruncate(held, 0)
        os.pwrite(held, (json.dumps(asdict(note)) + "\n").encode(), 0)
    threading.Thread(target=process.wait, name=f"wait for {request.id}", daemon=True).start()
    return Launch(request.id, None, "starting", compiled_down=lost)


def launch_choices() -> tuple[LaunchChoice, ...]:
    """Which templates there are, the one that only looks first."""
    names = sorted(
        (file.stem for file in FORMATIONS.glob("*.toml")), key=lambda name: (name != "validate", name)
    )
    found = (load_template(name) for name in names)
    return tuple(LaunchChoice(each.name, each.title, each.objective, each.throttle) for each in found)


def look_at_launch(workspace: Workspace, request_id: str) -> Launch:
    """Say how a launched run stands, whoever launched it.

    Raises:
        UnknownRequest: there is no such request.
        ArtifactError: its result was changed.
    """
    mailbox = workspace.mailbox
    alive = _is_alive(workspace, request_id)  # asked first: a process leaves its result before it ends
    claim = mailbox.claim_of(request_id)
    run_id = claim.run_id if claim else None
    working = run_id is not None and run_id in running_runs(workspace)
    results = mailbox.results(request_id)
    if results and not working:
        return Launch(request_id, run_id, "ended", results[-1].content.status)
    if alive or working:
        return Launch(request_id, run_id, "running" if run_id else "starting")
    return Launch(request_id, run_id, "died", said=_last_words(workspace, request_id))


def standing_launches(workspace: Workspace) -> tuple[Launch, ...]:
    """Launches whose process lives, oldest first: what a notebook finds again after a restart."""
    folder = _folder(workspace)
    found = (each.stem for each in sorted(folder.glob("runreq_*.json")) if is_being_written(each))
    return tuple(look_at_launch(workspace, each) for each in found)


def cancel_launch(
    workspace: Workspace,
    request_id: str,
    *,
    at_once: bool = False,
    patience_s: float = PATIENCE_S,
    send: Callable[[int, int], None] = os.kill,
    send_group: Callable[[int, int], None] = os.killpg,
) -> None:
    """Ask the process to stop: it ends its commands and leaves a result that says `cancelled`.

    A run that has only just been launched is waited for: stopped before its journal began, it would leave no result.

    Args:
        patience_s: seconds to wait for that.
        at_once: end the whole process group now, and wait for nothing; Foundry's witness then says how far it came.

    Raises:
        MissingAuthority: only who may approve a dry run may cancel one.
        NotCancelled: it is over, or was not launched here.
    """
    workspace.authority.require(workspace.principal, "approve_dry_run", workspace.settings.project)
    if not _is_alive(workspace, request_id):
        raise NotCancelled(
            f"{request_id} has no process that was launched from here",
            next_step="it is over, or was started elsewhere: stop it there, with Ctrl-C",
        )
    pid = _note_of(workspace, request_id).pid
    if not at_once:
        _await_journal(workspace, request_id, patience_s)
    try:
        if at_once:
            send_group(pid, signal.SIGKILL)
        else:
            send(pid, signal.SIGINT)
    except ProcessLookupError as error:
        raise NotCancelled(f"{request_id} has just ended") from error


def _await_journal(workspace: Workspace, request_id: str, patience_s: float) -> None:
    until = time.monotonic() + patience_s
    while time.monotonic() < until and _is_alive(workspace, request_id):
        claim = workspace.mailbox.claim_of(request_id)
        if claim is not None and RunFollower(workspace.run_dir(claim.run_id)).is_alive:
            return
        time.sleep(_POLL_S)


def _is_alive(workspace: Workspace, request_id: str) -> bool:
    return is_being_written(_note_file(workspace, request_id))


def _note_of(workspace: Workspace, request_id: str) -> _Note:
    file = _note_file(workspace, request_id)
    try:
        return _Note(**json.loads(file.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise CannotRun(f"the note of the launch cannot be read: {error}", file=file) from error


def _last_words(workspace: Workspace, request_id: str) -> str:
    try:
        said = _note_file(workspace, request_id).with_suffix(".log").read_bytes()[-_LONGEST_WORDS:]
    except OSError:
        return ""
    return said.decode(errors="replace").strip()


def _note_file(workspace: Workspace, request_id: str) -> Path:
    if not is_id(request_id, "runreq"):
        raise NotCancelled(f"{request_id[:80]!r} is not the id of a request")
    return _folder(workspace) / f"{request_id}.json"


def _folder(workspace: Workspace) -> Path:
    return workspace.mailbox.folder / "launches"

"""Serving requests as one process does it: the source, signals, the end (spec 5.1, 7.2)."""

from __future__ import annotations

import os
import shlex
import signal
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from foundry_kernel.errors import FoundryError
from foundry_kernel.runner.backends.backend import Finished, Work
from foundry_kernel.runner.children import ChildExecutor
from foundry_kernel.runner.deliver import local_runner_id
from foundry_kernel.runner.notify import Notifier
from foundry_kernel.runner.ports import runner_ports
from foundry_kernel.runner.prepare import locate_request
from foundry_kernel.runner.schedule import Asking, AskMailbox, keep_schedule, read_schedule
from foundry_kernel.runner.source import Served, ServeHow, WorkSource, serve
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.journal import JournalTaken

Tell = Callable[[str], None]
_LOOK_EVERY_S = 0.2


class NotOneSource(FoundryError):
    """It is not clear what is to be served."""


@dataclass(frozen=True)
class ServeCommand:
    """Please serve.

    Attributes:
        queue, alloy: where requests come from; neither is the mailbox of the workspace.
        runner: who we are.
        drain: seconds that what runs may take to end after a stop.
        lease: seconds of silence after which others take our work up.
    """

    workspace: RunnerWorkspace
    queue: str | None = None
    alloy: str | None = None
    runner: str = ""
    key_file: Path | None = None
    projects: tuple[str, ...] = ()
    trusted: bool = False
    slots: int = 1
    once: bool = False
    until_empty: bool = False
    drain: float = 60.0
    lease: float = 30.0
    on_failure: str = ""
    webhook: str = ""
    schedule: Path | None = None


def serve_requests(command: ServeCommand, tell: Tell = lambda text: None) -> Served:
    """Serve until a signal comes, or there is nothing to do where that is enough.

    Raises:
        NotOneSource: the command names two sources, or too little of one.
        FoundryError: the source cannot be reached, or does not let us.
    """
    if command.queue and command.alloy:
        raise NotOneSource("--queue and --alloy are two sources", next_step="name one of them")
    if command.alloy and command.schedule:
        raise NotOneSource(
            "a runner of a shared Alloy executes, and asks for nothing",
            next_step="keep the schedule where requests are made: `alloynb request create` from cron",
        )
    notifier = Notifier(tuple(shlex.split(command.on_failure)), command.webhook)

    def told(work: Work, finished: Finished) -> None:
        notifier(work, finished, tell)

    with _until_signal() as stop, _scheduled(command, stop, tell):
        if command.queue:
            return _serve_queue(command, command.queue, stop, told, tell)
        how = ServeHow(command.slots, command.once, command.until_empty, command.drain)
        source = _alloy_source(command, command.alloy) if command.alloy else _mailbox_source(command)
        executor = ChildExecutor(command.workspace, command.runner)
        return serve(source, executor, how, stop, told=told, tell=tell)


def _mailbox_source(command: ServeCommand) -> WorkSource:
    from foundry_kernel.runner.mailbox_source import MailboxSource

    return MailboxSource(command.workspace, runner_ports(command.runner))


def _alloy_source(command: ServeCommand, url: str) -> WorkSource:
    from foundry_kernel.kernel.manifest import this_manifest
    from foundry_kernel.runner.alloy_client import AlloyClient
    from foundry_kernel.runner.alloy_source import AlloySource

    key = (
        command.key_file.read_text("utf-8").strip()
        if command.key_file
        else os.environ.get("ALLOY_RUNNER_KEY", "")
    )
    if not command.runner or not key:
        raise NotOneSource(
            "a shared Alloy has to know who asks",
            next_step="give --runner, and --key-file or $ALLOY_RUNNER_KEY",
        )
    client = AlloyClient(url, command.runner, key)
    client.tell_capabilities(this_manifest().as_json())
    wait_s = 0.0 if command.once or command.until_empty else 20.0
    return AlloySource(client, command.workspace, command.projects, command.lease, wait_s)


def _serve_queue(
    command: ServeCommand,
    url: str,
    stop: threading.Event,
    told: Callable[[Work, Finished], None],
    tell: Tell,
) -> Served:
    """Serve a durable queue; the library gives out the work, so this only waits."""
    from foundry_kernel.runner.backends.durable import QueueServer, ServeQueue
    from foundry_kernel.runner.backends.moments import Moments
    from foundry_kernel.runner.queue_facts import record_queue

    if not command.projects:
        raise NotOneSource("a queue holds requests of many projects", next_step="name ours with --project")
    served = Served()

    def report(work: Work, finished: Finished) -> None:
        served.ended[work.request_id] = finished.status
        tell(f"{work.request_id}: {finished.status.replace('_', ' ')}")
        told(work, finished)

    how = ServeQueue(
        command.runner or local_runner_id(),
        command.projects,
        command.trusted,
        command.slots,
        command.lease,
        report=report,
        report_left=told,
    )
    executor = ChildExecutor(command.workspace, command.runner)
    server = QueueServer(url, executor, how)
    server.start()
    Moments(server.queue.database, server.queue, server.executor_id).create()
    tell(f"{server.executor_id} serves {', '.join(command.projects)}")
    while not stop.wait(_LOOK_EVERY_S):
        done = (command.once and served.ended) or (
            (command.until_empty or command.once) and server.is_empty()
        )
        if done and server.running == 0:
            break
    with suppress(JournalTaken):  # another runner that leaves records the same just now
        record_queue(command.workspace.runs, url, server.queue.log())
    rest = server.stop(wait_s=command.drain if stop.is_set() else 5.0)
    served.handed_back += executor.running()
    if rest:  # threads of the library still hold them, and must write nothing any more: others go on
        tell(f"{rest} handed back")
        executor.end_all()
        os._exit(0)
    return served


@contextmanager
def _scheduled(command: ServeCommand, stop: threading.Event, tell: Tell) -> Iterator[None]:
    """Make the requests of a schedule while the context lasts, if there is one."""
    if command.schedule is None:
        yield
        return
    entries = read_schedule(command.schedule)
    for entry in entries:
        try:  # what cannot be asked for is told now, and not in the night
            locate_request(entry.request, str(command.workspace.root), command.workspace.root)
        except (FoundryError, ArtifactError) as error:
            tell(f"schedule {entry.name}: cannot be asked for here: {error}")
    asking = _asking(command)
    thread = threading.Thread(
        target=keep_schedule, args=(entries, asking, stop, tell), name="schedule", daemon=True
    )
    thread.start()
    yield


def _asking(command: ServeCommand) -> Asking:
    """Where a serving process asks for what recurs: where it takes requests from."""
    if not command.queue:
        return AskMailbox(command.workspace)
    from foundry_kernel.runner.backends.durable import DurableQueue
    from foundry_kernel.runner.backends.moments import Moments
    from foundry_kernel.runner.queue_schedule import AskQueue

    queue = DurableQueue(command.queue)
    queue.create()
    by = f"{command.runner or local_runner_id()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
    moments = Moments(queue.database, queue, by)
    moments.create()
    return AskQueue(command.workspace, moments)


@contextmanager
def _until_signal() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set; a second signal ends at once."""
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""Measure one peer: a full queue emptied by its workers, then single jobs asked of them."""

from __future__ import annotations

import os
import socket
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.dispatch.drive import ASKED_FROM
from tests.benchmarks.dispatch.notes import moments
from tests.benchmarks.dispatch.peer import ROOT, Peer, Place
from tests.benchmarks.dispatch.processes import Processes, processes_of

TIME_LIMIT_S = 280
NOBODY = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Measured:
    """Of one queue.

    Attributes:
        rate: jobs ended a second, from the first that begins until the queue has recorded the last end.
        median_ms: from asking an idle worker until the job begins; `worst_ms` likewise.
    """

    jobs: int
    asked: int
    rate: float
    median_ms: float
    worst_ms: float


def measured(peer: Peer, python: Path, url: Callable[[Path], str], jobs: int, asked: int) -> Measured:
    """Measure a peer in a folder that goes away, as do all its processes.

    Args:
        python: interpreter of the peer's environment.
        url: the database, from that folder.

    Raises:
        AssertionError: a job did not begin, or began twice; its end is not recorded in time; a process failed. It
            tells what the processes said.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="peer-", dir="/tmp")))
        place = Place(url(folder), folder, _free_ports())
        processes = stack.enter_context(processes_of(folder, _environment(peer, place)))
        _drive(peer, python, processes, jobs, asked)
        began, ended = moments(folder, "began.*"), moments(folder, "ended")[0]
        waited = moments(folder, "asked")
    single = range(ASKED_FROM, ASKED_FROM + asked)
    assert began.keys() == {*range(jobs), *single}, f"{peer.name}: not every job began"
    filled = [began[number] for number in range(jobs)]
    waits = [(began[number] - waited[number]) * 1000 for number in single]
    return Measured(
        jobs, asked, jobs / (max(ended, *filled) - min(filled)), statistics.median(waits), max(waits)
    )


def _drive(peer: Peer, python: Path, processes: Processes, jobs: int, asked: int) -> None:
    """Run the processes of a peer until the last single job has ended."""
    folder = processes.folder
    deadline = time.monotonic() + TIME_LIMIT_S

    def start(role: str, *more: str) -> Callable[[], bool]:
        drive = "tests.benchmarks.dispatch.drive"
        started = processes.start(role, python, "-m", drive, peer.name, role, *more)
        return lambda: started.poll() == 0

    def until(happened: Callable[[], bool]) -> None:
        while not happened():
            assert not processes.gone(), f"{peer.name}: a process failed: {processes.said()}"
            assert time.monotonic() < deadline, (
                f"{peer.name}: not within {TIME_LIMIT_S} s: {processes.said()}"
            )
            time.sleep(0.05)

    if peer.serve is not None:
        start("serve")
    fed = start("feed", str(jobs), str(asked))
    until((folder / "filled").exists)
    for _ in range(peer.processes):
        start("work")
    until(lambda: len(list(folder.glob("ready.*"))) >= peer.processes)
    (folder / "go").touch()
    until(fed)
    until(lambda: len(moments(folder, "began.*")) >= jobs + asked)


def _environment(peer: Peer, place: Place) -> dict[str, str]:
    """Of all processes: homes and temporary files in the folder, nothing reported to anybody.

    Whatever a library asks of the world beyond the loopback all the same goes to a port where nobody answers.
    """
    home = place.folder / "home"
    home.mkdir()
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "XDG_CACHE_HOME": str(home),
        "TMPDIR": str(home),
        "DO_NOT_TRACK": "1",
        **{
            name: NOBODY
            for each in ("http_proxy", "https_proxy", "all_proxy")
            for name in (each, each.upper())
        },
        **dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost"),
        "DISPATCH_URL": place.url,
        "DISPATCH_PORTS": ",".join(map(str, place.ports)),
        **peer.settings(place),
    }


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(other.getsockname()[1])

"""One process of the dispatch benchmark, in the environment of its peer.

    python -m tests.benchmarks.dispatch.drive PEER serve|work
    python -m tests.benchmarks.dispatch.drive PEER feed JOBS ASKED

`serve` is the peer's own server. `feed` fills the queue, and tells when the queue has recorded the last end; then it
asks for single jobs, each after the one before has ended. `work` waits for the file `go`, so that loading is not
measured.
Where and on what is in the environment: `DISPATCH_URL`, `DISPATCH_FOLDER`, `DISPATCH_PORTS`.
"""

from __future__ import annotations

import importlib
import os
import random
import sys
import time
from pathlib import Path

from tests.benchmarks.dispatch.notes import FOLDER
from tests.benchmarks.dispatch.peer import Driven, Peer, Place

ASKED_FROM = 100_000
"""Number of the first single job."""

PAUSE_S = 0.01


def feed(queue: Driven, folder: Path, jobs: int, asked: int) -> None:
    """Fill, watch, ask."""
    queue.create()
    queue.put(range(jobs))
    (folder / "filled").touch()
    await_file(folder / "go")
    await_ends(queue)
    (folder / "ended").write_text(f"0 {time.monotonic()}\n")
    choice = random.Random(7)
    with (folder / "asked").open("a", buffering=1) as notes:
        for number in range(ASKED_FROM, ASKED_FROM + asked):
            time.sleep(choice.uniform(0.15, 0.25))
            moment = time.monotonic()
            queue.put([number])
            print(number, moment, file=notes)
            await_ends(queue)


def await_ends(queue: Driven) -> None:
    """Wait until nothing is left; who started this process limits the time."""
    while queue.left():
        time.sleep(PAUSE_S)


def await_file(file: Path) -> None:
    """Wait until it is there."""
    while not file.exists():
        time.sleep(0.005)


def main(arguments: list[str]) -> None:
    """See the top of this module."""
    name, role, *numbers = arguments
    peer: Peer = importlib.import_module(f"tests.benchmarks.dispatch.peers.{name}").PEER
    first, second = map(int, os.environ["DISPATCH_PORTS"].split(","))
    place = Place(os.environ["DISPATCH_URL"], Path(os.environ[FOLDER]), (first, second))
    if role == "serve":
        assert peer.serve is not None
        peer.serve(place)
    elif role == "feed":
        feed(peer.driven(place), place.folder, *map(int, numbers))
    else:
        queue = peer.driven(place)
        (place.folder / f"ready.{os.getpid()}").touch()
        await_file(place.folder / "go")
        queue.work()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])

# the peer's own environment has what is imported here, ours has not
# mypy: disable-error-code="import-not-found"
"""Ray: one node of two processors, which starts its own two workers. Without its dashboard; its usage reports are off.

So that the queue is full before anything begins, both workers first hold until the file `go` is there.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.dispatch.drive import await_file
from tests.benchmarks.dispatch.notes import began
from tests.benchmarks.dispatch.peer import WORKERS, Peer, Place

STORE_BYTES = 100_000_000


class Ray:
    """Ends are what the process that asked, the owner of the jobs, has been told."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.ray: Any = None
        self.held: list[Any] = []
        self.waiting: list[Any] = []

    def create(self) -> None:
        """Start the node, and let both workers hold."""
        import ray

        self.ray = ray
        ray.init(
            num_cpus=WORKERS,
            include_dashboard=False,
            log_to_driver=False,
            object_store_memory=STORE_BYTES,
            _node_ip_address="127.0.0.1",
            _temp_dir=str(self.place.folder / "ray"),
        )
        self.begin = ray.remote(num_cpus=1)(began)
        self.held = [ray.remote(num_cpus=1)(_hold).remote(str(self.place.folder)) for _ in range(WORKERS)]
        while len(list(self.place.folder.glob("held.*"))) < WORKERS:
            time.sleep(0.02)

    def put(self, numbers: Iterable[int]) -> None:
        """One by one."""
        self.waiting += [self.begin.remote(number) for number in numbers]

    def left(self) -> int:
        """Jobs whose end has not been told; one that failed ends the measurement."""
        if not self.waiting:
            return 0
        ended, self.waiting = self.ray.wait(self.waiting, num_returns=len(self.waiting), timeout=0)
        self.ray.get(ended)
        return len(self.waiting)

    def work(self) -> None:
        """Its node starts the workers."""


def _hold(folder: str) -> None:
    Path(folder, f"held.{os.getpid()}").touch()
    await_file(Path(folder, "go"))


def settings(place: Place) -> Mapping[str, str]:
    """Nothing is reported to anybody, and it listens on the loopback alone, which is its way on Windows and macOS."""
    return {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_TMPDIR": str(place.folder / "ray"),
    }


PEER = Peer(
    name="ray",
    title="Ray",
    databases=("memory",),
    survives="nothing; a killed worker's run again while the head and who asked live",
    driven=Ray,
    requires=("ray==2.60.0",),
    processes=0,
    settings=settings,
)

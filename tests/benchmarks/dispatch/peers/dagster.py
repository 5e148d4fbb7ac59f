# the peer's own environment has what is imported here, ours has not
# mypy: disable-error-code="import-not-found"
"""Dagster: its daemon takes runs from its queue, two at a time, and starts a process for each; asked over GraphQL.

Nothing is reported to anybody: its telemetry is off. Its daemon looks at the queue every second, as often as it can.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.dispatch.database import Counted
from tests.benchmarks.dispatch.peer import WORKERS, Peer, Place

JOB = "tests.benchmarks.dispatch.peers._dagster_job"
WORKSPACE = "workspace.yaml"


class Dagster:
    """Ends are the state of the runs in its storage."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.client: Any = None
        url = f"sqlite:///{_home(place)}/history/runs.db" if place.url.startswith("sqlite") else place.url
        self.left = Counted(url, "SELECT count(*) FROM runs WHERE status <> 'SUCCESS'")

    def create(self) -> None:
        """Wait for the server to know the job."""
        from dagster_graphql import DagsterGraphQLClient, DagsterGraphQLClientError

        while self.client is None:
            try:
                client = DagsterGraphQLClient("127.0.0.1", port_number=self.place.ports[1])
                if client.reload_repository_location("begin").status.value == "SUCCESS":
                    self.client = client
            except (DagsterGraphQLClientError, OSError):
                time.sleep(0.5)  # its processes take seconds to answer

    def put(self, numbers: Iterable[int]) -> None:
        """One by one."""
        for number in numbers:
            self.client.submit_job_execution(
                "begin", run_config={"ops": {"tell": {"config": {"number": number}}}}
            )

    def work(self) -> None:
        """The daemon, one for all."""
        _become("dagster._daemon", "run", "-w", str(_home(self.place) / WORKSPACE))


def serve(place: Place) -> None:
    """The server of the code, and the one that is asked."""
    home, (code, asked) = _home(place), place.ports
    home.mkdir()
    # both are YAML, of which JSON is a part
    (home / "dagster.yaml").write_text(json.dumps(_instance(place)))
    known = {"load_from": [{"grpc_server": {"host": "127.0.0.1", "port": code, "location_name": "begin"}}]}
    (home / WORKSPACE).write_text(json.dumps(known))
    words = ["-m", "dagster", "api", "grpc", "-m", JOB, "-h", "127.0.0.1", "-p", str(code)]
    subprocess.Popen([sys.executable, *words])
    _become("dagster_webserver", "-w", str(home / WORKSPACE), "-h", "127.0.0.1", "-p", str(asked))


def settings(place: Place) -> Mapping[str, str]:
    """Its home, and nothing reported to anybody."""
    return {"DAGSTER_HOME": str(_home(place)), "DAGSTER_DISABLE_TELEMETRY": "yes"}


def _instance(place: Place) -> dict[str, Any]:
    storage = (
        {"sqlite": {"base_dir": str(_home(place))}}
        if place.url.startswith("sqlite")
        else {"postgres": {"postgres_url": place.url}}
    )
    queue = {
        "module": "dagster.core.run_coordinator",
        "class": "QueuedRunCoordinator",
        "config": {"max_concurrent_runs": WORKERS, "dequeue_interval_seconds": 1},
    }
    return {"telemetry": {"enabled": False}, "storage": storage, "run_coordinator": queue}


def _home(place: Place) -> Path:
    return place.folder / "dagster"


def _become(module: str, *words: str) -> None:
    os.execv(sys.executable, [sys.executable, "-m", module, *words])


PEER = Peer(
    name="dagster",
    title="Dagster",
    databases=("sqlite", "postgresql"),
    survives="requests and ends; a killed run is noticed where run monitoring is set up",
    driven=Dagster,
    requires=(
        "dagster==1.13.27",
        "dagster-webserver==1.13.27",
        "dagster-graphql==1.13.27",
        "dagster-postgres==0.29.27",
        "sqlalchemy<2.1",  # whose PostgreSQL driver is the one that it expects
        "psycopg[binary]==3.3.9",
    ),
    serve=serve,
    processes=1,
    at_most=12,
    settings=settings,
)

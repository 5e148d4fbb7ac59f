"""Prefect with a server of its own: a flow run for each job, started as a process by one of two workers.

Nothing is reported to anybody: analytics of the server and of the client are off, as is its user interface. Its workers
look at the queue as often as ours.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from tests.benchmarks.dispatch.database import Counted
from tests.benchmarks.dispatch.peer import LOOK_S, ROOT, Peer, Place

POOL = "begin"
FLOW = "tests/benchmarks/dispatch/peers/_prefect_flow.py:begin_flow"


class Prefect:
    """Ends are the state of the flow runs in the server's database."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.client: Any = None
        self.deployment: Any = None
        self.left = Counted(place.url, "SELECT count(*) FROM flow_run WHERE state_type <> 'COMPLETED'")

    def create(self) -> None:
        """Wait for the server, and deploy the flow."""
        from prefect import flow
        from prefect.client.orchestration import get_client
        from prefect.client.schemas.actions import WorkPoolCreate

        self.client = get_client(sync_client=True)
        await_server(self.client)
        self.client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        deployed: Any = flow.from_source(source=str(ROOT), entrypoint=FLOW)
        self.deployment = deployed.deploy(name=POOL, work_pool_name=POOL, print_next_steps=False)

    def put(self, numbers: Iterable[int]) -> None:
        """One by one."""
        for number in numbers:
            self.client.create_flow_run_from_deployment(self.deployment, parameters={"number": number})

    def work(self) -> None:
        """One process after the other."""
        command("worker", "start", "--pool", POOL, "--type", "process", "--limit", "1")


def await_server(client: Any) -> None:
    """Wait until the server answers."""
    import time

    while client.api_healthcheck() is not None:
        time.sleep(0.2)


def command(*words: str) -> None:
    """Become a command of the library."""
    os.execv(sys.executable, [sys.executable, "-m", "prefect", *words])


def serve(place: Place) -> None:
    """The server."""
    command("server", "start", "--host", "127.0.0.1", "--port", str(place.ports[0]), "--no-ui")


def settings(place: Place) -> Mapping[str, str]:
    """Homes, the database, and nothing reported to anybody."""
    url = place.url.replace("sqlite:", "sqlite+aiosqlite:").replace("postgresql:", "postgresql+asyncpg:")
    return {
        "PREFECT_HOME": str(place.folder / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{place.ports[0]}/api",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
        "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
        "PREFECT_WORKER_QUERY_SECONDS": str(LOOK_S),
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "PREFECT_CLI_PROMPT": "false",
        "DO_NOT_TRACK": "1",
    }


PEER = Peer(
    name="prefect",
    title="Prefect",
    databases=("sqlite", "postgresql"),
    survives="what was asked and what ended; a killed worker's run stays as running, unless an automation ends it",
    driven=Prefect,
    requires=("prefect==3.9.1", "psycopg[binary]==3.3.9"),
    serve=serve,
    at_most=20,
    settings=settings,
)

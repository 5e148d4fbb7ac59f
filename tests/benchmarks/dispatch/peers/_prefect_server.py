# the peer's own environment has what is imported here, ours has not
# mypy: disable-error-code="import-not-found"
"""The server of Prefect, on its own database. Nothing is reported to anybody: analytics of both sides are off."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from tests.benchmarks.dispatch.peer import Place

REQUIRES = ("prefect==3.9.1", "psycopg[binary]==3.3.9")
LOOK_S = 1
"""Seconds between two looks of a worker, instead of 10. At 0.1 s looks alone busied the server, and locked its file."""


def answering_client() -> Any:
    """A client of the server, once that answers."""
    from prefect.client.orchestration import get_client

    client = get_client(sync_client=True)
    while client.api_healthcheck() is not None:
        time.sleep(0.2)
    return client


def become(*words: str) -> None:
    """Become a command of the library."""
    os.execv(sys.executable, [sys.executable, "-m", "prefect", *words])


def serve(place: Place) -> None:
    """The server."""
    become("server", "start", "--host", "127.0.0.1", "--port", str(place.ports[0]), "--no-ui")


def settings(place: Place) -> Mapping[str, str]:
    """Homes, the database, and nothing reported to anybody."""
    url = place.url.replace("sqlite:", "sqlite+aiosqlite:").replace("postgresql:", "postgresql+asyncpg:")
    return {
        "PREFECT_HOME": str(place.folder / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{place.ports[0]}/api",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": url,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
        "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_WORKER_QUERY_SECONDS": str(LOOK_S),
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "PREFECT_CLI_PROMPT": "false",
    }

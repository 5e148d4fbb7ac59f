# the peer's own environment has what is imported here, ours has not
# mypy: disable-error-code="import-not-found"
"""Prefect as it dispatches runs: a flow run for each job, started as a process by one of two workers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.benchmarks.dispatch.database import Counted
from tests.benchmarks.dispatch.peer import ROOT, Peer, Place
from tests.benchmarks.dispatch.peers._prefect_server import (
    REQUIRES,
    answering_client,
    become,
    serve,
    settings,
)

POOL = "begin"
FLOW = "tests/benchmarks/dispatch/peers/_prefect_work.py:begin_flow"


class Prefect:
    """Ends are the state of the flow runs in the server's database."""

    def __init__(self, place: Place) -> None:
        self.client: Any = None
        self.deployment: Any = None
        self.left = Counted(place.url, "SELECT count(*) FROM flow_run WHERE state_type <> 'COMPLETED'")

    def create(self) -> None:
        """Wait for the server, and deploy the flow."""
        from prefect import flow
        from prefect.client.schemas.actions import WorkPoolCreate

        self.client = answering_client()
        self.client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        deployed: Any = flow.from_source(source=str(ROOT), entrypoint=FLOW)
        self.deployment = deployed.deploy(name=POOL, work_pool_name=POOL, print_next_steps=False)

    def put(self, numbers: Iterable[int]) -> None:
        """One by one."""
        for number in numbers:
            self.client.create_flow_run_from_deployment(self.deployment, parameters={"number": number})

    def work(self) -> None:
        """One process after the other."""
        become("worker", "start", "--pool", POOL, "--type", "process", "--limit", "1")


PEER = Peer(
    name="prefect",
    title="Prefect, flow runs",
    databases=("sqlite", "postgresql"),
    survives="requests and ends; a killed worker's stay as running, unless an automation ends them",
    driven=Prefect,
    requires=REQUIRES,
    serve=serve,
    at_most=12,
    settings=settings,
)

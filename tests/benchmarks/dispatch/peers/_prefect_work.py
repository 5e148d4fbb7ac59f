# the peer's own environment has what is imported here, ours has not
# mypy: disable-error-code="import-not-found, misc, untyped-decorator"
"""What Prefect runs."""

from __future__ import annotations

from prefect import flow, task

from tests.benchmarks.dispatch.notes import began


@flow(name="begin")
def begin_flow(number: int) -> None:
    """One flow run for each job."""
    began(number)


@task(name="begin")
def begin_task(number: int) -> None:
    """One deferred task run for each job."""
    began(number)

# the peer's own environment has what is imported here, ours has not
# mypy: disable-error-code="import-not-found, misc, untyped-decorator"
"""What Dagster runs: a job of one op, in the one process that is started for each run.

It reads the annotations as they stand, so they must not be postponed.
"""

from dagster import Config, Definitions, in_process_executor, job, op

from tests.benchmarks.dispatch.notes import began


class Number(Config):
    """Of the job."""

    number: int


@op
def tell(config: Number) -> None:
    """Note it."""
    began(config.number)


@job(executor_def=in_process_executor)
def begin() -> None:
    """One run for each job."""
    tell()


defs = Definitions(jobs=[begin])

"""A queue of its own for each test, in a file or on a PostgreSQL that the whole session shares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foundry_kernel.runner.backends.durable import DurableQueue
from tests.fakes.postgres import Postgres, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server on a private port and data folder."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def kind() -> str:
    """Which database, where a test is not asked of both."""
    return "postgresql"


@pytest.fixture
def url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Address of a database that holds nothing yet."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path}/queue.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.create(f"queue_{abs(hash(str(tmp_path)))}")


@pytest.fixture
def queue(url: str) -> Iterator[DurableQueue]:
    """A queue with all its tables."""
    made = DurableQueue(url)
    made.create()
    yield made
    made.close()

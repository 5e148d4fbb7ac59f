"""What dispatch costs beside peers: `make bench`, or `pytest -m bench -s tests/benchmarks/test_dispatch_peers.py`.

The same jobs through two worker processes of each queue, on one server or one kind of file, one queue after the other:
first a full queue is emptied (jobs a second, from the first that begins until the queue has recorded every end), then
single jobs come to idle workers (from asking to beginning). Each job begins exactly once and its end is recorded, or
the test fails; nothing about speed is asserted. At the end a table is printed, as it stands in `docs/operate.md`. It
has ratios to a plain queue of one table, which is measured first and last on each database: how far the two differ
tells how far to trust the rest. What holds nothing durable stands in a block of its own, beside that queue on a file.

Each peer (`dispatch/peers/`, a file for each) gets an environment of its own, made for the run and removed after it;
where one cannot be made, that peer is skipped and says why. All that a peer writes goes into a folder that is removed,
and none of its processes is left.

    DISPATCH_PEERS=dask,ray      measure these alone, and the plain queue
    DISPATCH_JOBS=300            jobs to fill a queue with; slow peers get fewer, and the table says how many
    DISPATCH_ENVIRONMENTS=FOLDER keep the environments there, for the next run
    DISPATCH_RESULTS=FILE        append the results there; `dispatch/table.py` makes one table of several runs

PostgreSQL waits for the disk (`fsync` and `synchronous_commit` on). SQLite files are in WAL mode: `synchronous=FULL`
for the plain queue and huey, which offers that or nothing; ours as it ships, `NORMAL`, and DBOS alone likewise; Prefect
and Dagster as they ship.
"""

from __future__ import annotations

import importlib.metadata
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from runtime_artifacts.drop_in import collect_drop_ins
from tests.benchmarks.dispatch.environments import CannotInstall, Environments
from tests.benchmarks.dispatch.measure import measured
from tests.benchmarks.dispatch.peer import Peer, is_peer
from tests.benchmarks.dispatch.table import FLOOR, Row, table
from tests.fakes.postgres import Postgres, running_postgres

pytestmark = pytest.mark.bench
JOBS = int(os.environ.get("DISPATCH_JOBS", "300"))
ASKED = 30
FOUND = {
    name: each.plugin
    for name, each in collect_drop_ins(
        "tests.benchmarks.dispatch.peers", "PEER", is_peer, name_of=lambda peer: peer.name
    ).items()
}


def chosen() -> list[Peer]:
    """Those to measure beside the plain queue, ours first.

    Raises:
        ValueError: a peer was asked for that there is not.
    """
    names = [each for each in os.environ.get("DISPATCH_PEERS", "").split(",") if each] or list(FOUND)
    if unknown := set(names) - set(FOUND):
        raise ValueError(
            f"DISPATCH_PEERS: there is no {', '.join(sorted(unknown))}; there are {', '.join(FOUND)}"
        )
    order = ["ours", "dbos", *FOUND]
    return sorted((FOUND[each] for each in {*names} - {FLOOR}), key=lambda peer: order.index(peer.name))


def cases() -> Iterator[object]:
    """Database by database, the plain queue before and after the others."""
    for database in ("postgresql", "sqlite", "memory"):
        here = [each.name for each in chosen() if database in each.databases]
        for name in [FLOOR, *here, FLOOR] if here else []:
            yield pytest.param(database, FOUND[name])


@pytest.fixture(scope="module")
def environments() -> Iterator[Environments]:
    """Of all that are measured: made before the first measurement, so that no installing disturbs one."""
    with tempfile.TemporaryDirectory(prefix="peers-") as made:
        found = Environments(Path(os.environ.get("DISPATCH_ENVIRONMENTS") or made).absolute())
        for peer in chosen():
            try:
                found.python(peer.requires)
            except CannotInstall as why:
                print(f"\n{peer.title} cannot be installed here, and is left out: {why}")
        os.sync()
        yield found


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running_postgres(durable=True) as server:
        yield server


@pytest.fixture(scope="module")
def rows() -> Iterator[list[Row]]:
    """What was measured; told at the end, whatever failed."""
    measurements: list[Row] = []
    yield measurements
    print("\n\n" + "\n".join(table(measurements)))


def title(peer: Peer) -> str:
    """With the version that is measured: of its environment, or of ours."""
    if peer.name == "dbos":
        return f"{peer.title} {importlib.metadata.version('dbos')}"
    return " ".join((peer.title, *(each.partition("==")[2] for each in peer.requires[:1])))


@pytest.mark.parametrize(("database", "peer"), list(cases()), ids=lambda each: getattr(each, "name", each))
def test_a_queue_begins_every_job_once_and_records_its_end(
    database: str, peer: Peer, environments: Environments, rows: list[Row], request: pytest.FixtureRequest
) -> None:
    try:
        python = environments.python(peer.requires)
    except CannotInstall as why:
        pytest.skip(f"{peer.title} cannot be installed here: {why}")

    def url(folder: Path) -> str:
        if database == "postgresql":
            server: Postgres = request.getfixturevalue("postgres")
            return server.create(folder.name)
        if database == "memory" and peer.name != FLOOR:
            return "memory:"
        return f"sqlite:///{folder}/queue.db"

    load = os.getloadavg()[0]
    jobs = min(JOBS, peer.at_most or JOBS)
    asked = min(ASKED, (peer.at_most or 2 * ASKED) // 2)
    found = measured(peer, python, url, jobs, asked)
    row = Row(
        database, peer.name, title(peer), peer.survives, load=load, cores=os.cpu_count() or 1, **asdict(found)
    )
    rows.append(row)
    if file := os.environ.get("DISPATCH_RESULTS"):
        with Path(file).open("a") as results:
            print(row.as_json(), file=results)

"""What dispatch costs beside peers: `make bench`, or `pytest -m bench -s tests/benchmarks/test_dispatch_peers.py`.

The same jobs through two worker processes of each queue, on one server or one kind of file, one queue after the other:
first a full queue is emptied (jobs a second, from the first that begins until the database holds every end), then
single jobs come to idle workers (from asking to beginning). Peers are installed into an environment that is made
for the run and removed after it; where they cannot be, the test is skipped and says why. Both are shown as ratios
to a plain queue of one table, which is measured first and last: how far the two differ tells how far to trust the rest.
Nothing about speed is asserted.

PostgreSQL waits for the disk (`fsync` and `synchronous_commit` on). SQLite files are in WAL mode: `synchronous=FULL`
for the plain queue and huey, which offers that or nothing; ours as it ships, `NORMAL`.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.postgres import running_postgres

pytestmark = pytest.mark.bench
ROOT = Path(__file__).parents[2]
PEERS = ("procrastinate==3.10.0", "pgqueuer==1.6.0", "huey==3.5.4", "psycopg[binary]==3.3.9")
JOBS = int(os.environ.get("DISPATCH_JOBS", "300"))
ASKED = 30
WORKERS = 2
TIME_LIMIT_S = 180
# How many jobs of a queue have not ended, as its own tables tell. For huey: have not been taken, it records no end.
LEFT = {
    "plain": "SELECT count(*) FROM work WHERE state <> 'ended'",
    "ours": f"SELECT {JOBS} - count(*) FROM foundry_log WHERE event = 'ended'",
    "procrastinate": "SELECT count(*) FROM procrastinate_jobs WHERE status <> 'succeeded'",
    "pgqueuer": "SELECT count(*) FROM pgqueuer",
    "huey": "SELECT count(*) FROM task",
}


@pytest.fixture(scope="module")
def peers() -> Iterator[Path]:
    """Interpreter of an environment that holds the peers, and is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        python = Path(folder, "bin", "python")
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1"]
        done = subprocess.run([*pip, *PEERS], check=False, capture_output=True, text=True)
        if done.returncode:
            why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            pytest.skip(f"the peers cannot be installed here, so nothing is compared: {why}")
        yield python


@dataclass(frozen=True)
class Measured:
    """Of one queue."""

    rate: float
    median_ms: float
    worst_ms: float


def moments(folder: Path, names: str) -> dict[int, float]:
    """Number and moment of every whole line of some notes. No job may begin twice."""
    lines = [line for each in folder.glob(names) for line in each.read_text().splitlines(keepends=True)]
    pairs = [line.split() for line in lines if line.endswith("\n")]
    found = {int(number): float(moment) for number, moment in pairs}
    assert len(found) == len(pairs)
    return found


def ended_at(name: str, url: str) -> float:
    """Wait until nothing of a queue is left; the moment."""
    deadline = time.monotonic() + TIME_LIMIT_S
    with closing(connected(url)) as base:
        while base.execute(LEFT[name]).fetchone()[0]:
            assert time.monotonic() < deadline, f"{name}: jobs are left"
            time.sleep(0.02)
        return time.monotonic()


def connected(url: str) -> Any:
    """A connection that reads what is committed."""
    if url.startswith("sqlite"):
        return sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
    import psycopg

    return psycopg.connect(url, autocommit=True)


def measured(python: Path, name: str, url: str, folder: Path) -> Measured:
    """Empty a full queue with idle workers, then ask them one by one."""
    folder.mkdir()
    name = name.removesuffix("_again")
    given = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}

    def process(role: str, count: int = 0) -> subprocess.Popen[bytes]:
        script = ROOT / "tests" / "benchmarks" / "dispatch_peers.py"
        words = [python, script, name, url, folder, role, str(count)]
        with (folder / f"{role}.log").open("ab") as log:
            return subprocess.Popen(words, env=given, cwd=folder, stdout=log, stderr=log)

    def until(expected: int, names: str, *, lines: bool) -> None:
        deadline = time.monotonic() + TIME_LIMIT_S
        while (len(moments(folder, names)) if lines else len(list(folder.glob(names)))) < expected:
            logs = "".join(each.read_text()[-2000:] for each in folder.glob("*.log"))
            assert time.monotonic() < deadline, f"{name}: {logs}"
            assert all(worker.poll() is None for worker in workers), f"{name}: {logs}"
            time.sleep(0.05)

    assert process("fill", JOBS).wait(TIME_LIMIT_S) == 0, (folder / "fill.log").read_text()[-2000:]
    workers = [process("work") for _ in range(WORKERS)]
    try:
        until(WORKERS, "ready.*", lines=False)
        (folder / "go").touch()
        ended = ended_at(name, url)
        until(JOBS, "began.*", lines=True)
        filled = moments(folder, "began.*").values()
        assert process("ask", ASKED).wait(TIME_LIMIT_S) == 0, (folder / "ask.log").read_text()[-2000:]
        until(JOBS + ASKED, "began.*", lines=True)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    began = moments(folder, "began.*")
    waits = [(began[number] - asked) * 1000 for number, asked in moments(folder, "asked").items()]
    return Measured(JOBS / (max(ended, *filled) - min(filled)), statistics.median(waits), max(waits))


def told(kind: str, results: dict[str, Measured]) -> None:
    """Print the rows."""
    floor = results["plain"]
    print(
        f"\n{kind}: {JOBS} jobs, {WORKERS} workers, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    for name, each in results.items():
        print(
            f"  {name}: {each.rate:.0f} jobs a second, {each.rate / floor.rate:.3f} of the plain queue; from asking to "
            f"beginning {each.median_ms:.1f} ms (median), {each.median_ms / floor.median_ms:.2f} times the plain "
            f"queue, {each.worst_ms:.0f} ms (worst of {ASKED})"
        )


def test_what_dispatch_costs_beside_peers_on_postgresql(peers: Path, tmp_path: Path) -> None:
    results = {}
    with running_postgres(durable=True) as server:
        for name in ("plain", "ours", "procrastinate", "pgqueuer", "plain_again"):
            python = peers if name in {"procrastinate", "pgqueuer"} else Path(sys.executable)
            results[name] = measured(python, name, server.create(name), tmp_path / name)
    told("postgresql", results)


def test_what_dispatch_costs_beside_a_peer_on_sqlite(peers: Path, tmp_path: Path) -> None:
    results = {}
    for name in ("plain", "ours", "huey", "plain_again"):
        python = peers if name == "huey" else Path(sys.executable)
        results[name] = measured(python, name, f"sqlite:///{tmp_path}/{name}.db", tmp_path / name)
    told("sqlite", results)

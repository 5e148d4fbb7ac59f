"""Promises of what measures dispatch beside peers: nothing of a peer is left, what fails says why, results add up."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime_artifacts.drop_in import collect_drop_ins
from tests.benchmarks.dispatch.environments import CannotInstall, Environments
from tests.benchmarks.dispatch.measure import measured
from tests.benchmarks.dispatch.notes import moments
from tests.benchmarks.dispatch.peer import Peer, is_peer
from tests.benchmarks.dispatch.peers import plain
from tests.benchmarks.dispatch.processes import inheriting, processes_of
from tests.benchmarks.dispatch.table import BEGIN, END, Row, put_into, rows_of, table

RUNS_AWAY = """
import pathlib, subprocess, sys, time
if len(sys.argv) == 1:
    subprocess.Popen([sys.executable, __file__, "away"], start_new_session=True)
    sys.exit()
pathlib.Path("away").touch()
time.sleep(600)
"""
A_ROW = Row("sqlite", "plain", "plain queue", "ends", 300, 30, 100.0, 5.0, 20.0, load=0.5, cores=2)


def test_the_plain_queue_begins_each_job_once_and_leaves_nothing_behind() -> None:
    used: list[Path] = []

    def url(folder: Path) -> str:
        used.append(folder)
        return f"sqlite:///{folder}/queue.db"

    found = measured(plain.PEER, Path(sys.executable), url, 20, 2)
    assert (found.jobs, found.asked) == (20, 2)
    assert found.rate > 0
    assert 0 < found.median_ms <= found.worst_ms
    assert not used[0].exists()
    assert inheriting(used[0]) == []


def test_a_peer_that_fails_says_what_it_said() -> None:
    broken = dataclasses.replace(plain.PEER, name="no_such_file")
    with pytest.raises(AssertionError, match="No module named"):
        measured(broken, Path(sys.executable), lambda folder: "memory:", 1, 1)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the system does not tell environments")
def test_a_process_that_left_its_group_is_ended_too(tmp_path: Path) -> None:
    script = tmp_path / "runs_away.py"
    script.write_text(RUNS_AWAY)

    def run_away_and_fail() -> None:
        with processes_of(tmp_path, os.environ) as processes:
            processes.start("away", sys.executable, script).wait()
            deadline = time.monotonic() + 20
            while not (tmp_path / "away").exists():
                assert time.monotonic() < deadline
                time.sleep(0.02)
            assert len(inheriting(tmp_path)) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_away_and_fail()
    assert inheriting(tmp_path) == []


def test_being_asked_twice_to_stop_leaves_nothing(tmp_path: Path) -> None:
    def be_asked() -> None:
        with processes_of(tmp_path, os.environ) as processes:
            for _ in range(3):
                processes.start("sleeping", sys.executable, "-c", "import time; time.sleep(600)")
            subprocess.run(["sh", "-c", f"kill -TERM {os.getpid()}; kill -TERM {os.getpid()}"], check=True)
            time.sleep(5)

    with pytest.raises(KeyboardInterrupt):
        be_asked()
    assert inheriting(tmp_path) == []


def test_a_job_that_began_twice_is_no_result(tmp_path: Path) -> None:
    (tmp_path / "began.1").write_text("7 1.5\n8 1.6\n")
    (tmp_path / "began.2").write_text("9 1.5\n10 1.")  # not yet whole
    assert moments(tmp_path, "began.*") == {7: 1.5, 8: 1.6, 9: 1.5}
    (tmp_path / "began.3").write_text("7 2.5\n")
    with pytest.raises(AssertionError, match="began twice"):
        moments(tmp_path, "began.*")


def test_what_cannot_be_installed_is_said_once_and_leaves_no_half_environment(tmp_path: Path) -> None:
    environments = Environments(tmp_path / "made")
    missing = (str(tmp_path / "no-such-package"),)
    for _ in range(2):
        with pytest.raises(CannotInstall, match="no-such-package"):
            environments.python(missing)
    assert list((tmp_path / "made").glob("*")) == []
    assert environments.python(()) == Path(sys.executable)


def test_every_file_of_peers_offers_one_that_can_be_measured() -> None:
    found = collect_drop_ins(
        "tests.benchmarks.dispatch.peers", "PEER", is_peer, name_of=lambda peer: peer.name
    )
    assert {"ours", "dbos", "dask", "ray", "prefect", "dagster", "procrastinate", "pgqueuer"} <= set(found)
    for name, each in found.items():
        assert Path(each.origin).stem == name, "it is driven by the name of its file"
        assert each.plugin.survives
    with pytest.raises(ValueError, match="databases"):
        is_peer(dataclasses.replace(plain.PEER, databases=("paper",)))
    with pytest.raises(TypeError):
        is_peer(Peer)


def test_the_table_shows_several_runs_beside_the_floor_of_their_database(tmp_path: Path) -> None:
    runs = [
        A_ROW,
        dataclasses.replace(A_ROW, name="huey", title="huey 3.5", rate=50.0, median_ms=10.0),
        dataclasses.replace(A_ROW, rate=300.0, worst_ms=30.0, load=1.5),
        dataclasses.replace(A_ROW, name="ray", database="memory"),  # a block without its floor says nothing
    ]
    kept = tmp_path / "results"
    kept.write_text("".join(f"{row.as_json()}\n" for row in runs))
    assert rows_of([kept]) == runs
    load, _, _, _, floor, huey = table(runs)
    assert load == "Load 0.5 to 1.5 on 2 cores."
    assert floor == (
        "| SQLite: plain queue | ends | 300 / 30 | 200 (100–300) | 1.0 | 5.0 (5.0–5.0) / 30 ms | 1.0 |"
    )
    assert huey == "| SQLite: huey 3.5 | ends | 300 / 30 | 50 | 0.25 | 10 / 20 ms | 2.0 |"


def test_the_table_takes_its_place_in_a_page_again_and_again() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = put_into(page, ["| new |"])
    assert once == f"before\n{BEGIN}\n| new |\n{END}\nafter\n"
    assert put_into(once, ["| new |"]) == once
    with pytest.raises(ValueError, match="peers: begin"):
        put_into("no marks", [])

"""One lake for many workspaces: nothing lost, nothing counted twice, whoever commits and whenever they are killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alloynb.evidence.errors import BadQuery, LakeUnavailable, StoreBusy, WriteRefused
from alloynb.evidence.lake import Lake
from alloynb.evidence.lake_commit import commit_to_lake
from alloynb.evidence.lake_lock import only_committer
from alloynb.evidence.lake_place import LakePlace
from alloynb.evidence.warehouse import Warehouse, utc_now
from tests.fakes.evidence_store import TickingClock, plain_fact, write_run
from tests.fakes.evidence_story import LATER, tell_story
from tests.fakes.postgres import Postgres, running_postgres

pytest.importorskip("duckdb_extensions")
ROOT = Path(__file__).parents[3]

COMMITTER = """
import sys
from pathlib import Path
from alloynb.evidence.lake_commit import commit_to_lake
from alloynb.evidence.lake_place import LakePlace
from alloynb.evidence.warehouse import Warehouse, utc_now
store = Warehouse(Path(sys.argv[1]))
store.fold()
place = LakePlace(sys.argv[2], Path(sys.argv[3]))
tell = lambda told: print(told, flush=True)
commit_to_lake(place, store.layout.sealed_files(), utc_now, workspace="w", wait_s=60, tell=tell, files_a_batch=2)
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["file", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> LakePlace:
    if request.param == "file":
        return LakePlace(str(tmp_path / "team.ducklake"), tmp_path / "data")
    server: Postgres = request.getfixturevalue("postgres")
    name = f"lake_{time.monotonic_ns()}"
    return LakePlace(server.create(name), tmp_path / "data")


def store_of(folder: Path, runs: range, events: int = 3) -> Warehouse:
    store = Warehouse(folder / ".alloy", clock=TickingClock())
    for number in runs:
        write_run(store.layout.root, events, f"run_01J{number:023d}")
    return store


def lake_of(store: Warehouse, place: LakePlace) -> Lake:
    return store.lake(place.catalog, place.data)


def test_two_workspaces_are_one_lake_and_again_changes_nothing(place: LakePlace, tmp_path: Path) -> None:
    one, other = store_of(tmp_path / "one", range(3)), store_of(tmp_path / "other", range(10, 15))
    lake = lake_of(one, place)
    assert one.commit_to(lake, workspace="one").facts == 9
    assert other.commit_to(lake, workspace="other").facts == 15
    again = one.commit_to(lake, workspace="one")
    assert (again.files, again.facts, again.known) == (0, 0, 3)
    assert lake.query("SELECT count(*), count(DISTINCT fact_id) FROM facts").rows == ((24, 24),)
    write_run(one.layout.root, 4, "run_01J00000000000000000000099")
    assert one.commit_to(lake, workspace="one").facts == 4
    assert lake.query("SELECT count(*) FROM journals").rows == ((9,),)


def test_the_same_fact_of_two_machines_counts_once(place: LakePlace, tmp_path: Path) -> None:
    same = [
        plain_fact(1, "commit", fact_id="commit/shop/abc", revision="abc"),
        plain_fact(2, fact_id="own/1"),
    ]
    stores = [Warehouse(tmp_path / name / ".alloy") for name in ("one", "other")]
    for store in stores:
        store.record(same)
    lake = lake_of(stores[0], place)
    first, second = (store.commit_to(lake, workspace="w") for store in stores)
    assert (first.facts, first.doubled) == (2, 0)
    assert (second.facts, second.doubled) == (0, 2)
    assert lake.query("SELECT count(*) FROM facts").rows == ((2,),)
    assert lake.query("SELECT sum(doubled)::INT FROM journals").rows == ((2,),)


def test_every_view_of_a_workspace_answers_in_the_lake(tmp_path: Path) -> None:
    store = Warehouse(tmp_path / "shop" / ".alloy", clock=TickingClock())
    tell_story(store)
    lake = store.lake(str(tmp_path / "team.ducklake"), tmp_path / "data")
    store.commit_to(lake, workspace="shop")
    store.fold()
    from alloynb.evidence.lake import open_lake
    from alloynb.evidence.sql_files import SqlSources

    with open_lake(lake.place, SqlSources()) as connection:
        for view in SqlSources().views():
            if view.name != "journals":
                count = f"SELECT count(*) FROM {view.name}"
                assert connection.execute(count).fetchall() == list(store.query(count).rows), view.name
    audit = f"SELECT question, answer FROM run_audit('{LATER}')"
    assert lake.query(audit).rows == store.query(audit).rows


def test_a_committer_that_is_killed_between_batches_loses_and_doubles_nothing(
    place: LakePlace, tmp_path: Path
) -> None:
    store = store_of(tmp_path / "one", range(12))
    lake = lake_of(store, place)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'artifacts'}"}
    command = [sys.executable, "-c", COMMITTER, str(store.layout.root), place.catalog, str(place.data)]
    for batches in (1, 2):
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for _ in range(batches):
            assert "files" in process.stdout.readline()
        process.kill()
        process.wait()
        process.stdout.close()
        [(count, distinct, journals)] = lake.query(
            "SELECT count(*), count(DISTINCT fact_id), count(DISTINCT journal) FROM facts"
        ).rows
        assert count == distinct == 3 * journals
        assert lake.query("SELECT count(*) FROM journals").rows == ((journals,),)
    store.commit_to(lake, workspace="one")
    assert lake.query("SELECT count(*), count(DISTINCT fact_id) FROM facts").rows == ((36, 36),)


def test_a_file_that_is_not_what_its_seal_says_is_left_out_and_named(tmp_path: Path) -> None:
    store = store_of(tmp_path / "one", range(3))
    store.fold()
    sealed = store.layout.sealed_files()
    name = min(sealed)
    sealed[name].write_bytes(b"PAR1 nothing of the kind PAR1")
    place = LakePlace(str(tmp_path / "team.ducklake"), tmp_path / "data")
    done = commit_to_lake(place, sealed, utc_now, workspace="one", wait_s=1)
    assert (done.files, done.facts) == (2, 6)
    assert [told.partition(":")[0] for told in done.refused] == [name]


def test_one_committer_at_a_time(place: LakePlace, tmp_path: Path) -> None:
    store = store_of(tmp_path / "one", range(1))
    place.data.mkdir()
    with only_committer(place, wait_s=0), pytest.raises(StoreBusy):
        store.commit_to(lake_of(store, place), workspace="one", wait_s=0.1)
    assert store.commit_to(lake_of(store, place), workspace="one").files == 1


@pytest.mark.parametrize(
    ("ask", "refusal", "told"),
    [
        (lambda lake: lake.query("DELETE FROM facts"), WriteRefused, "only queries"),
        (lambda lake: lake.query("FROM gate_result"), BadQuery, "gate_results"),
    ],
)
def test_a_lake_is_only_read_and_says_what_was_meant(
    tmp_path: Path, ask: Callable[[Lake], object], refusal: type[Exception], told: str
) -> None:
    store = store_of(tmp_path / "one", range(1))
    lake = store.lake(str(tmp_path / "team.ducklake"), tmp_path / "data")
    store.commit_to(lake, workspace="one")
    with pytest.raises(refusal, match=told):
        ask(lake)


def test_a_lake_that_is_not_there_says_so_without_its_password(tmp_path: Path) -> None:
    store = store_of(tmp_path / "one", range(1))
    lake = store.lake("postgresql://alloy:s3cr3t@127.0.0.1:1/lake", tmp_path / "data")
    for reach in (lambda: store.commit_to(lake, workspace="one"), lambda: lake.query("FROM runs")):
        with pytest.raises(LakeUnavailable) as refused:
            reach()
        assert "s3cr3t" not in str(refused.value)
        assert "alloy@127.0.0.1" in str(refused.value)
    assert "s3cr3t" not in lake.opening_script()
    with pytest.raises(LakeUnavailable, match="names no catalog"):
        store.lake("lake.db", tmp_path)

"""How fast each view and audit macro answers in a large store: `bench_audit_at_scale.py [EVENTS] [RUNS]`.

Ten million events and 200,000 gate results by default, in a thousand runs, beside the floor: DuckDB counting over the
same rows in one raw Parquet file. Printed, never asserted: another machine, another number.
"""

from __future__ import annotations

# ruff: noqa: E501  the SQL reads better in whole lines
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TURNS = 3
GATES_EACH = 200
BLOCKS_EACH = 20


def seconds(act: Callable[[], object]) -> float:
    """Median processor time of some calls, halved: what two cores take that have nothing else to do."""
    times = []
    for _ in range(TURNS):
        begun = time.process_time()
        act()
        times.append(time.process_time() - begun)
    return statistics.median(times) / 2


def run_id(number: int) -> str:
    """Id of a run, ordered by number."""
    return f"run_01J0{number:022d}"


def seal_runs(store: Any, runs: int, events_each: int) -> None:
    """Write sealed Parquet files of finished runs, as the store itself would, straight from DuckDB."""
    import duckdb

    from alloynb.evidence.columns import FACT_COLUMNS
    from alloynb.evidence.layout import parquet_name

    store.fold()
    folder = store.layout.newest_sealed_folder()
    kinds = f"""
        CASE WHEN n = 1 THEN 'run_started' WHEN n = total THEN 'run_finished'
             WHEN n <= 1 + {GATES_EACH} THEN 'gate_finished' WHEN n <= 1 + {GATES_EACH} + {BLOCKS_EACH} THEN 'block_finished'
             ELSE 'event' END
    """
    known = {
        "kind": "kind", "seq": "n", "recorded_at": "moment", "occurred_at": "moment", "project_id": "'p' || (run % 20)",
        "run_id": "run_name", "attempt": "1", "brief_digest": "'sha256:' || (run % 50)", "throttle": "'dry_run'",
        "fact_id": "run_name || '/0001/' || printf('%06d', n)",
        "event_id": "CASE WHEN kind IN ('event', 'block_finished') THEN 'evt_' || n END",
        "event_type": "CASE kind WHEN 'event' THEN 'type_' || (n % 40) WHEN 'run_started' THEN 'validation_requested' END",
        "gate": "CASE kind WHEN 'gate_finished' THEN 'gate_' || (n % 20) END",
        "phase": "CASE kind WHEN 'gate_finished' THEN 'preflight' END",
        "block": "CASE kind WHEN 'block_finished' THEN 'block_' || n END",
        "block_kind": "CASE kind WHEN 'block_finished' THEN CASE n % 5 WHEN 0 THEN 'mutator' ELSE 'observer' END END",
        "status": "CASE kind WHEN 'gate_finished' THEN CASE (n + run) % 17 WHEN 0 THEN 'failed' ELSE 'passed' END "
        "WHEN 'block_finished' THEN 'completed' WHEN 'run_finished' THEN 'completed' END",
        "required": "CASE kind WHEN 'gate_finished' THEN n % 2 = 0 END", "duration_ms": "(n % 1000)::DOUBLE",
        "revision": "md5(((run // 3)::VARCHAR))",
        "payload": "CASE kind WHEN 'gate_finished' THEN json_object('gate_attempt', 1 + (n - 2) // 20, 'source', 'overlay') "
        "ELSE json_object('seq', n, 'text', 'something that happened') END",
    }  # fmt: skip
    columns = ", ".join(f"{known.get(name, 'NULL')}::{kind} AS {name}" for name, kind in FACT_COLUMNS.items())
    nothing = ", ".join(
        f"NULL::{kind} AS {name}"
        for name, kind in FACT_COLUMNS.items()
        if name not in {"seq", "recorded_at", "payload"}
    )
    with duckdb.connect(config={"threads": 2}) as connection:
        for run in range(runs):
            key = f"runs/{run_id(run)}/journal/0001.jsonl"
            head = f"json_object('bytes', 0, 'lines', {events_each}, 'facts', {events_each}, 'refused', 0, 'torn_bytes', 0)"
            connection.execute(f"""
                COPY (
                    SELECT '{key}' AS journal, 'journal' AS row_kind, 1::BIGINT AS seq, now() AS recorded_at,
                        {head} AS payload, {nothing}
                    UNION ALL BY NAME
                    SELECT '{key}' AS journal, 'fact' AS row_kind, {columns} FROM (
                        SELECT *, {kinds} AS kind, TIMESTAMPTZ '2026-01-01' + to_minutes({run}) + to_milliseconds(n) AS moment
                        FROM (SELECT range AS n, {events_each} AS total, {run} AS run, '{run_id(run)}' AS run_name
                              FROM range(1, {events_each + 1}))
                    )
                ) TO '{folder / parquet_name(key)}' (FORMAT parquet, COMPRESSION zstd)
            """)


def main(events: int, runs: int) -> None:
    """Build the store, then ask every view, and every macro for one run."""
    sys.path[:0] = [str(ROOT), str(ROOT / "artifacts")]
    import duckdb

    from alloynb.evidence.sql_files import SqlSources
    from alloynb.evidence.warehouse import Warehouse

    with tempfile.TemporaryDirectory() as folder:
        store = Warehouse(Path(folder) / ".alloy")
        begun = time.perf_counter()
        seal_runs(store, runs, events // runs)
        sealed_s, begun = time.perf_counter() - begun, time.perf_counter()
        store.fold()
        fold_s = time.perf_counter() - begun
        [(facts,)] = store.query("SELECT count(*) FROM facts").rows
        print(
            f"{facts:,} facts in {runs} sealed runs (made in {sealed_s:.0f} s), folded in {fold_s:.1f} s: "
            f"{facts / fold_s:,.0f} facts/s"
        )
        sealed = sum(file.stat().st_size for file in store.layout.sealed_files().values())
        print(
            f"bytes per fact: {store.path.stat().st_size / facts:.0f} published, {sealed / facts:.0f} sealed"
        )
        raw = Path(folder) / "raw.parquet"
        store.export("facts", raw)
        with duckdb.connect(config={"threads": 2}) as connection:
            scan = f"SELECT kind, count(*), avg(duration_ms) FROM '{raw}' GROUP BY kind"
            floor = seconds(lambda: connection.execute(scan).fetchall())
            of_run = f"SELECT count(*) FROM '{raw}' WHERE run_id = '{run_id(runs // 2)}'"
            floor_run = seconds(lambda: connection.execute(of_run).fetchall())
        print(
            f"floor, raw Parquet: {floor * 1000:.0f} ms for all by kind, {floor_run * 1000:.0f} ms for one run"
        )
        opening = seconds(lambda: store.query("SELECT 1"))
        print(f"opening the store: {opening * 1000:.0f} ms")
        wanted = [
            (each.name, f"SELECT count(*), count(COLUMNS(*)) FROM {each.name}")
            for each in SqlSources().views()
        ]
        for each in SqlSources().macros():
            example = each.example.replace("run_01K", run_id(runs // 2)).replace(
                "run_01M", run_id(runs // 2 + 1)
            )
            wanted.append((each.name, example))
        times = {name: seconds(lambda sql=sql: store.query(sql)) for name, sql in wanted}
        print(f"{'view or macro':<30} {'ms':>8} {'times the floor':>16}")
        for name, took in sorted(times.items(), key=lambda each: -each[1]):
            print(f"{name:<30} {took * 1000:>8.0f} {took / floor:>16.1f}")


if __name__ == "__main__":
    arguments = [int(each) for each in sys.argv[1:]]
    main(*(arguments + [10_000_000, 1000][len(arguments) :]))

"""What the evidence store costs beside raw Parquet: `python tests/benchmarks/bench_evidence_store.py [FACTS] [RUNS]`.

Printed as ratios, never asserted: another machine, another number. That nothing is lost is held by
`tests/alloynb/evidence/test_concurrency.py`.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TURNS = 5


def seconds(act: Callable[[], object], turns: int = TURNS) -> float:
    """Median time of some calls."""
    times = []
    for _ in range(turns):
        begun = time.perf_counter()
        act()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def main(facts: int, runs: int) -> None:
    """Write `facts` facts in `runs` runs; measure writing, sealing, folding, and reading hot, sealed and folded."""
    sys.path[:0] = [str(ROOT), str(ROOT / "artifacts")]
    from ulid import ULID

    from alloynb.evidence.warehouse import Warehouse
    from runtime_artifacts.journal import JournalWriter
    from tests.fakes.evidence_store import journal_of, run_fact

    with tempfile.TemporaryDirectory() as folder:
        store = Warehouse(Path(folder) / ".alloy")
        store.fold()
        each = max(1, facts // runs)
        begun = ULID().milliseconds - 7 * 24 * 3_600_000

        def write() -> None:
            for number in range(runs):
                run = f"run_{ULID.from_timestamp(begun + number * 60_000)}"
                with JournalWriter(journal_of(store.layout.root, run)) as journal:
                    for seq in range(1, each + 1):
                        kind = ("event", "gate_finished")[seq % 5 == 0]
                        gate: dict[str, Any] = {
                            "gate": f"g{seq % 7}",
                            "phase": "preflight",
                            "status": "passed",
                        }
                        journal.append(
                            run_fact(run, seq, kind, event_type=f"t{seq % 20}", duration_ms=1.5 * seq, **gate)
                        )

        total = each * runs
        written_s = seconds(write, 1)
        print(f"{total} facts in {runs} journals: {total / written_s:,.0f} facts/s written")
        questions = {
            "count of one kind": "SELECT count(*) FROM {} WHERE kind = 'gate_finished'",
            "average by type": "SELECT event_type, avg(duration_ms) FROM {} GROUP BY 1",
            "distinct runs": "SELECT count(DISTINCT run_id) FROM {}",
        }
        hot = {
            name: seconds(lambda sql=sql: store.query(sql.format("facts"))) for name, sql in questions.items()
        }
        fold_s = seconds(store.fold, 1)
        print(
            f"seal and fold: {total / fold_s:,.0f} facts/s; folding nothing new: {seconds(store.fold) * 1000:.0f} ms"
        )
        parquet = Path(folder) / "floor.parquet"
        store.export("facts", parquet)
        floor = {name: _floor(parquet, sql) for name, sql in questions.items()}
        native = {
            name: seconds(lambda sql=sql: store.query(sql.format("facts"))) for name, sql in questions.items()
        }
        opening_s = seconds(lambda: store.query("SELECT 1"))
        print(f"opening the store and asking nothing: {opening_s * 1000:.0f} ms")
        print(
            f"{'question':<20} {'one Parquet file':>18} {'folded':>10} {'hot':>10}   (times the Parquet file)"
        )
        for name in questions:
            print(
                f"{name:<20} {floor[name] * 1000:>15.1f} ms {native[name] / floor[name]:>10.1f} "
                f"{hot[name] / floor[name]:>10.1f}"
            )
        size = store.path.stat().st_size
        print(
            f"bytes per fact: {size / total:.0f} published, {parquet.stat().st_size / total:.0f} in one Parquet file"
        )


def _floor(parquet: Path, sql: str) -> float:
    """Time of the same question to one Parquet file, a fresh DuckDB each time, as the store does."""
    import duckdb

    def ask() -> None:
        with duckdb.connect(":memory:") as connection:
            connection.execute(sql.format(f"'{parquet}'")).fetchall()

    return seconds(ask)


if __name__ == "__main__":
    arguments = [int(each) for each in sys.argv[1:]]
    main(*(arguments + [100_000, 500][len(arguments) :]))

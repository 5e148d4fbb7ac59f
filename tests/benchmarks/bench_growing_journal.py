"""What a query costs while a journal grows: `bench_growing_journal.py [LINES] [GROWTH] [TURNS]`.

Between two queries the journal grows by a few lines. Printed as ratios to reading it whole in the same turn, never
asserted: another machine, another number. That the answers are the same is held by
`tests/alloynb/evidence/test_growing.py`.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

QUESTIONS = {
    "count of one kind": "SELECT count(*) FROM facts WHERE kind = 'gate_finished'",
    "average by type": "SELECT event_type, avg(duration_ms) FROM facts GROUP BY 1 ORDER BY 1",
    "the newest ten": "SELECT fact_id, recorded_at FROM facts ORDER BY recorded_at DESC, fact_id LIMIT 10",
}


def timed(act: Callable[[], object]) -> tuple[float, object]:
    """Seconds and answer of one call."""
    begun = time.perf_counter()
    answer = act()
    return time.perf_counter() - begun, answer


def main(lines: int, growth: int, turns: int) -> None:
    """Write `lines` lines and keep the journal open; in each turn add `growth`, and ask both ways."""
    sys.path[:0] = [str(ROOT), str(ROOT / "artifacts")]
    from ulid import ULID

    from alloynb.evidence.growing import Growth
    from alloynb.evidence.warehouse import Warehouse
    from runtime_artifacts.journal import JournalWriter
    from tests.fakes.evidence_store import journal_of, run_fact

    with tempfile.TemporaryDirectory() as folder:
        store = Warehouse(Path(folder) / ".alloy")
        whole = Warehouse(Path(folder) / ".alloy", growth=Growth(worth_bytes=sys.maxsize))
        store.fold()
        run = f"run_{ULID()}"
        file = journal_of(store.layout.root, run)
        with JournalWriter(file) as journal:

            def write(count: int) -> None:
                for seq in range(journal.last_seq + 1, journal.last_seq + 1 + count):
                    kind = ("event", "gate_finished")[seq % 5 == 0]
                    columns = {"gate": f"g{seq % 7}", "event_type": f"t{seq % 20}", "duration_ms": 1.5 * seq}
                    journal.append(run_fact(run, seq, kind, **columns))

            write(lines)
            print(f"a journal of {lines:,} lines, {file.stat().st_size / 2**20:.0f} MiB, still open")
            first_s, _ = timed(lambda: store.query("SELECT count(*) FROM facts"))
            whole_s, _ = timed(lambda: whole.query("SELECT count(*) FROM facts"))
            print(f"the first query takes {first_s / whole_s:.1f} times one that reads it whole")
            found: dict[str, list[tuple[float, float]]] = {name: [] for name in QUESTIONS}
            for _ in range(turns):
                for name, sql in QUESTIONS.items():
                    write(growth)
                    kept_s, kept = timed(lambda sql=sql: store.query(sql))
                    read_s, read = timed(lambda sql=sql: whole.query(sql))
                    assert kept == read
                    found[name].append((kept_s, read_s))
        print(f"{growth} lines more between queries, {turns} turns, medians:")
        for name, times in found.items():
            kept_s, read_s = (statistics.median(each) for each in zip(*times, strict=True))
            print(f"{name:<20} {kept_s * 1000:6.0f} ms; read whole {read_s / kept_s:.0f} times as long")
        alone = Warehouse(Path(folder) / "empty" / ".alloy")
        alone.fold()
        nothing_s = statistics.median(
            timed(lambda: alone.query(QUESTIONS["count of one kind"]))[0] for _ in range(9)
        )
        print(f"the same of an empty store: {nothing_s * 1000:.0f} ms")


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:4]]
    main(*[*given, *[1_000_000, 100, 9][len(given) :]])

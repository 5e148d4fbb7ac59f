"""How long it takes to decide which rules conflict: `python tests/benchmarks/bench_rule_conflicts.py [COUNT]`.

Printed, never asserted. Each record holds a layering, a list of allowed imports and a forbidden package. What matters
is the ratio: ten times as many records should take little more than ten times as long, not a hundred times.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(count: int) -> None:
    """Decide among a tenth of `count` records, and among all."""
    sys.path[:0] = [str(ROOT), str(ROOT / "artifacts")]
    from alloynb.intent.conflicts.find import find_rule_conflicts
    from tests.alloynb.intent.conflicts.rules import many_records

    took = []
    for number in (count // 10, count):
        records = many_records(number)
        begun = time.process_time()
        find_rule_conflicts(records)
        took.append(time.process_time() - begun)
    print(
        f"{count // 10} records: {took[0]:.2f} s; {count} records: {took[1]:.2f} s; ratio {took[1] / took[0]:.1f}"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)

"""How long opening a workspace takes, cold and warm: `python tests/benchmarks/bench_open_workspace.py [COUNT]`.

Printed, never asserted: another machine, another number. The promise (spec 2.1) is about a second for 10,000 unchanged
records; that they are not even parsed is held by `tests/alloynb/intent/test_store.py`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_SETTLED_AFTER_S = 2.2


def seconds(act: Callable[[], object]) -> float:
    """Time one call."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def main(count: int) -> None:
    """Write `count` records, open them cold, and three times warm; then with one changed."""
    sys.path[:0] = [str(ROOT), str(ROOT / "artifacts")]
    from alloynb.intent.store import IntentStore
    from tests.alloynb.intent.records import WRITTEN_BY_HAND

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / ".alloy"
        (root / "intent").mkdir(parents=True)
        for number in range(count):
            content = WRITTEN_BY_HAND.replace(b"shop.intent.payment-port", f"shop.intent.r{number}".encode())
            (root / "intent" / f"r{number}.yaml").write_bytes(content)
        time.sleep(_SETTLED_AFTER_S)

        def open_it() -> object:
            return IntentStore(root).load_all()

        cold = seconds(open_it)
        warm = min(seconds(open_it) for _ in range(3))
        file = root / "intent" / "r0.yaml"
        file.write_bytes(file.read_bytes().replace(b"high", b"low "))
        one_changed = seconds(open_it)
    print(f"{count} records: cold {cold:.2f} s, warm {warm:.2f} s, one changed {one_changed:.2f} s")
    print(f"cold is {cold / warm:.1f} times warm; one changed is {one_changed / warm:.2f} times warm")
    print(f"{count / warm:,.0f} unchanged records per second")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)

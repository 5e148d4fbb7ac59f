"""What it costs to compile a few records out of many: `python tests/benchmarks/bench_compile.py [COUNT] [IN_SCOPE]`.

Printed as ratios to a workspace that holds the records in scope alone, never asserted: another machine, another number.
"""

from __future__ import annotations

import shutil
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


def write_records(root: Path, count: int, in_scope: int) -> None:
    """Records of which the first few govern `shop/checkout/`, and each of the others a folder of its own."""
    from alloynb.application.initialize_workspace import InitializeWorkspace, initialize_workspace
    from tests.alloynb.intent.records import WRITTEN_BY_HAND

    root.mkdir(parents=True)
    initialize_workspace(InitializeWorkspace(root, "shop"))
    for number in range(count):
        place = "shop/checkout/**" if number < in_scope else f"shop/part{number}/**"
        text = WRITTEN_BY_HAND.decode().replace("payment-port", f"r{number:05}")
        text = text.replace("shop/**", place).replace("status: proposed", "status: accepted")
        (root / ".alloy" / "intent" / f"r{number:05}.yaml").write_text(text)


def main(count: int, in_scope: int) -> None:
    """Compile cold, warm, and with one record changed, from both workspaces."""
    sys.path[:0] = [str(ROOT), str(ROOT / "artifacts")]
    from alloynb.application.compile_intent import CompileIntent, preview_brief
    from alloynb.application.workspace import open_workspace

    command = CompileIntent(paths=("shop/checkout/",))
    with tempfile.TemporaryDirectory() as folder:
        times: dict[str, dict[str, float]] = {}
        digests = set()
        for name, size in (("alone", in_scope), ("among many", count)):
            root = Path(folder) / name
            write_records(root, size, in_scope)
            time.sleep(_SETTLED_AFTER_S)

            def compile_it(root: Path = root) -> None:
                digests.add(preview_brief(open_workspace(root), command).brief.digest)

            cold = seconds(compile_it)
            warm = min(seconds(compile_it) for _ in range(3))
            changed = root / ".alloy" / "intent" / f"r{size - 1:05}.yaml"
            changed.write_text(changed.read_text() + "# looked at\n")
            times[name] = {"cold": cold, "warm": warm, "one changed": seconds(compile_it)}
            shutil.rmtree(root)
    assert len(digests) == 1, "what is out of scope changed what was compiled"
    for state in ("cold", "warm", "one changed"):
        alone, among = times["alone"][state], times["among many"][state]
        print(
            f"{state:<12} {in_scope} among {count:,}: {among:.2f} s, {among / alone:.1f} times {in_scope} alone"
        )


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:3]]
    main(*[*given, *[10_000, 200][len(given) :]])

"""How much a look at drift costs: cold, when nothing changed, and when one file changed; and that it grows evenly."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest

from alloynb.intent.record import IntentRecord
from alloynb.interpretation.detection import plain_reading
from alloynb.interpretation.drift import DriftReport, assess_drift
from alloynb.interpretation.kept_reading import ReadCounts, keep_readings

pytestmark = pytest.mark.bench

QUERY = '(call function: (identifier) @name (#eq? @name "eval")) @place'
RULE = {"type": "forbidden", "packages": ["shop"], "sources": ["shop.a"], "targets": ["shop.b"]}
EVIDENCE = [
    {"id": "imports", "kind": "import_boundary", "description": "…", "rule": RULE},
    {
        "id": "eval",
        "kind": "pattern",
        "description": "…",
        "pattern": {"language": "python", "must": "not_occur", "query": QUERY, "paths": ["shop/**"]},
    },
]
BODY = "".join(f"def f{n}(x):\n    y = x + {n}\n    return [y for _ in range(3)]\n\n\n" for n in range(60))


def _tree(root: Path, modules: int) -> Path:
    for package in ("shop", "shop/a", "shop/b"):
        (root / package).mkdir(parents=True)
        (root / package / "__init__.py").write_text("")
    for number in range(modules):
        text = f"import shop.a.m{(number + 1) % modules if number % 2 == 0 else number}\n{BODY}"
        (root / "shop" / ("a" if number % 2 == 0 else "b") / f"m{number}.py").write_text(text)
    return root


def _record() -> IntentRecord:
    texts = dict.fromkeys(("capability", "threat", "expectation", "strategy", "tradeoff"), "Measured.")
    said = {"id": "shop.intent.m", "title": "m", "status": "accepted", "evidence": EVIDENCE, **texts}
    return IntentRecord.model_validate(
        said | dict.fromkeys(("created_at", "updated_at"), "2026-01-01T00:00:00Z")
    )


def _look(tree: Path, cache: Path) -> tuple[float, DriftReport]:
    begun = time.perf_counter()
    reading = keep_readings(plain_reading(tree), tree, cache, ReadCounts())
    report = assess_drift([_record()], tree, "r", datetime(2026, 3, 1, tzinfo=UTC), reading=reading)
    return time.perf_counter() - begun, report


def test_cold_warm_and_one_file_changed(tmp_path: Path) -> None:
    print()
    for modules in (200, 400, 800):
        tree, cache = _tree(tmp_path / str(modules), modules), tmp_path / f"cache-{modules}"
        cold, warm, changed = [], [], []
        for attempt in range(3):
            shutil.rmtree(cache, ignore_errors=True)
            seconds, first = _look(tree, cache)
            cold.append(seconds)
            seconds, again = _look(tree, cache)
            warm.append(seconds)
            assert again.findings == first.findings
            (tree / "shop" / "a" / "m0.py").write_text(f"import shop.a.m1\n# {attempt}\n{BODY}")
            changed.append(_look(tree, cache)[0])
        c, w, o = median(cold), median(warm), median(changed)
        print(
            f"{modules:4} modules, {modules * len(BODY) // 1000} kB: cold {1000 * c / modules:.2f} ms each = 1; "
            f"nothing changed {w / c:.2f}; one file changed {o / c:.2f}"
        )

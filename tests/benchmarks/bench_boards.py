"""From key to paint on boards that hold much: `python tests/benchmarks/bench_boards.py`.

Ten thousand findings beside fifty, and a trace of five thousand events beside one of twenty, in a real JupyterLab and a
headless Chromium. Printed as medians and as ratios, never asserted: another machine, another number.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
PRESSES = 30
MEASURE = """async ([label, role, key, times]) => {
    const [name, at] = label;
    const section = [...document.querySelectorAll("section.alloy")].filter((each) => each.ariaLabel === name)[at];
    const list = section.querySelector(`[role="${role}"]`);
    list.focus();
    const took = [];
    for (let press = 0; press < times; press += 1) {
        const before = list.getAttribute("aria-activedescendant");
        const begun = performance.now();
        const pressed = press < times / 2 ? key[0] : key[1];
        list.dispatchEvent(new KeyboardEvent("keydown", { key: pressed, bubbles: true, cancelable: true }));
        while (list.getAttribute("aria-activedescendant") === before) await new Promise((go) => setTimeout(go, 1));
        await new Promise((go) => requestAnimationFrame(() => setTimeout(go)));
        took.push(performance.now() - begun);
    }
    return took;
}"""
CELL = """
import sys
sys.path[:0] = [{root!r}, {artifacts!r}]
from pathlib import Path
from alloynb.application.run_trace import RunTrace
from alloynb.application.workspace import open_workspace
from alloynb.faces.widgets import DriftBoard, TraceTimeline
from IPython.display import display
from tests.fakes.journals import RUN_ID, long_run

for name in ("few", "many"):
    display(DriftBoard(open_workspace(Path(name))))
for events in (20, 5000):
    display(TraceTimeline(RunTrace(RUN_ID).add_all(long_run(events))))
"""


def main() -> None:
    """Lay both shops, open the notebook, press keys."""
    sys.path[:0] = [str(ROOT), str(ROOT / "artifacts")]
    from tests.fakes.alloy_shop import BOUNDARY
    from tests.fakes.alloy_workspace import governed_shop
    from tests.fakes.many_findings import record_findings
    from tests.journeys.browser.lab import chromium, command, lab

    with tempfile.TemporaryDirectory() as folder:
        root, settings = Path(folder) / "desk", Path(folder) / "settings"
        settings.mkdir()
        for name, number in (("few", 100), ("many", 10_000)):
            root.mkdir(exist_ok=True)
            record_findings(governed_shop(root / name, "vendor-boundary").workspace, number, (BOUNDARY,))
        source = CELL.format(root=str(ROOT), artifacts=str(ROOT / "artifacts"))
        cell = {
            "cell_type": "code",
            "id": "a",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        whole = {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
        (root / "bench.ipynb").write_text(json.dumps(whole))
        with chromium() as browser, lab(root, settings) as running:
            page = running.open(browser, "bench.ipynb")
            begun = time.perf_counter()
            command(page, "notebook:run-all-cells")
            page.locator('section.alloy[aria-label="Timeline of a run"]').nth(1).wait_for(timeout=120_000)
            print(f"all four drawn after {time.perf_counter() - begun:.1f} s")
            keys = ("PageDown", "PageUp")
            few, many = (
                _median(page, ("Drift findings", at), "listbox", ("ArrowDown", "ArrowUp")) for at in (0, 1)
            )
            print(f"a finding on:  80 {few:.0f} ms, 8,000 {many:.0f} ms, ratio {many / few:.1f}")
            paged = _median(page, ("Drift findings", 1), "listbox", keys)
            print(f"a page on:     8,000 {paged:.0f} ms, ratio to a finding of 80 {paged / few:.1f}")
            short, long = (
                _median(page, ("Timeline of a run", at), "tree", ("ArrowDown", "ArrowUp")) for at in (0, 1)
            )
            print(
                f"a step on:     20 events {short:.0f} ms, 5,000 events {long:.0f} ms, ratio {long / short:.1f}"
            )
            leap = _median(page, ("Timeline of a run", 1), "tree", keys)
            print(f"a screen on:   5,000 events {leap:.0f} ms, ratio to a step of 20 {leap / short:.1f}")


def _median(page: Page, label: tuple[str, int], role: str, keys: tuple[str, str]) -> float:
    took: Any = page.evaluate(MEASURE, [list(label), role, list(keys), PRESSES])
    return statistics.median(took)


if __name__ == "__main__":
    main()

"""How long the reviewer takes from a key to the picture: `python tests/benchmarks/bench_widgets.py [COUNT]`.

Printed, never asserted. The list knows titles alone and draws what is in view, so that 2,000 hypotheses should feel
like 20: the ratio of both is what counts. Needs a Chromium and the extras `lab` and `browser`.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "artifacts")]

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.journeys.browser.lab import Lab

PRESSES = 60
# From the event to the second frame after it: what was drawn is on the screen by then.
TO_PAINT = """async ([key, times]) => {
    const list = document.querySelector('.alloy-rows');
    list.focus();
    const taken = [];
    for (let at = 0; at < times; at += 1) {
        const begun = performance.now();
        list.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
        const drawn = performance.now() - begun;
        await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
        taken.push([drawn, performance.now() - begun]);
        await new Promise(done => setTimeout(done, 20));
    }
    return taken;
}"""


def paint_ms(running: Lab, browser: Browser, name: str) -> dict[str, tuple[float, float]]:
    """Median of drawing and of paint in milliseconds, for moving and for accepting."""
    from tests.journeys.browser.lab import command

    page = running.open(browser, name)
    command(page, "notebook:run-all-cells")
    page.locator(".alloy-rows").wait_for(timeout=120_000)
    page.wait_for_timeout(1500)
    found = {}
    for word, key in (("move", "j"), ("accept", "a")):
        taken = page.evaluate(TO_PAINT, [key, PRESSES])
        found[word] = tuple(statistics.median(each[at] for each in taken) for at in (0, 1))
    page.close()
    return found  # type: ignore[return-value]


def main(count: int) -> None:
    """Measure a short review and a long one in the same browser."""
    import nbformat

    from alloynb.application.grown_sample import govern_sample
    from alloynb.faces.widgets import HypothesisReviewer
    from tests.fakes.hypotheses import keep_hypotheses
    from tests.journeys.browser.lab import chromium, lab

    with tempfile.TemporaryDirectory() as folder:
        notebooks, settings = Path(folder) / "notebooks", Path(folder) / "settings"
        notebooks.mkdir()
        settings.mkdir()
        for number in (20, count):
            workspace = govern_sample(Path(folder) / str(number) / "shop")
            keep_hypotheses(workspace, number)
            begun = time.perf_counter()
            reviewer = HypothesisReviewer(workspace)
            opened = time.perf_counter()
            reviewer.accept(*(row[0] for row in reviewer.rows))
            staged = time.perf_counter()
            print(f"{number}: opened in {opened - begun:.2f} s, all staged in {staged - opened:.3f} s")
            code = (
                "from pathlib import Path\nfrom alloynb.application.workspace import open_workspace\n"
                "from alloynb.faces.widgets import HypothesisReviewer\n"
                f"HypothesisReviewer(open_workspace(Path({str(workspace.root)!r})))"
            )
            kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
            notebook = nbformat.v4.new_notebook(
                cells=[nbformat.v4.new_code_cell(code)], metadata={"kernelspec": kernel}
            )
            nbformat.write(notebook, notebooks / f"{number}.ipynb")
        with chromium() as browser, lab(notebooks, settings) as running:
            short, long = (paint_ms(running, browser, f"{number}.ipynb") for number in (20, count))
    for word in short:
        drawn, painted = long[word]
        ratio = painted / short[word][1]
        print(
            f"{word}: drawn in {drawn:.1f} ms, painted in {painted:.1f} ms, {ratio:.2f} times as long as with 20"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)

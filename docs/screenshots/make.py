"""Make the pictures of the documentation from the real thing: `python docs/screenshots/make.py [report] [tour] …`.

Needs the extras `lab` and `browser`, and a Chromium on the PATH or in `$CHROMIUM`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "artifacts"), str(HERE)]

from authoring import picture_authoring  # noqa: E402
from boards import picture_boards  # noqa: E402

from tests.journeys.browser.lab import chromium, command, lab  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LARGEST_BYTES = 200_000
SIGHTS: tuple[tuple[str, int, int, Literal["light", "dark"]], ...] = (
    ("light", 900, 1240, "light"),
    ("dark", 900, 1240, "dark"),
    ("narrow", 390, 1180, "dark"),
)
FORBIDDEN = "from acme.client import Acme  # just this once\n"


def run_of_a_shop(folder: Path) -> Path:
    """Run a shop with one capability that holds and one that does not; the answer is its HTML report."""
    from alloynb.application.decide_intent import DecideIntent, decide_intent
    from alloynb.application.initialize_workspace import InitializeWorkspace, initialize_workspace
    from alloynb.application.run_loop import RunLoop, run_loop
    from alloynb.application.sample_repository import CreateSample, commit, create_sample
    from alloynb.application.workspace import open_workspace
    from alloynb.faces.report import html_of

    root = create_sample(CreateSample(folder / "shop")).root
    initialize_workspace(InitializeWorkspace(root, title="A small shop"))
    workspace = open_workspace(root)
    for record in sorted((HERE / "records").glob("*.yaml")):
        shutil.copy(record, root / ".alloy" / "intent")
        decide_intent(workspace, DecideIntent(record.stem, "accepted", "we rely on it"))
    payment = root / "checkout" / "payment.py"
    first, blank, rest = payment.read_text(encoding="utf-8").split("\n", 2)
    payment.write_text(f"{first}\n{blank}\n{FORBIDDEN}{rest}", encoding="utf-8")
    commit(root, "Let payment use Acme")
    return Path(run_loop(workspace, RunLoop(), html_of=html_of).places.html)


def picture_report(browser: Browser) -> None:
    """Photograph the HTML report: light and dark, and as a telephone shows it."""
    with tempfile.TemporaryDirectory() as folder:
        page_file = run_of_a_shop(Path(folder))
        for name, width, height, scheme in SIGHTS:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            page.goto(page_file.as_uri())
            page.screenshot(path=HERE / f"report-{name}.png")
            page.close()


def picture_tour(browser: Browser) -> None:
    """Photograph the tour in JupyterLab, all cells run, from the run to the drift, in both themes."""
    with tempfile.TemporaryDirectory() as folder:
        notebooks = Path(folder) / "notebooks"
        notebooks.mkdir()
        shutil.copy(ROOT / "notebooks" / "authoring" / "tour.ipynb", notebooks)
        settings = Path(folder) / "settings"
        settings.mkdir()
        with lab(notebooks, settings) as running:
            page = running.open(browser, "tour.ipynb")
            page.set_viewport_size({"width": 1180, "height": 940})
            command(page, "application:toggle-left-area")
            command(page, "notebook:run-all-cells")
            page.get_by_text("What became of the finding: 2 rows").wait_for(timeout=120_000)
            for theme, name in (("JupyterLab Light", "light"), ("JupyterLab Dark", "dark")):
                command(page, "apputils:change-theme", {"theme": theme})
                page.wait_for_timeout(1000)
                page.locator('section[aria-label="What the run meant"]').first.scroll_into_view_if_needed()
                page.screenshot(path=HERE / f"tour-{name}.png")


def main() -> int:
    """Make the pictures that are named, or all of them."""
    pictures = {
        "report": picture_report,
        "tour": picture_tour,
        "authoring": picture_authoring,
        "boards": picture_boards,
    }
    with chromium() as browser:
        for name in sys.argv[1:] or pictures:
            pictures[name](browser)
    large = [file.name for file in sorted(HERE.glob("*.png")) if file.stat().st_size > LARGEST_BYTES]
    for name in large:
        print(f"{name} is larger than {LARGEST_BYTES} bytes", file=sys.stderr)
    return 1 if large else 0


if __name__ == "__main__":
    raise SystemExit(main())

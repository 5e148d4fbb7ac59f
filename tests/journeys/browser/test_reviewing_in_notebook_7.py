"""An engineer reviews hypotheses in Notebook 7, which hears every key before the page does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import nbformat
import pytest

from alloynb.application.discover_intent import DiscoverIntent, discover_intent
from alloynb.application.grown_sample import govern_sample
from alloynb.application.review_hypotheses import open_hypotheses
from tests.journeys.browser.lab import chromium, command, notebook_7

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser
PATIENCE_MS = 60_000
CELLS = (
    """
from pathlib import Path
from alloynb.application.workspace import open_workspace
from alloynb.faces.widgets import HypothesisReviewer, IntentForm
workspace = open_workspace(Path("{root}"))
HypothesisReviewer(workspace)
""",
    "IntentForm(workspace)",
)


def test_hypotheses_are_reviewed_by_keys_and_no_cell_is_deleted(tmp_path: Path) -> None:
    notebooks, settings = tmp_path / "notebooks", tmp_path / "settings"
    notebooks.mkdir()
    settings.mkdir()
    workspace = govern_sample(tmp_path / "shop", grown=True)
    discover_intent(workspace, DiscoverIntent())
    cells = [nbformat.v4.new_code_cell(each.strip().replace("{root}", str(workspace.root))) for each in CELLS]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    written = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(written, notebooks / "review.ipynb")
    with chromium() as browser, notebook_7(notebooks, settings) as running:
        page = running.open(browser, "review.ipynb")
        page.set_default_timeout(PATIENCE_MS)
        command(page, "notebook:run-all-cells")
        page.get_by_role("region", name="Intent form", exact=True).get_by_label("capability").wait_for()
        reviewer = page.get_by_role("region", name="Hypothesis reviewer", exact=True)
        reviewer.get_by_role("listbox").focus()

        for key in "jdda":
            page.keyboard.press(key)

        reviewer.get_by_role("status").filter(has_text="will be accepted").wait_for()
        reviewer.get_by_text(f"1 of {len(open_hypotheses(workspace))} decided").first.wait_for()
        accepted = reviewer.locator('[role="option"]', has_text="◉")
        assert accepted.get_attribute("aria-posinset") == "2"
        assert page.locator(".jp-Notebook-cell").count() == len(CELLS)

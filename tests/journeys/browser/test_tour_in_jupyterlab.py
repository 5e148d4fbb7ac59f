"""A newcomer opens the tour in JupyterLab, runs all cells, and reads the verdict: a real server, a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.journeys.browser.lab import chromium, command, lab
from tests.journeys.documentation import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
RUN_LIMIT_MS = 120_000
LEAST_CONTRAST = 4.5
# Contrast of the least readable text of a section, with what is half transparent mixed into what is behind it.
CONTRAST = """(section) => {
    const channels = (text) => text.match(/[\\d.]+/g).map(Number);
    const linear = (each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4;
    const light = (rgb) => rgb.reduce((sum, each, at) => sum + linear(each / 255) * [0.2126, 0.7152, 0.0722][at], 0);
    let behind = section;
    while (behind && channels(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
    const paper = channels(getComputedStyle(behind).backgroundColor).slice(0, 3);
    const opacity = (each) => each === section ? 1 : getComputedStyle(each).opacity * opacity(each.parentElement);
    const contrast = (each) => {
        const solid = opacity(each);
        const ink = channels(getComputedStyle(each).color).slice(0, 3)
            .map((each, at) => each * solid + paper[at] * (1 - solid));
        const [low, high] = [light(ink), light(paper)].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    };
    return Math.min(...[...section.querySelectorAll("*")].filter((each) => each.innerText).map(contrast));
}"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The tour, with all its cells run."""
    notebooks, settings = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("settings")
    shutil.copy(ROOT / "notebooks" / "authoring" / "tour.ipynb", notebooks)
    with chromium() as browser, lab(notebooks, settings) as running:
        opened = running.open(browser, "tour.ipynb")
        command(opened, "notebook:run-all-cells")
        opened.get_by_text("What became of the finding: 2 rows").wait_for(timeout=RUN_LIMIT_MS)
        yield opened


def test_every_display_object_is_shown(page: Page) -> None:
    shown = [each.get_attribute("aria-label") for each in page.locator("section.alloynb").all()]

    assert shown[:5] == ["Intent records", "Formation brief", "What the run meant", "Drift", "Drift"]


def test_the_verdict_can_be_read(page: Page) -> None:
    run = page.get_by_role("region", name="What the run meant")

    assert "The capability holds, nothing drifted" in run.inner_text()
    assert run.get_by_role("table", name="Satisfaction").get_by_role("rowheader").count() == 1


def test_drift_is_shown_with_file_and_line_and_then_resolved(page: Page) -> None:
    planted, resolved = page.get_by_role("region", name="Drift").all()

    assert "checkout/payment.py:3" in planted.inner_text()
    assert "1 drift finding" in planted.inner_text()
    assert "No drift, 1 resolved" in resolved.inner_text()


def test_no_cell_failed(page: Page) -> None:
    assert page.locator('[data-mime-type="application/vnd.jupyter.stderr"], .jp-mod-error').count() == 0


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_everything_is_readable_in_both_themes(page: Page, theme: str) -> None:
    command(page, "apputils:change-theme", {"theme": theme})
    page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=theme)

    for section in page.locator("section.alloynb").all():
        assert section.evaluate(CONTRAST) >= LEAST_CONTRAST

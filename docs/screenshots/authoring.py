"""Pictures of the widgets with which intent is written, from the authoring notebooks as they are."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.journeys.browser.lab import Lab, command, lab

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
THEMES = (("JupyterLab Light", "light"), ("JupyterLab Dark", "dark"))
WIDE, NARROW, TALLEST = 1180, 620, 1240
RUN_LIMIT_MS = 120_000


def write_record(form: Locator) -> None:
    """Leave a record half changed, so that a question stands beside a field."""
    form.get_by_label("capability").fill("Use clean architecture for payments.")
    form.get_by_label("paths 2").or_(form.get_by_label("paths 1")).first.fill("checkout/**")
    form.get_by_text("names a means").wait_for()
    form.page.evaluate("() => document.activeElement.blur()")


def decide_some(reviewer: Locator) -> None:
    """Accept two hypotheses, reject one, and look at the next."""
    keyboard = reviewer.page.keyboard
    reviewer.get_by_role("listbox").focus()
    for key in ("a", "a", "r"):
        keyboard.press(key)
    keyboard.type("it only happens to be so today")
    keyboard.press("Enter")
    reviewer.get_by_text("3 of").first.wait_for()


def answer_two(interview: Locator) -> None:
    """Answer two questions of a failure that somebody remembers."""
    for said in (
        "In March the import ran twice after a restart, and 412 customers were charged twice.",
        "The charge was sent before `checkout/payment.py` wrote down that it had been sent.",
    ):
        asked = interview.locator(".alloy-question").inner_text()
        interview.locator("textarea[data-focus=answer]").fill(said)
        interview.page.keyboard.press("Enter")
        interview.page.wait_for_function(
            "asked => document.querySelector('.alloy-question')?.innerText !== asked", arg=asked
        )


def want_to_approve(preview: Locator) -> None:
    """Open the approval."""
    preview.get_by_role("button", name="Approve …").click()
    preview.get_by_text("Approve as").wait_for()


SIGHTS: tuple[tuple[str, str, str, str, Callable[[Locator], None]], ...] = (
    ("form", "author_intent", "form", "Intent form", write_record),
    ("review", "discover_and_review", "review", "Hypothesis reviewer", decide_some),
    ("interview", "interview", "interview", "Interview", answer_two),
    ("brief", "compile_and_approve", "preview", "Brief preview", want_to_approve),
)
"""Picture, notebook, cell up to which it is run, widget, and what somebody does with it."""


def picture_authoring(browser: Browser) -> None:
    """Photograph each widget in both themes, the reviewer in a narrow window too, and the launcher."""
    with _running() as running:
        for picture, notebook, cell, name, act in SIGHTS:
            page = running.open(browser, f"{notebook}.ipynb")
            page.set_viewport_size({"width": WIDE, "height": 2600})
            command(page, "application:toggle-left-area")
            _run_to(page, cell)
            widget = page.get_by_role("region", name=name, exact=True)
            widget.wait_for(timeout=RUN_LIMIT_MS)
            act(widget)
            for theme, short in THEMES:
                _photograph(page, widget, theme, f"{picture}-{short}")
            if picture == "review":
                page.set_viewport_size({"width": NARROW, "height": 1600})
                _photograph(page, widget, "JupyterLab Light", f"{picture}-narrow")
            page.close()
        page = running.open(browser, "author_intent.ipynb")
        page.set_viewport_size({"width": 900, "height": 700})
        command(page, "application:toggle-left-area")
        command(page, "launcher:create")
        cards = page.locator(".jp-Launcher-section", has_text="Alloy").last
        cards.wait_for()
        cards.screenshot(path=HERE / "launcher.png")


def _photograph(page: Page, widget: Locator, theme: str, name: str) -> None:
    command(page, "apputils:change-theme", {"theme": theme})
    page.wait_for_timeout(900)
    widget.scroll_into_view_if_needed()
    box = widget.bounding_box()
    assert box is not None
    page.screenshot(path=HERE / f"{name}.png", clip={**box, "height": min(box["height"], TALLEST)})


def _run_to(page: Page, cell: str) -> None:
    """Run all cells up to the one of this id; those behind would act by themselves."""
    page.evaluate(
        """async cell => {
            const { content, context } = window.jupyterapp.shell.currentWidget;
            const cells = Array.from(content.model.cells);
            content.activeCellIndex = cells.findIndex(each => each.id === cell);
            await window.jupyterapp.commands.execute("notebook:run-all-above");
            await window.jupyterapp.commands.execute("notebook:run-cell");
        }""",
        cell,
    )


@contextmanager
def _running() -> Iterator[Lab]:
    with tempfile.TemporaryDirectory() as folder:
        notebooks, settings = Path(folder) / "notebooks", Path(folder) / "settings"
        shutil.copytree(ROOT / "notebooks" / "authoring", notebooks)
        launcher = settings / "data" / "labextensions" / "@alloy-foundry" / "launcher"
        shutil.copytree(ROOT / "alloynb" / "faces" / "lab", launcher)
        os.environ["ALLOY_PRINCIPAL"] = "ada"
        with lab(notebooks, settings) as running:
            yield running

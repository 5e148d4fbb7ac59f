"""What an audit for people who use a keyboard, a screen reader or little contrast says of the widgets on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

from tests.journeys.browser.lab import command

if TYPE_CHECKING:
    from playwright.sync_api import Page

THEMES = ("JupyterLab Light", "JupyterLab Dark")
LEAST_PASSED = 10


def show_in(page: Page, theme: str) -> None:
    """Show the page in a theme, and wait until it does."""
    command(page, "apputils:change-theme", {"theme": theme})
    page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=theme)


def serious_findings(page: Page) -> list[str]:
    """Rule and place of whatever is serious or critical in any of our widgets.

    Raises:
        AssertionError: the audit hardly looked at anything.
    """
    found = Axe().run(page, context={"include": ["section.alloy"]}).response
    assert len(found["passes"]) > LEAST_PASSED, "the audit looked at something"
    return [
        f"{each['id']}: {node['html'][:200]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]

"""Pictures of launching, watching, reading and answering: one notebook on a shop with a sample history."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.journeys.browser.lab import command, lab

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HERE = Path(__file__).resolve().parent
LIMIT_MS = 90_000
CELLS = (
    """
from pathlib import Path
from alloynb.application.workspace import open_workspace
from alloynb.faces.widgets import ContradictionBoard, DriftBoard, LaunchPanel
from alloynb.faces.widgets import RelationGraph, SatisfactionBoard, TraceTimeline

workspace = open_workspace(Path("shop"))
LaunchPanel(workspace)
""",
    """
from alloynb.application.follow_run import read_trace

failed = workspace.warehouse.query(
    "SELECT run_id FROM runs WHERE status = 'completed_with_findings' ORDER BY started_at DESC LIMIT 1"
)
TraceTimeline(read_trace(workspace, failed.rows[0][0]))
""",
    "SatisfactionBoard(workspace)",
    "DriftBoard(workspace)",
    "ContradictionBoard(workspace)",
    "RelationGraph(workspace, focus='fast-checkout')",
)
BOARDS = (
    ("launch", "Launch and watch"),
    ("timeline", "Timeline of a run"),
    ("satisfaction", "Satisfaction of capabilities by runs"),
    ("drift", "Drift findings"),
    ("contradictions", "Contradictions"),
    ("relations", "Relations of records"),
)
SLEEPS = "import time; time.sleep(8)"


def picture_boards(browser: Browser) -> None:
    """Photograph each board in both themes, and the findings as a telephone shows them."""
    with tempfile.TemporaryDirectory() as folder:
        root, settings = Path(folder) / "desk", Path(folder) / "settings"
        root.mkdir()
        settings.mkdir()
        _lay_shop(root)
        with lab(root, settings) as running:
            page = running.open(browser, "boards.ipynb")
            page.set_viewport_size({"width": 1180, "height": 1300})
            command(page, "application:toggle-left-area")
            command(page, "notebook:run-all-cells")
            page.locator('section.alloy[aria-label="Relations of records"]').wait_for(timeout=LIMIT_MS)
            _launch(page)
            _answer(page)
            _ask(page, root / "shop")
            for theme, name in (("JupyterLab Light", "light"), ("JupyterLab Dark", "dark")):
                command(page, "apputils:change-theme", {"theme": theme})
                page.wait_for_timeout(1200)
                for board, label in BOARDS:
                    section = page.locator(f'section.alloy[aria-label="{label}"]')
                    section.scroll_into_view_if_needed()
                    section.screenshot(path=HERE / f"{board}-{name}.png")
            page.set_viewport_size({"width": 480, "height": 1500})
            page.wait_for_timeout(800)
            section = page.locator('section.alloy[aria-label="Drift findings"]')
            section.scroll_into_view_if_needed()
            section.screenshot(path=HERE / "drift-narrow.png")


def _launch(page: Page) -> None:
    """Launch a run, and wait until it is in the middle."""
    panel = page.locator('section.alloy[aria-label="Launch and watch"]')
    panel.get_by_role("button", name="Launch", exact=True).click()
    panel.get_by_role("treeitem", name="gate tests, running").wait_for(timeout=LIMIT_MS)
    page.wait_for_timeout(1500)
    page.mouse.move(0, 0)
    panel.screenshot(path=HERE / "watch-light.png")
    panel.get_by_role("table", name="What it meant for each record").wait_for(timeout=LIMIT_MS)


def _answer(page: Page) -> None:
    """Begin to answer a finding, and walk to a problem."""
    board = page.locator('section.alloy[aria-label="Drift findings"]')
    board.get_by_role("option", name="checkout/payment.py").click()
    board.get_by_role("listbox").focus()
    page.keyboard.press("x")
    page.keyboard.type("until the new vendor is in")
    tree = page.locator('section.alloy[aria-label="Timeline of a run"]').get_by_role("tree")
    tree.focus()
    page.keyboard.press("n")
    page.mouse.move(0, 0)


def _ask(page: Page, shop: Path) -> None:
    """Accept what cannot be meant together, and begin to say why it can."""
    from alloynb.application.decide_intent import DecideIntent, DraftIntent, decide_intent, draft_intent
    from alloynb.application.sample_records import EXPLAIN
    from alloynb.application.workspace import open_workspace

    workspace = open_workspace(shop)
    fields = {
        **EXPLAIN,
        "title": "Customers are forgotten when they ask for it",
        "strategy": "What names a customer is deleted within a month.",
        "sources": [{"source_type": "human", "ref": "a sample"}],
        "relationships": [{"type": "conflicts_with", "target": "shop.intent.explain-charges"}],
    }
    draft_intent(workspace, DraftIntent("forget-customers", fields, "to ask a question"))
    for slug in ("fast-checkout", "forget-customers"):
        decide_intent(workspace, DecideIntent(slug, "accepted", "we were asked for it"))
    board = page.locator('section.alloy[aria-label="Contradictions"]')
    board.get_by_role("button", name="Ask again").click()
    row = board.locator(".alloy-board-row", has_text="forget-customers")
    row.click(timeout=LIMIT_MS)
    board.get_by_role("heading", name="Customers are forgotten").wait_for()
    board.get_by_role("listbox").focus()
    page.keyboard.press("p")
    page.keyboard.type("invoices are kept for ten years, whoever asks")
    page.mouse.move(0, 0)


def _lay_shop(root: Path) -> None:
    from alloynb.application.decide_intent import DraftIntent, draft_intent
    from alloynb.application.look_for_drift import LookForDrift, look_for_drift
    from alloynb.application.sample_history import create_sample_history
    from alloynb.application.sample_records import BOUNDARY
    from alloynb.application.sample_repository import commit

    workspace = create_sample_history(root / "shop")
    for slug, title, strategy, links in (
        (
            "fake-vendor",
            "Tests can hand in a vendor",
            "A vendor is an argument, never an import.",
            [("supports", "vendor-boundary")],
        ),
        (
            "fast-checkout",
            "Checkout answers within a second",
            "A price is kept beside the basket, and forgotten with it.",
            [("depends_on", "fake-vendor"), ("conflicts_with", "explain-charges")],
        ),
    ):
        fields = {
            **BOUNDARY,
            "title": title,
            "strategy": strategy,
            "severity": "medium",
            "sources": [{"source_type": "human", "ref": "a sample"}],
            "relationships": [{"type": kind, "target": f"shop.intent.{other}"} for kind, other in links],
        }
        draft_intent(workspace, DraftIntent(slug, fields, "to draw a map"))
    gates = {"gates": [{"name": "tests", "command": [sys.executable, "-c", SLEEPS]}]}
    (workspace.root / ".hone-gates.json").write_text(json.dumps(gates), encoding="utf-8")
    commit(workspace.root, "Say what we rely on")
    payment = workspace.root / "checkout" / "payment.py"
    payment.write_text(
        f"from acme.client import Acme\n{payment.read_text(encoding='utf-8')}", encoding="utf-8"
    )
    look_for_drift(workspace, LookForDrift())
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [
        {
            "cell_type": "code", "id": f"cell-{at}", "metadata": {}, "source": source.strip(), "outputs": [],
            "execution_count": None,
        }
        for at, source in enumerate(CELLS)
    ]  # fmt: skip
    whole = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (root / "boards.ipynb").write_text(json.dumps(whole), encoding="utf-8")

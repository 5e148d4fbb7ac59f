"""An engineer launches, watches, walks and answers in JupyterLab; after a restart of the kernel all of it is there."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from alloynb.application.decide_intent import DecideIntent, DraftIntent, decide_intent, draft_intent
from alloynb.application.follow_run import read_trace
from alloynb.application.look_for_drift import LookForDrift, look_for_drift
from alloynb.application.sample_history import create_sample_history
from alloynb.application.sample_records import EXPLAIN
from alloynb.application.sample_repository import commit
from alloynb.application.workspace import Workspace
from alloynb.intent.answer import AnswerStore
from tests.journeys.browser.audit import THEMES, serious_findings, show_in
from tests.journeys.browser.lab import chromium, command, lab
from tests.journeys.browser.test_tour_in_jupyterlab import CONTRAST, LEAST_CONTRAST

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
LIMIT_MS = 60_000
CELLS = (
    """
from pathlib import Path
from alloynb.application.follow_run import read_trace
from alloynb.application.workspace import open_workspace
from alloynb.faces.widgets import ContradictionBoard, DriftBoard, LaunchPanel
from alloynb.faces.widgets import RelationGraph, SatisfactionBoard, TraceTimeline

workspace = open_workspace(Path("shop"))
panel = LaunchPanel(workspace)
panel
""",
    "board = DriftBoard(workspace)\nboard",
    """
failed = workspace.warehouse.query(
    "SELECT run_id FROM runs WHERE status = 'completed_with_findings' ORDER BY started_at LIMIT 1"
)
TraceTimeline(read_trace(workspace, failed.rows[0][0]))
""",
    "SatisfactionBoard(workspace)",
    "ContradictionBoard(workspace)",
    "RelationGraph(workspace, focus='vendor-boundary')",
)
SLEEPS = "import pathlib, sys, time; time.sleep(60 if pathlib.Path(sys.argv[1]).exists() else 0)"


class Desk:
    """A notebook in JupyterLab, the shop that it is about, and what the page asked of any network."""

    def __init__(self, page: Page, workspace: Workspace, slow: Path) -> None:
        self.page, self.workspace, self.slow = page, workspace, slow
        self.asked: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))

    def board(self, name: str) -> Locator:
        """A widget by its accessible name."""
        return self.page.locator(f'section.alloy[aria-label="{name}"]')

    def run_all(self) -> None:
        """Run every cell and wait for the last widget."""
        command(self.page, "notebook:run-all-cells")
        self.board("Relations of records").wait_for(timeout=LIMIT_MS)

    def restart(self) -> None:
        """Restart the kernel as its menu does, and run everything again."""
        self.page.evaluate(
            "async () => await window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.restart()"
        )
        self.run_all()

    def results(self) -> list[str]:
        """Status of every delivered result."""
        mailbox = self.workspace.mailbox
        return [each.content.status for asked in mailbox.requests() for each in mailbox.results(asked.id)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    root, settings = tmp_path_factory.mktemp("desk"), tmp_path_factory.mktemp("settings")
    workspace = create_sample_history(root / "shop")
    slow = root / "slow"
    gates = [{"name": "tests", "command": [sys.executable, "-c", SLEEPS, str(slow)]}]
    (workspace.root / ".hone-gates.json").write_text(json.dumps({"gates": gates}))
    commit(workspace.root, "Let the tests wait when somebody wants them to")
    payment = workspace.root / "checkout" / "payment.py"
    payment.write_text(f"from acme.client import Acme\n{payment.read_text()}")
    look_for_drift(workspace, LookForDrift())
    (root / "desk.ipynb").write_text(json.dumps(notebook(CELLS)))
    with chromium() as browser, lab(root, settings) as running:
        page = running.open(browser, "desk.ipynb")
        found = Desk(page, workspace, slow)
        found.run_all()
        yield found


def notebook(cells: tuple[str, ...]) -> dict[str, Any]:
    """A notebook of code cells."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    whole = [
        {
            "cell_type": "code", "id": f"cell-{at}", "metadata": {}, "source": source.strip(), "outputs": [],
            "execution_count": None,
        }
        for at, source in enumerate(cells)
    ]  # fmt: skip
    return {"cells": whole, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def declare_conflict(workspace: Workspace) -> None:
    """Accept a record of which its author says that it conflicts with another one."""
    fields = {
        **EXPLAIN,
        "title": "Customers are forgotten when they ask for it",
        "sources": [{"source_type": "human", "ref": "a sample"}],
        "relationships": [{"type": "conflicts_with", "target": "shop.intent.explain-charges"}],
    }
    draft_intent(workspace, DraftIntent("forget-customers", fields, "the law asks for it"))
    decide_intent(workspace, DecideIntent("forget-customers", "accepted", "the law asks for it"))


def test_a_dry_run_is_previewed_and_launched_and_its_tree_fills(desk: Desk) -> None:
    panel = desk.board("Launch and watch")
    assert panel.get_by_role("radio", name="Dry run").is_checked()

    panel.get_by_role("button", name="Preview").click()
    panel.get_by_text("Protects 3").wait_for(timeout=LIMIT_MS)
    panel.get_by_role("button", name="Launch", exact=True).click()

    panel.get_by_role("treeitem", name="gate tests, passed").wait_for(timeout=LIMIT_MS)
    panel.get_by_role("table", name="What it meant for each record").wait_for(timeout=LIMIT_MS)
    assert "1 drift finding" in panel.locator(".alloy-verdict").inner_text(), (
        "what stands in the working tree"
    )
    assert desk.results() == ["completed"]


def test_a_finding_is_answered_by_keys_and_the_answer_is_a_file(desk: Desk) -> None:
    board = desk.board("Drift findings")
    row = board.get_by_role("option", name="checkout/payment.py")
    row.click()
    board.get_by_role("listbox").focus()
    desk.page.keyboard.press("x")
    desk.page.keyboard.type("until the new vendor is in")
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.type("90d")
    desk.page.keyboard.press("Enter")
    board.get_by_text("Written: .alloy/exceptions/").wait_for(timeout=LIMIT_MS)

    files = (desk.workspace.alloy_dir / "exceptions").glob("*.yaml")
    assert any("until the new vendor is in" in each.read_text() for each in files)
    assert row.count() == 0, "it is open no longer"


def test_keys_of_the_notebook_do_nothing_while_a_board_has_the_focus(desk: Desk) -> None:
    cells = desk.page.locator(".jp-Cell").count()
    for widget in (
        desk.board("Timeline of a run").get_by_role("tree"),
        desk.board("Drift findings").get_by_role("button", name="Look again"),
    ):
        widget.focus()
        for key in "ddbba":
            desk.page.keyboard.press(key)
    assert desk.page.locator(".jp-Cell").count() == cells


def test_a_time_line_is_walked_by_keys_from_problem_to_problem(desk: Desk) -> None:
    timeline = desk.board("Timeline of a run")
    tree = timeline.get_by_role("tree")
    tree.focus()
    desk.page.keyboard.press("Home")
    desk.page.keyboard.press("ArrowDown")
    desk.page.keyboard.press("n")

    current = tree.locator('[aria-selected="true"]')
    assert "gate tests, failed" in (current.get_attribute("aria-label") or "")
    assert tree.get_attribute("aria-activedescendant") == current.get_attribute("id")
    detail = timeline.get_by_role("region", name="The current step")
    assert "failed" in detail.inner_text()
    desk.page.keyboard.press("ArrowLeft")
    assert "block run_preflight" in (current.get_attribute("aria-label") or "")
    desk.page.keyboard.press("ArrowLeft")
    assert current.get_attribute("aria-expanded") == "false"
    desk.page.keyboard.press("ArrowRight")


def test_a_board_of_verdicts_is_walked_by_arrow_keys(desk: Desk) -> None:
    board = desk.board("Satisfaction of capabilities by runs")
    board.locator('[data-cell][tabindex="0"]').focus()
    desk.page.keyboard.press("Home")
    desk.page.keyboard.press("End")
    assert "/" in (board.locator("[data-cell]:focus").get_attribute("data-cell") or "")
    assert board.get_by_role("region", name="The current verdict").inner_text()


def test_a_contradiction_is_asked_and_preserved_by_keys_and_the_answer_is_a_file_that_ends(
    desk: Desk,
) -> None:
    board = desk.board("Contradictions")
    board.get_by_text("No contradiction waits for an answer").wait_for(timeout=LIMIT_MS)
    declare_conflict(desk.workspace)
    board.get_by_role("button", name="Ask again").focus()
    desk.page.keyboard.press("Enter")
    question = board.locator(".alloy-board-row", has_text="forget-customers")
    question.wait_for(timeout=LIMIT_MS)
    assert "1 question that only a human can decide" in board.locator(".alloy-verdict").inner_text()

    board.get_by_role("listbox").focus()
    desk.page.keyboard.press("p")
    desk.page.keyboard.type("the law lets us keep invoices")
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.type("180d")
    desk.page.keyboard.press("Enter")
    board.get_by_text("Written: .alloy/").wait_for(timeout=LIMIT_MS)

    store = AnswerStore(desk.workspace.alloy_dir)
    (answer,) = store.load_all()
    assert (answer.answer, answer.why) == ("preserve", "the law lets us keep invoices")
    assert (answer.until - answer.granted_at).days in (179, 180)
    assert board.get_by_text(f"{answer.id}.yaml").count() == 1, "the file is named"
    assert question.count() == 0, "it is open no longer"
    board.get_by_label("State").select_option("answered")
    question.wait_for(timeout=LIMIT_MS)


@pytest.mark.parametrize("theme", THEMES)
def test_an_audit_finds_nothing_serious_in_any_board(desk: Desk, theme: str) -> None:
    show_in(desk.page, theme)

    assert not serious_findings(desk.page)


@pytest.mark.parametrize("theme", THEMES)
def test_every_board_is_readable_in_both_themes_and_nothing_is_cut_off(desk: Desk, theme: str) -> None:
    show_in(desk.page, theme)
    for section in desk.page.locator("section.alloy").all():
        assert section.evaluate(CONTRAST) >= LEAST_CONTRAST
        assert section.evaluate("each => each.scrollWidth <= each.clientWidth + 1")


def test_a_run_is_found_again_after_a_restart_and_cancelled(desk: Desk) -> None:
    desk.slow.touch()
    panel = desk.board("Launch and watch")
    panel.get_by_text("What to run").click()
    panel.get_by_label("Run it again although").check()
    panel.get_by_placeholder("Reason").fill("to see how it is cancelled")
    panel.get_by_role("button", name="Launch", exact=True).click()
    panel.get_by_role("treeitem", name="gate tests, running").wait_for(timeout=LIMIT_MS)

    desk.restart()

    panel.get_by_text("Found again").wait_for(timeout=LIMIT_MS)
    panel.get_by_role("treeitem", name="gate tests, running").wait_for(timeout=LIMIT_MS)
    panel.get_by_role("button", name="Cancel the run").click()
    panel.get_by_text("The run was cancelled").first.wait_for(timeout=LIMIT_MS)
    assert desk.results()[-1] == "cancelled"
    assert read_trace(desk.workspace).root.status == "cancelled"
    board = desk.board("Drift findings")
    board.get_by_label("State").select_option("allowed")
    board.get_by_role("option", name="checkout/payment.py").wait_for(timeout=LIMIT_MS)


def test_nothing_was_asked_of_any_network(desk: Desk) -> None:
    away = [
        url
        for url in desk.asked
        if not url.startswith(("http://127.0.0.1", "data:", "blob:", "ws://127.0.0.1"))
    ]
    assert desk.asked
    assert not away

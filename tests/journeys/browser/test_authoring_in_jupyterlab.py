"""An engineer writes, is asked, reviews, compiles and approves in JupyterLab, and finds all of it after a restart.

One server, one browser and one notebook for all of it; nothing but this machine can be reached.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from alloynb.application.discover_intent import DiscoverIntent, discover_intent
from alloynb.application.grown_sample import govern_sample
from alloynb.application.review_hypotheses import open_hypotheses
from alloynb.application.revise_intent import ReviseIntent, open_intent, revise_intent
from alloynb.application.workspace import Workspace
from runtime_artifacts.approval import APPROVAL
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from tests.journeys.browser.audit import THEMES, serious_findings, show_in
from tests.journeys.browser.lab import chromium, command, kernel_ready, lab
from tests.journeys.documentation import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
PATIENCE_MS = 60_000
SOON_MS = 20_000
CELLS = """
from pathlib import Path
from alloynb.application.workspace import open_workspace
from alloynb.faces.widgets import BriefPreview, HypothesisReviewer, IntentForm, Interview, RecordsTable
workspace = open_workspace(Path("{root}"))
#
form = IntentForm(workspace)
form
#
interview = Interview(workspace)
interview
#
reviewer = HypothesisReviewer(workspace)
reviewer
#
preview = BriefPreview(workspace)
preview
"""


@dataclass
class Desk:
    """The page, and the repository that it works on."""

    page: Page
    workspace: Workspace

    def widget(self, name: str) -> Locator:
        return self.page.get_by_role("region", name=name, exact=True)

    def said(self, name: str, text: str) -> None:
        self.widget(name).get_by_role("status").filter(has_text=text).wait_for(timeout=SOON_MS)

    def run_all(self) -> None:
        command(self.page, "notebook:run-all-cells")
        self.page.wait_for_function(
            "() => document.querySelectorAll('section.alloy').length >= 4", timeout=PATIENCE_MS
        )

    def record(self, slug: str) -> Any:
        return self.workspace.intent.get(f"shop.intent.{slug}").model


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A governed shop with hypotheses, and a notebook whose cells have been run."""
    notebooks, settings = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("settings")
    workspace = govern_sample(tmp_path_factory.mktemp("work") / "shop", grown=True)
    discover_intent(workspace, DiscoverIntent())
    cells = [
        nbformat.v4.new_code_cell(each.strip()) for each in CELLS.format(root=workspace.root).split("\n#\n")
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(
        nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), notebooks / "work.ipynb"
    )
    launcher = settings / "data" / "labextensions" / "@alloy-foundry" / "launcher"
    shutil.copytree(ROOT / "alloynb" / "faces" / "lab", launcher)
    shutil.copytree(ROOT / "notebooks" / "authoring", launcher / "static" / "notebooks", dirs_exist_ok=True)
    before = os.environ.get("XDG_CONFIG_HOME")
    os.environ["XDG_CONFIG_HOME"] = str(settings / "home")
    try:
        with chromium() as browser, lab(notebooks, settings) as running:
            page = running.open(browser, "work.ipynb")
            page.set_default_timeout(SOON_MS)
            found = Desk(page, workspace)
            found.run_all()
            yield found
    finally:
        if before is None:
            del os.environ["XDG_CONFIG_HOME"]
        else:
            os.environ["XDG_CONFIG_HOME"] = before


def test_a_record_is_written_with_the_form_and_found_on_disk(desk: Desk) -> None:
    form = desk.widget("Intent form")
    for label, text in {
        "title": "Customers pay the right total",
        "capability": "Be good at totals.",
        "threat": "A total is computed in a second place, or with floats.",
        "expectation": "Discounts and currencies come next year.",
        "strategy": "`checkout/basket.py` alone adds up, in whole cents.",
        "tradeoff": "Prices are turned into cents at every edge.",
    }.items():
        form.get_by_label(label, exact=False).first.fill(text)
    form.get_by_text("names nothing that could go wrong here").or_(
        form.get_by_text("What would violate this?")
    ).first.wait_for()
    form.get_by_label("capability").fill(
        "What a customer sees in `checkout` is what is charged, to the cent."
    )
    form.get_by_label("paths 1").fill("checkout/**")
    form.get_by_text("5 files: checkout/__init__.py").wait_for()
    form.get_by_role("button", name="Add evidence: human review").click()
    form.get_by_role("textbox", name="description").fill("The totals of a month are added up again.")
    form.get_by_role("textbox", name="question").fill(
        "Do the totals of `checkout` agree with the bank, to the cent?"
    )
    form.get_by_role("textbox", name="role").fill("accountant")
    form.get_by_label("expires days").fill("90")
    form.get_by_label("Why", exact=True).fill("agreed with the product team")

    form.get_by_role("button", name="Accept", exact=True).click()
    desk.said("Intent form", "is accepted")

    record = desk.record("customers-pay-the-right-total")
    assert (record.status, record.scope.paths, record.evidence[0].kind) == (
        "accepted",
        ("checkout/**",),
        "human_review",
    )
    assert "charged, to the cent" in (desk.workspace.alloy_dir / "intent" / f"{record.slug}.yaml").read_text(
        "utf-8"
    )


def test_a_fault_is_told_beside_its_field_and_found_by_a_screen_reader(desk: Desk) -> None:
    form = desk.widget("Intent form")
    form.get_by_label("expires days").fill("0")

    form.get_by_text("should be greater than 0").wait_for()

    field = form.get_by_label("expires days")
    assert field.get_attribute("aria-invalid") == "true"
    told = desk.page.locator(f"#{field.get_attribute('aria-describedby').split()[-1]}").inner_text()  # type: ignore[union-attr]
    assert "greater than 0" in told
    field.fill("90")
    form.get_by_text("should be greater than 0").wait_for(state="detached")


def test_keys_of_the_notebook_do_nothing_while_a_widget_has_the_focus(desk: Desk) -> None:
    cells = desk.page.locator(".jp-Notebook-cell").count()
    desk.widget("Intent form").get_by_role("button", name="Add evidence: metric").focus()

    for key in ("d", "d", "b", "a", "x", "Shift+M"):
        desk.page.keyboard.press(key)

    assert desk.page.locator(".jp-Notebook-cell").count() == cells


def test_a_notebook_that_listens_before_all_others_is_told_which_keys_are_ours(desk: Desk) -> None:
    """Notebook 7 hears keys first, and minds an attribute of the focused element alone."""
    pressed = desk.widget("Intent form").get_by_role("button", name="Add evidence: metric")
    pressed.focus()

    seen = {}
    for key in ("d", "Escape"):
        desk.page.keyboard.press(key)
        seen[key] = pressed.get_attribute("data-lm-suppress-shortcuts") is not None
        pressed.focus()

    assert seen == {"d": True, "Escape": False}


def test_an_interview_is_held_with_the_keyboard_and_saved(desk: Desk) -> None:
    interview, keyboard = desk.widget("Interview"), desk.page.keyboard
    interview.get_by_role("button", name="scar tissue").click()
    for said in (
        "In March the import ran twice after a restart, and 412 customers were charged twice.",
        "The charge was sent before `checkout/payment.py` wrote down that it had been sent.",
    ):
        asked = interview.locator(".alloy-question").inner_text()
        interview.locator("textarea[data-focus=answer]").focus()
        keyboard.type(said)
        keyboard.press("Enter")
        desk.page.wait_for_function(
            "asked => document.querySelector('.alloy-question')?.innerText !== asked", arg=asked
        )
    assert "412 customers" in interview.get_by_role("complementary").inner_text()


def test_hypotheses_are_accepted_edited_and_rejected_with_the_keyboard_alone(desk: Desk) -> None:
    reviewer, keyboard = desk.widget("Hypothesis reviewer"), desk.page.keyboard
    waiting = open_hypotheses(desk.workspace)
    reviewer.get_by_role("listbox").focus()

    keyboard.press("a")
    desk.said("Hypothesis reviewer", "will be accepted")
    keyboard.press("e")
    reviewer.get_by_role("heading", name="Edit what it would say").wait_for()
    keyboard.press("Control+A")
    keyboard.type("The warehouse does not know the web")
    reviewer.get_by_role("button", name="Keep the edit").focus()
    keyboard.press("Enter")
    desk.said("Hypothesis reviewer", "edited; a accepts it")
    keyboard.press("a")
    keyboard.press("j")
    keyboard.press("r")
    keyboard.type("it only happens to be so")
    keyboard.press("Enter")
    desk.said("Hypothesis reviewer", "will be rejected")
    keyboard.press("u")
    desk.said("Hypothesis reviewer", "taken back")
    keyboard.press("r")
    keyboard.press("Enter")
    desk.said("Hypothesis reviewer", "will be rejected")
    assert len(open_hypotheses(desk.workspace)) == len(waiting), "nothing is written before `w`"
    keyboard.press("w")
    desk.said("Hypothesis reviewer", "Written: 2 accepted, 1 rejected")

    titles = {each.title for each in desk.workspace.intent.load_all() if each.status == "accepted"}
    assert "The warehouse does not know the web" in titles
    assert len(open_hypotheses(desk.workspace)) == len(waiting) - 3


def test_a_brief_is_compiled_and_approved_with_a_key_that_is_made_here(desk: Desk) -> None:
    preview = desk.widget("Brief preview")
    preview.get_by_role("button", name="Preview", exact=True).click()
    preview.get_by_text("protects 3 capabilities").wait_for()
    digest = preview.locator("dd code").nth(1).inner_text()

    preview.get_by_role("button", name="Compile", exact=True).click()
    desk.said("Brief preview", "Compiled")
    preview.get_by_role("button", name="Approve …").click()
    preview.get_by_role("button", name="Make a key, and trust it here").click()
    preview.get_by_text("which this project trusts").wait_for()
    preview.get_by_label("Why (signed along)").fill("it protects what we agreed on")
    preview.get_by_role("button", name="Sign the approval").click()
    preview.get_by_role("table", name="Approvals").wait_for()

    assert [each.digest for each in desk.workspace.shelf.all(FORMATION_BRIEF)] == [digest]
    (approval,) = desk.workspace.shelf.all(APPROVAL)
    assert (approval.content.subject_digest, approval.content.scopes) == (digest, ("dry_run",))


@pytest.mark.parametrize("theme", THEMES)
def test_an_audit_finds_nothing_serious_in_any_widget(desk: Desk, theme: str) -> None:
    show_in(desk.page, theme)

    assert not serious_findings(desk.page)


def test_after_a_restart_everything_is_found_again(desk: Desk) -> None:
    opened = open_intent(desk.workspace, "customers-pay-the-right-total")
    fields = {**opened.fields, "tradeoff": "Every edge turns prices into cents, and back."}
    revise_intent(desk.workspace, ReviseIntent(opened.record.id, fields, opened.read_digest, "said better"))
    desk.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.restart()"
    )
    command(desk.page, "notebook:clear-all-cell-outputs")
    desk.page.wait_for_function("() => document.querySelectorAll('section.alloy').length === 0")

    desk.run_all()

    interview, preview = desk.widget("Interview"), desk.widget("Brief preview")
    interview.get_by_text("Stopped in the middle, and remembered").wait_for()
    interview.get_by_role("button", name="scar tissue").click()
    interview.get_by_text("I remember what you said").wait_for()
    interview.get_by_text("What was said: 2").wait_for()
    preview.get_by_text("1 change since").wait_for()
    assert "tradeoff" in preview.get_by_role("region", name="What changed").inner_text()
    waiting = len(open_hypotheses(desk.workspace))
    assert f"0 of {waiting} decided" in desk.widget("Hypothesis reviewer").inner_text()


def test_the_launcher_opens_a_notebook_without_a_clone(desk: Desk) -> None:
    command(desk.page, "launcher:create")
    card = desk.page.locator(".jp-LauncherCard", has_text="Author intent")
    card.wait_for()
    assert card.locator("svg").count() == 1

    card.click()
    desk.page.get_by_role("heading", name="Author intent").wait_for(timeout=PATIENCE_MS)

    path = desk.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.path")
    assert path == "alloy-notebooks/author_intent.ipynb"
    kernel_ready(desk.page)  # a server that is asked to end while a kernel starts waits for it in vain


def test_no_cell_failed_and_nothing_was_said_on_the_console(desk: Desk) -> None:
    assert desk.page.locator('[data-mime-type="application/vnd.jupyter.stderr"], .jp-mod-error').count() == 0

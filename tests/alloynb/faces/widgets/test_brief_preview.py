"""A brief is looked at before it runs; what is approved is what was shown, and nothing is signed without a key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alloynb.application.compile_intent import CompileIntent
from alloynb.application.decide_intent import DecideIntent, DraftIntent, decide_intent, draft_intent
from alloynb.application.revise_intent import ReviseIntent, open_intent, revise_intent
from alloynb.application.signing_keys import SigningKeys
from alloynb.application.workspace import Workspace
from alloynb.faces.widgets import BriefPreview
from alloynb.intent.yaml_document import read_yaml
from runtime_artifacts.approval import APPROVAL
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from tests.alloynb.faces.widgets.test_widgets import check_readable
from tests.fakes.alloy_shop import RECORDS
from tests.fakes.alloy_workspace import governed_shop

SLUG = next(iter(RECORDS))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return governed_shop(tmp_path / "shop", SLUG).workspace


@pytest.fixture
def keys(tmp_path: Path) -> SigningKeys:
    return SigningKeys(tmp_path / "keys")


def revised(workspace: Workspace, **fields: Any) -> None:
    opened = open_intent(workspace, SLUG)
    revise_intent(workspace, ReviseIntent(SLUG, {**opened.fields, **fields}, opened.read_digest, "found out"))


def test_a_preview_says_first_whether_it_is_ready_and_writes_nothing(
    workspace: Workspace, keys: SigningKeys
) -> None:
    preview = BriefPreview(workspace, keys=keys)

    assert preview.view["ready"]
    assert preview.view["verdict"].startswith("Ready for review: protects 1 capability")
    assert dict(preview.view["facts"])["digest"] == preview.value.digest
    assert "validation_requested" in dict(preview.view["facts"])["runs"]
    assert not list(workspace.shelf.all(FORMATION_BRIEF))


def test_what_would_run_names_every_role_with_its_access(workspace: Workspace, keys: SigningKeys) -> None:
    preview = BriefPreview(workspace, CompileIntent("iterate"), keys=keys)

    access = dict(preview.view["facts"])["access"]
    assert "(full)" in access
    assert "(read only)" in access
    assert preview.view["changes_code"]


def test_another_template_can_be_previewed_and_a_refusal_leaves_what_was_shown(
    workspace: Workspace, keys: SigningKeys
) -> None:
    preview = BriefPreview(workspace, keys=keys)
    shown = preview.value

    assert preview.press("preview", template="no-such", objective="")
    assert preview.value == shown
    assert preview.press("preview", template="iterate", objective="Make it right") == ""

    assert preview.value != shown
    assert dict(preview.view["facts"])["objective"] == "Make it right"


def test_compiling_lays_the_brief_down_as_it_was_shown(workspace: Workspace, keys: SigningKeys) -> None:
    preview = BriefPreview(workspace, keys=keys)
    shown = preview.value.digest

    assert preview.press("compile") == ""

    assert [each.digest for each in workspace.shelf.all(FORMATION_BRIEF)] == [shown]
    assert preview.view["state"] == "compiled"
    assert workspace.intent.get(f"shop.intent.{SLUG}").model.status == "active"


def test_what_changed_since_it_was_shown_is_not_compiled_and_not_approved(
    workspace: Workspace, keys: SigningKeys
) -> None:
    preview = BriefPreview(workspace, keys=keys)
    preview.trust()
    revised(workspace, tradeoff="Another price.")

    refused = preview.press("approve", scopes=["dry_run"], why="looks fine", days=7, bind=False)

    assert "changed since this was shown" in refused
    assert not list(workspace.shelf.all(FORMATION_BRIEF))
    assert not list(workspace.shelf.all(APPROVAL))
    assert preview.press("compile") == "", "what is shown now is what the records say now"


def test_without_a_key_the_state_is_clear_and_nothing_is_signed(
    workspace: Workspace, keys: SigningKeys
) -> None:
    preview = BriefPreview(workspace, keys=keys)

    assert preview.view["key"] == {"state": "none", "person": "ada", "told": "ada has no signing key yet"}
    assert "no signing key" in preview.press("approve", scopes=["dry_run"], why="fine", days=7, bind=False)
    assert not list(workspace.shelf.all(APPROVAL))


def test_a_key_is_made_trusted_and_signs_for_what_was_shown(workspace: Workspace, keys: SigningKeys) -> None:
    preview = BriefPreview(workspace, keys=keys)

    assert preview.press("trust") == ""
    assert preview.view["key"]["state"] == "trusted"
    assert preview.press("approve", scopes=["dry_run", "commit"], why="reviewed", days=2, bind=True) == ""

    (approval,) = workspace.shelf.all(APPROVAL)
    assert approval.content.subject_digest == preview.value.digest
    assert approval.content.scopes == ("dry_run", "commit")
    assert approval.content.revision
    (told,) = preview.view["approvals"]
    assert (told["by"], told["scopes"], told["why"]) == ("ada", ["dry_run", "commit"], "reviewed")


def test_every_scope_says_in_words_what_it_would_allow(workspace: Workspace, keys: SigningKeys) -> None:
    preview = BriefPreview(workspace, keys=keys)

    scopes: Any = preview.acts()["scopes"]({"bind": False})

    assert [each["scope"] for each in scopes][:3] == ["dry_run", "mutation", "commit"]
    assert all(each["may"] and each["told"].endswith(".") for each in scopes)
    assert any("allows no commit" in caution for caution in scopes[2]["cautions"])
    assert not list(workspace.shelf.all(APPROVAL))


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"scopes": ["everything"], "why": "x", "days": 7},
        {"scopes": ["dry_run"], "why": "x", "days": "7"},
        {"scopes": ["dry_run"], "why": "x", "days": True},
        {"scopes": ["dry_run"], "why": " ", "days": 7},
        {"scopes": [], "why": "x", "days": 7},
        {"scopes": ["dry_run"], "why": "x", "days": -1},
        {"scopes": ["dry_run"], "why": "x", "days": 10_000},
    ],
)
def test_an_approval_that_says_too_little_is_not_signed(
    workspace: Workspace, keys: SigningKeys, payload: dict[str, Any]
) -> None:
    preview = BriefPreview(workspace, keys=keys)
    preview.trust()

    assert preview.press("approve", **payload)

    assert not list(workspace.shelf.all(APPROVAL))


def test_the_difference_from_the_brief_that_was_approved_last_is_told_in_sentences(
    workspace: Workspace, keys: SigningKeys
) -> None:
    first = BriefPreview(workspace, keys=keys)
    first.trust()
    first.approve("dry_run", why="fine")
    revised(workspace, tradeoff="Another price.")

    second = BriefPreview(workspace, keys=keys)

    assert "1 change since ada approved" in second.view["verdict"]
    assert any("tradeoff" in each or "price" in each for each in second.view["differences"])


def test_a_brief_on_the_shelf_is_opened_by_the_beginning_of_its_id(
    workspace: Workspace, keys: SigningKeys
) -> None:
    preview = BriefPreview(workspace, keys=keys)
    preview.compile()

    again = BriefPreview(workspace, brief_id=preview.value.id[:14], keys=keys)

    assert again.value == preview.value
    assert again.view["state"] == "compiled"
    revised(workspace, tradeoff="Another price.")
    again.refresh()
    assert again.view["verdict"].startswith("Out of date")
    assert not again.view["ready"]


def test_a_prompt_is_shown_when_it_is_asked_for(workspace: Workspace, keys: SigningKeys) -> None:
    preview = BriefPreview(workspace, keys=keys)

    answer: Any = preview.acts()["prompt"]({"phase": "review"})

    assert answer["text"].startswith("# Review")
    assert "no prompt of the phase" in preview.press("prompt", phase="guessing")


def test_the_review_stays_where_there_are_no_widgets(workspace: Workspace, keys: SigningKeys) -> None:
    preview = BriefPreview(workspace, keys=keys)

    page = check_readable(preview.twin())

    for told in (page.said, str(preview)):
        assert preview.view["verdict"] in told
        assert preview.value.digest in told


def test_a_draft_record_is_no_part_of_a_brief(workspace: Workspace, keys: SigningKeys) -> None:
    draft_intent(workspace, DraftIntent("half", {"title": "Half said"}, "a thought", "hypothesized"))

    preview = BriefPreview(workspace, keys=keys)

    assert len(preview.view["protects"]) == 1


def test_when_nothing_can_be_compiled_that_is_the_verdict_until_something_is_accepted(
    tmp_path: Path, keys: SigningKeys
) -> None:
    workspace = governed_shop(tmp_path / "empty").workspace
    preview = BriefPreview(workspace, keys=keys)

    assert preview.view["verdict"] == "Nothing can be compiled yet"
    assert preview.value is None
    assert preview.view["title"] in check_readable(preview.twin()).said
    assert preview.press("compile")
    assert preview.press("approve", scopes=["dry_run"], why="x", days=1, bind=False)
    governed = read_yaml(RECORDS[SLUG].encode()).value
    assert isinstance(governed, dict)
    fields = {**governed, "sources": [{"source_type": "human", "ref": "ada"}]}
    draft_intent(workspace, DraftIntent(SLUG, fields, "agreed"))
    decide_intent(workspace, DecideIntent(SLUG, "accepted", "agreed"))

    assert preview.press("preview", template="", objective="") == ""

    assert preview.view["ready"]

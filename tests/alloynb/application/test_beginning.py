"""Beginning to govern a folder, finding it again, and writing the first records."""

from __future__ import annotations

from pathlib import Path

import pytest

from alloynb.application.decide_intent import (
    DecideIntent,
    DraftIntent,
    EditIntent,
    NotASlug,
    decide_intent,
    draft_intent,
    edit_intent,
)
from alloynb.application.initialize_workspace import InitializeWorkspace, initialize_workspace
from alloynb.application.read_intent import ListIntent, check_intent, governing_intent, list_intent
from alloynb.application.workspace import NoWorkspace, Workspace, find_root, open_workspace
from alloynb.errors import AlloyError
from alloynb.intent.authority import Principal
from alloynb.intent.errors import BrokenFiles, IllegalTransition, StaleEdit
from tests.fakes.alloy_shop import BOUNDARY, CART, TOTALS
from tests.fakes.alloy_workspace import ADA, Governed, governed_shop
from tests.fakes.evidence_store import TickingClock


@pytest.fixture(scope="module")
def governed(tmp_path_factory: pytest.TempPathFactory) -> Governed:
    return governed_shop(tmp_path_factory.mktemp("shop") / "shop", "vendor-boundary", "totals-are-right")


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    initialize_workspace(InitializeWorkspace(tmp_path, "shop"))
    return open_workspace(tmp_path, principal=ADA, clock=TickingClock())


def test_beginning_twice_leaves_what_was_there(tmp_path: Path) -> None:
    first = initialize_workspace(InitializeWorkspace(tmp_path, "shop", "The shop"))
    assert set(first.created) == {".alloy/project.yaml", ".alloy/.gitignore", ".alloy/intent/.gitkeep"}
    settings = tmp_path / ".alloy" / "project.yaml"
    settings.write_text(settings.read_text() + "objective: Sleep well.\n")
    again = initialize_workspace(InitializeWorkspace(tmp_path, "other"))
    assert again.created == ()
    assert open_workspace(tmp_path, principal=ADA).settings.objective == "Sleep well."


@pytest.mark.parametrize(
    "title", ['He said "no": #1', "back\\slash", "two\nlines", "é 東京 🛒", "- [x]", "'"]
)
def test_any_title_can_be_read_back(tmp_path: Path, title: str) -> None:
    initialize_workspace(InitializeWorkspace(tmp_path, "shop", title))
    assert open_workspace(tmp_path, principal=ADA).settings.title == title.replace("\n", " ")


@pytest.mark.parametrize(
    ("folder", "project"), [("The Shop", "the-shop"), ("shop_2", "shop_2"), ("..shop--", "shop")]
)
def test_a_project_is_named_after_its_folder(tmp_path: Path, folder: str, project: str) -> None:
    (tmp_path / folder).mkdir()
    assert initialize_workspace(InitializeWorkspace(tmp_path / folder)).project == project


def test_a_folder_that_gives_no_name_asks_for_one(tmp_path: Path) -> None:
    (tmp_path / "東京").mkdir()
    with pytest.raises(AlloyError, match="--project"):
        initialize_workspace(InitializeWorkspace(tmp_path / "東京"))
    assert not (tmp_path / "東京" / ".alloy").exists()


def test_a_workspace_is_found_from_below_and_not_from_beside(governed: Governed, tmp_path: Path) -> None:
    assert find_root(governed.shop.root / "shop" / "checkout") == governed.shop.root
    with pytest.raises(NoWorkspace, match="alloynb init"):
        find_root(tmp_path)


def test_who_acts_is_named_by_the_environment(empty: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOY_PRINCIPAL", "grace")
    assert open_workspace(empty.root).principal == Principal("grace")


@pytest.mark.parametrize("slug", ["", "Big", "with space", "a.b", "../up", "é", "-x"])
def test_a_name_that_cannot_be_part_of_an_id_is_refused(empty: Workspace, slug: str) -> None:
    with pytest.raises(NotASlug, match="small letters"):
        draft_intent(empty, DraftIntent(slug, {"title": "X"}, "why", "hypothesized"))
    assert [each.name for each in (empty.alloy_dir / "intent").iterdir()] == [".gitkeep"]


def test_a_draft_with_an_unknown_field_is_refused_and_not_written(empty: Workspace) -> None:
    with pytest.raises(BrokenFiles, match="capabilty"):
        draft_intent(empty, DraftIntent("x", {"title": "X", "capabilty": "c"}, "why", "hypothesized"))
    assert not (empty.alloy_dir / "intent" / "x.yaml").exists()


def test_only_a_whole_judgement_can_be_accepted(empty: Workspace) -> None:
    draft_intent(empty, DraftIntent("half", {"title": "Half", "capability": "c"}, "why", "hypothesized"))
    with pytest.raises(IllegalTransition):
        decide_intent(empty, DecideIntent("half", "accepted", "we want it"))
    assert empty.intent.get("shop.intent.half").model.status == "hypothesized"


def test_an_edit_of_what_changed_meanwhile_is_refused_with_the_difference(empty: Workspace) -> None:
    drafted = draft_intent(empty, DraftIntent("half", {"title": "Half"}, "why", "hypothesized"))
    opened = empty.intent.get(drafted.record.id)
    text = opened.file.read_bytes()
    edit_intent(empty, EditIntent("half", text.replace(b"Half", b"Whole"), opened.digest, "more"))
    with pytest.raises(StaleEdit, match="Whole"):
        edit_intent(empty, EditIntent("half", text.replace(b"Half", b"Quarter"), opened.digest, "less"))
    now = empty.intent.get(drafted.record.id)
    with pytest.raises(AlloyError, match="nothing was changed"):
        edit_intent(empty, EditIntent("half", now.file.read_bytes(), now.digest, "nothing"))


def test_records_are_listed_by_id_or_by_words(governed: Governed) -> None:
    workspace = governed.workspace
    assert [each.id for each in list_intent(workspace, ListIntent())] == [TOTALS, BOUNDARY]
    assert list_intent(workspace, ListIntent("vendor replaced"))[0].id == BOUNDARY
    assert [each.id for each in list_intent(workspace, ListIntent(severities=("high",)))] == [BOUNDARY]
    assert list_intent(workspace, ListIntent(statuses=("rejected",))) == ()


@pytest.mark.parametrize(
    ("place", "records"),
    [
        (CART, {BOUNDARY, TOTALS}),
        (f"{CART}:3", {BOUNDARY, TOTALS}),
        ("shop/payments/port.py", {TOTALS}),
        ("shop.checkout.cart", {BOUNDARY}),
        ("README.md", set()),
    ],
)
def test_what_governs_a_place_is_found_by_path_line_or_module(
    governed: Governed, place: str, records: set[str]
) -> None:
    assert {each.record.id for each in governing_intent(governed.workspace, place)} >= records
    if not records:
        assert governing_intent(governed.workspace, place) == ()


def test_a_status_that_was_written_by_hand_is_noticed(tmp_path: Path) -> None:
    governed = governed_shop(tmp_path / "shop", "vendor-boundary")
    assert check_intent(governed.workspace).disagreements == ()
    file = governed.workspace.intent.get(BOUNDARY).file
    file.write_text(file.read_text().replace("status: accepted", "status: deprecated"))
    (told,) = check_intent(governed.reopened()).disagreements
    assert told.record_id == BOUNDARY

"""Shared expectations and strategies are written once, keep their comments, and say who uses them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alloynb.application.assignments import BadAssignment, assigned
from alloynb.application.decide_intent import NotASlug, SetIntentFields, set_intent_fields
from alloynb.application.read_intent import dangling_references, tell_intent
from alloynb.application.shared_intent import (
    DraftShared,
    EditShared,
    SharedKind,
    draft_shared,
    edit_shared,
    list_shared,
    tell_shared,
)
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.intent.authority import Principal
from alloynb.intent.errors import AlreadyExists, BrokenFiles, MissingAuthority, StaleEdit, UnknownRecord
from tests.fakes.alloy_workspace import governed_shop

FIELDS: dict[SharedKind, dict[str, object]] = {
    "expectation": {"statement": "Vendors raise prices.", "time_horizon": "two years"},
    "strategy": {"name": "Ports", "definition": "A protocol that the domain owns."},
}
TEXT: dict[SharedKind, str] = {"expectation": "statement", "strategy": "definition"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return governed_shop(tmp_path / "shop", "vendor-boundary").workspace


def lean(workspace: Workspace, kind: SharedKind) -> None:
    """Let the accepted record use the shared one."""
    set_intent_fields(
        workspace, SetIntentFields("vendor-boundary", (f"{kind}_ref=shop.{kind}.one",), "say it once")
    )


@pytest.mark.parametrize("kind", ["expectation", "strategy"])
def test_one_is_written_listed_and_told_with_the_records_that_use_it(
    workspace: Workspace, kind: SharedKind
) -> None:
    drafted = draft_shared(workspace, DraftShared(kind, "one", dict(FIELDS[kind])))
    assert drafted.file.is_relative_to(workspace.alloy_dir)
    assert [each.users for each in list_shared(workspace, kind).found] == [()]
    lean(workspace, kind)
    (found,) = list_shared(workspace, kind).found
    assert [record.slug for record in found.users] == ["vendor-boundary"]
    assert tell_shared(workspace, kind, "one").statement == FIELDS[kind][TEXT[kind]]
    told = tell_intent(workspace, "vendor-boundary")
    assert (told.expectation if kind == "expectation" else told.strategy) == found.shared
    assert told.missing == ()
    with pytest.raises(AlreadyExists):
        draft_shared(workspace, DraftShared(kind, "one", dict(FIELDS[kind])))


@pytest.mark.parametrize("kind", ["expectation", "strategy"])
def test_an_edit_keeps_comments_and_refuses_what_somebody_else_wrote_since(
    workspace: Workspace, kind: SharedKind
) -> None:
    file = draft_shared(workspace, DraftShared(kind, "one", dict(FIELDS[kind]))).file
    file.write_text(f"# why: the bill of 2024\n{file.read_text()}# the end\n")
    before = tell_shared(workspace, kind, "one")
    changed = edit_shared(
        workspace, EditShared(kind, "one", None, (f"{TEXT[kind]}=Other words.", "owner=ada"))
    )
    assert changed.statement == "Other words."
    assert "# why: the bill of 2024" in file.read_text()
    assert "# the end" in file.read_text()
    content = file.read_text().replace("Other words.", "Third words.").encode()
    with pytest.raises(StaleEdit, match="Third words"):
        edit_shared(workspace, EditShared(kind, "one", content, (), before.digest))
    assert tell_shared(workspace, kind, "one").statement == "Other words."


def test_what_accepted_records_use_is_changed_only_with_the_authority_to_accept(workspace: Workspace) -> None:
    draft_shared(workspace, DraftShared("strategy", "one", dict(FIELDS["strategy"])))
    machine = replace(workspace, principal=Principal("nightly", "machine"))
    edit_shared(machine, EditShared("strategy", "one", None, ("name=Sockets",)))
    lean(workspace, "strategy")
    with pytest.raises(MissingAuthority):
        edit_shared(machine, EditShared("strategy", "one", None, ("name=Plugs",)))
    assert tell_shared(workspace, "strategy", "one").shared.model_dump()["name"] == "Sockets"


def test_what_never_changes_and_what_is_wrong_is_refused(workspace: Workspace) -> None:
    draft_shared(workspace, DraftShared("expectation", "one", dict(FIELDS["expectation"])))
    for assignment, error in (
        ("id=shop.expectation.two", AlloyError),
        ("confidence=7", BrokenFiles),
        ("statment=typo", BrokenFiles),
        ("statement=Vendors raise prices.", AlloyError),
        ("nonsense", BadAssignment),
    ):
        with pytest.raises(error):
            edit_shared(workspace, EditShared("expectation", "one", None, (assignment,)))
    with pytest.raises(NotASlug, match="two-words"):
        draft_shared(workspace, DraftShared("expectation", "Two Words", dict(FIELDS["expectation"])))
    with pytest.raises(UnknownRecord, match="near it: one"):
        tell_shared(workspace, "expectation", "on")


def test_a_reference_to_nothing_is_told_with_file_and_line(workspace: Workspace) -> None:
    lean(workspace, "strategy")
    (fault,) = dangling_references(workspace)
    assert fault.file is not None
    assert fault.line is not None
    assert fault.file.read_text().splitlines()[fault.line - 1].startswith("strategy_ref:")
    assert list_shared(workspace, "strategy").dangling != ()
    assert list_shared(workspace, "expectation").dangling == ()
    assert tell_intent(workspace, "vendor-boundary").missing == ("shop.strategy.one",)


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("a=text with = and spaces", {"a": "text with = and spaces", "n": {"x": [1, 2]}}),
        ("n.y=3", {"n": {"x": [1, 2], "y": 3}}),
        ("n.x.0=9", {"n": {"x": [9, 2]}}),
        ("n.x.+={k: v}", {"n": {"x": [1, 2, {"k": "v"}]}}),
        ("n.x.1=", {"n": {"x": [1]}}),
        ("n=", {}),
        ("new.+=[1]", {"n": {"x": [1, 2]}, "new": [[1]]}),
        ("yes=true", {"n": {"x": [1, 2]}, "yes": True}),
        ('text="007"', {"n": {"x": [1, 2]}, "text": "007"}),
    ],
)
def test_an_assignment_changes_one_field_and_not_its_origin(assignment: str, expected: object) -> None:
    origin = {"n": {"x": [1, 2]}}
    assert assigned(origin, [assignment]) == expected
    assert origin == {"n": {"x": [1, 2]}}


@pytest.mark.parametrize(
    "assignment", ["", "=x", "a..b=1", "n.x.7=1", "n.x.k=1", "s.k=1", "a=[1", "n.x.0.k=2"]
)
def test_an_assignment_that_reaches_nothing_says_what_is_wrong(assignment: str) -> None:
    with pytest.raises(BadAssignment):
        assigned({"n": {"x": [1, 2]}, "s": "text"}, [assignment])

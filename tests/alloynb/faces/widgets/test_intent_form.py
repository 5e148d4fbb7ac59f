"""The form writes what a person says, tells what is wrong beside its field, and never writes over somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from alloynb.application.decide_intent import EditIntent, edit_intent
from alloynb.application.revise_intent import merge_fields, open_intent
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.faces.widgets import IntentForm, RecordCard
from alloynb.faces.widgets.form_plan import NoControl, Plan, plan_of
from alloynb.faces.widgets.record_plan import record_plan
from alloynb.intent.errors import AlreadyExists, BrokenFiles, StaleEdit
from alloynb.intent.evidence_definition import EvidenceKind
from alloynb.intent.record import IntentRecord
from tests.alloynb.faces.widgets.test_widgets import check_readable
from tests.fakes.alloy_workspace import governed_shop

TEXTS = {
    "title": "Leave the payment vendor",
    "capability": "We change the payment vendor within a week.",
    "threat": "Somebody imports `acme` in `checkout` because it is convenient.",
    "expectation": "Acme raises its prices by 2028.",
    "strategy": "`checkout` names what it needs; `acme` is imported at the edge only.",
    "tradeoff": "One more interface, and no feature that only Acme has.",
}
IMPORTS = {
    "id": "imports",
    "kind": "import_boundary",
    "description": "No module of `checkout` imports `acme`.",
    "rule": {
        "type": "forbidden",
        "packages": ["checkout", "acme"],
        "sources": ["checkout"],
        "targets": ["acme"],
    },
}
COMPLETE = {**TEXTS, "evidence": [IMPORTS], "scope": {"paths": ["checkout/**"]}, "severity": "high"}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return governed_shop(tmp_path / "shop").workspace


def said(
    form: IntentForm, fields: dict[str, Any], *, slug: str = "leave-vendor", why: str = ""
) -> dict[str, Any]:
    """What the browser would send."""
    return {"fields": {**form.draft, **fields}, "slug": slug, "why": why}


def test_a_record_written_in_the_form_is_a_file_and_the_value_of_the_form(workspace: Workspace) -> None:
    form = IntentForm(workspace)

    assert form.press("save", **said(form, COMPLETE)) == ""

    stored = workspace.intent.get(f"{workspace.settings.project}.intent.leave-vendor").model
    assert form.value == stored
    assert (stored.status, stored.severity, stored.owner) == ("proposed", "high", "ada")
    assert [each.source_type for each in stored.sources] == ["human"]
    assert form.view["status"] == "proposed"
    assert form.view["may"] == ["save", "accept"]


def test_a_record_that_lacks_texts_is_kept_as_a_hypothesis_and_proposed_later(workspace: Workspace) -> None:
    form = IntentForm(workspace)
    form.press("save", **said(form, {"title": "Leave the vendor"}))
    assert form.status == "hypothesized"
    assert "lacks: capability" in form.press("propose", **said(form, {}))

    assert form.press("propose", **said(form, TEXTS, why="complete now")) == ""

    assert form.status == "proposed"


def test_accepting_saves_what_is_not_saved_and_needs_a_reason(workspace: Workspace) -> None:
    form = IntentForm(workspace)

    assert "a reason is missing" in form.press("accept", **said(form, COMPLETE))
    assert not form.value or form.status == "draft"
    assert form.press("accept", **said(form, COMPLETE, why="the last change took a year")) == ""

    assert form.status == "accepted"
    history = workspace.ledger.history(form.value.id).entries
    assert [(each.to_status, each.why) for each in history] == [
        ("proposed", "the last change took a year"),
        ("accepted", "the last change took a year"),
    ]


def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_written(workspace: Workspace) -> None:
    form = IntentForm(workspace)
    broken = {**IMPORTS, "rule": {**IMPORTS["rule"], "sources": ["not a module!"]}}  # type: ignore[dict-item]

    refused = form.press("save", **said(form, {**TEXTS, "evidence": [broken]}))

    places = {each["place"]: each["text"] for each in form.reading["faults"]}
    assert "not a dotted module name" in places["evidence.0.rule.sources.0"]
    assert form.value is None
    assert "not a dotted module name" in refused
    assert not workspace.intent.scan().models


def test_the_truism_check_asks_its_question_at_each_change(workspace: Workspace) -> None:
    form = IntentForm(workspace)

    form.draft = {"title": "x", "capability": "Use clean architecture everywhere."}

    asked = {each["place"]: each for each in form.reading["questions"]}
    assert "means" in asked["capability"]["text"]
    assert asked["capability"]["more"].endswith("?")
    assert {"threat", "tradeoff", "evidence", "scope"} <= set(asked)


def test_a_scope_says_how_many_files_it_covers(workspace: Workspace) -> None:
    form = IntentForm(workspace)

    form.draft = {"scope": {"paths": ["*.py", "nowhere/**"], "modules": ["shop"]}}

    notes = form.reading["notes"]
    assert " files: " in notes["scope.paths.0"]
    assert notes["scope.paths.1"] == "no file is covered"
    assert form.suggestions["paths"]
    assert all(each.endswith("/**") for each in form.suggestions["paths"])


@pytest.mark.parametrize(
    "fields", [{"scope": 3}, {"evidence": "x"}, {"scope": {"paths": [3, None]}}, {"title": ["x"]}]
)
def test_nonsense_in_the_draft_is_a_fault_and_nothing_breaks(
    workspace: Workspace, fields: dict[str, Any]
) -> None:
    form = IntentForm(workspace)

    form.draft = fields

    assert form.reading["faults"]
    assert form.value is None
    assert "text/plain" in form._repr_mimebundle_()[0]


@pytest.mark.parametrize(
    "payload", [{}, {"fields": 3, "slug": "x", "why": ""}, {"fields": {}, "slug": 3, "why": ""}]
)
def test_a_message_without_fields_changes_nothing(workspace: Workspace, payload: dict[str, Any]) -> None:
    form = IntentForm(workspace)
    before = form.draft

    assert form.press("save", **payload)

    assert form.draft == before


def accepted(workspace: Workspace, slug: str = "leave-vendor") -> IntentForm:
    form = IntentForm(workspace)
    assert form.press("accept", **said(form, COMPLETE, slug=slug, why="agreed")) == ""
    return form


def test_an_edit_of_an_accepted_record_counts_as_a_version_and_keeps_comments(workspace: Workspace) -> None:
    accepted(workspace)
    file = workspace.intent.file_of("shop.intent.leave-vendor")
    file.write_text("# why we care\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    form = IntentForm(workspace, "leave-vendor")

    assert (
        form.press("save", **said(form, {"tradeoff": "Two interfaces to keep in step."}, why="found out"))
        == ""
    )

    assert form.value.version == 2
    assert file.read_text(encoding="utf-8").startswith("# why we care\n")


def test_opening_and_saving_without_a_change_writes_nothing(workspace: Workspace) -> None:
    form = accepted(workspace)
    before = (form.value.version, workspace.intent.file_of(form.value.id).read_bytes())

    assert form.press("save", **said(form, {})) == ""

    assert (form.value.version, workspace.intent.file_of(form.value.id).read_bytes()) == before
    assert not form.reading["unsaved"]


def edited_elsewhere(workspace: Workspace, old: str, new: str) -> None:
    opened = open_intent(workspace, "leave-vendor")
    text = opened.file.read_bytes()
    assert old.encode() in text
    edit_intent(
        workspace,
        EditIntent("leave-vendor", text.replace(old.encode(), new.encode()), opened.read_digest, "x"),
    )


def test_a_record_that_somebody_else_changed_is_not_written_over_and_the_difference_is_shown(
    workspace: Workspace,
) -> None:
    form = accepted(workspace)
    edited_elsewhere(workspace, "by 2028", "by 2030")

    refused = form.press("save", **said(form, {"tradeoff": "Two interfaces to keep in step."}, why="mine"))

    assert "changed since it was read" in refused
    conflict = form.view["conflict"]
    assert "-expectation: Acme raises its prices by 2030." in conflict["difference"]
    assert (conflict["theirs"], conflict["both"]) == (["expectation"], [])
    assert "2030" in str(open_intent(workspace, "leave-vendor").record.expectation)


def test_my_edit_can_be_put_on_top_of_theirs(workspace: Workspace) -> None:
    form = accepted(workspace)
    edited_elsewhere(workspace, "by 2028", "by 2030")
    mine = said(form, {"tradeoff": "Two interfaces to keep in step."}, why="mine")
    form.press("save", **mine)

    assert form.press("merge", **mine) == ""
    assert form.press("save", **said(form, {}, why="mine")) == ""

    record = workspace.intent.get("shop.intent.leave-vendor").model
    assert (record.expectation, record.tradeoff) == (
        "Acme raises its prices by 2030.",
        "Two interfaces to keep in step.",
    )
    assert form.view["conflict"] is None


def test_their_edit_can_be_taken_instead(workspace: Workspace) -> None:
    form = accepted(workspace)
    edited_elsewhere(workspace, "by 2028", "by 2030")
    form.press("save", **said(form, {"tradeoff": "Mine."}, why="mine"))

    assert form.press("take_theirs") == ""

    assert form.draft["expectation"].endswith("2030.")
    assert form.draft["tradeoff"] == TEXTS["tradeoff"]


def test_a_merge_takes_what_i_left_alone_and_says_what_both_changed() -> None:
    merged = merge_fields(
        {"a": 1, "b": 1, "c": 1, "d": 1}, {"a": 2, "b": 1, "c": 2}, {"a": 1, "b": 3, "c": 3, "e": 4}
    )

    assert merged.fields == {"a": 2, "b": 3, "c": 2, "e": 4}
    assert (merged.theirs, merged.both) == (("b", "e"), ("c",))


def test_a_name_that_is_taken_is_refused_and_the_draft_stays(workspace: Workspace) -> None:
    accepted(workspace)
    form = IntentForm(workspace)

    assert form.press("save", **said(form, COMPLETE))
    with pytest.raises(AlreadyExists):
        form.save()

    assert form.draft["title"] == TEXTS["title"]
    assert form.view["is_new"]


def test_methods_raise_what_the_browser_is_told(workspace: Workspace) -> None:
    form = IntentForm(workspace, fields={"title": 3}, slug="x")

    with pytest.raises(BrokenFiles):
        form.save()
    with pytest.raises(AlloyError, match="a reason is missing"):
        form.accept(" ")
    form = accepted(workspace)
    edited_elsewhere(workspace, "by 2028", "by 2030")
    form.draft = {**form.draft, "title": "Another"}
    with pytest.raises(StaleEdit):
        form.save("x")


def controls(plan: Plan) -> Iterator[Plan]:
    yield plan
    for each in (
        *plan.get("fields", ()),
        *plan.get("branches", ()),
        *([plan["item"]] if "item" in plan else ()),
    ):
        yield from controls(each)


def test_every_field_of_a_record_has_a_control_and_an_explanation_at_the_top() -> None:
    plan = record_plan()
    names = {each["name"] for each in plan["fields"]}

    assert names == set(IntentRecord.model_fields) - {
        "id",
        "status",
        "version",
        "created_at",
        "updated_at",
        "supersedes",
    }
    assert all(each["help"] for each in plan["fields"])


def test_all_eight_kinds_of_evidence_can_be_written() -> None:
    (evidence,) = [each for each in record_plan()["fields"] if each["name"] == "evidence"]

    assert [each["tag"] for each in evidence["item"]["branches"]] == list(get_args(EvidenceKind))


def test_bounds_and_defaults_of_the_model_are_those_of_the_form() -> None:
    found = {each["name"]: each for each in controls(record_plan()) if "name" in each}

    assert found["timeout_s"] | {"above": 0, "default": 600.0} == found["timeout_s"]
    assert (found["confidence"]["least"], found["confidence"]["most"]) == (0.0, 1.0)
    assert found["severity"]["options"] == ["low", "medium", "high"]
    assert found["command"]["least"] == 1
    assert "seconds after which" in found["timeout_s"]["help"]


def test_a_field_that_no_control_can_write_is_named() -> None:
    class Odd(BaseModel):
        things: dict[str, int]

    with pytest.raises(NoControl, match="things"):
        plan_of(Odd)


def test_a_record_reads_the_same_as_html_and_as_text(workspace: Workspace) -> None:
    form = accepted(workspace)
    card = RecordCard(form.value)

    page = check_readable(card)

    for told in (page.said, card.text()):
        assert "shop.intent.leave-vendor" in told
        assert "imports" in told
        assert "One more interface" in told


def test_the_form_leaves_the_record_where_there_are_no_widgets(workspace: Workspace) -> None:
    form = IntentForm(workspace, fields={"title": "Half <b>said</b>"})

    page = check_readable(form.twin())

    assert "Half <b>said</b>" in page.said
    assert "? threat:" in form._repr_mimebundle_()[0]["text/plain"]

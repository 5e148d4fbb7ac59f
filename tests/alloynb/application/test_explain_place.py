"""From a line to the intent that governs it: through what, how evidence stands, what was found and allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from alloynb.application.decide_finding import DecideFinding, decide_finding
from alloynb.application.decide_intent import DecideIntent, DraftIntent, decide_intent, draft_intent
from alloynb.application.explain_place import explain_place, split_place
from alloynb.application.look_for_drift import LookForDrift, look_for_drift
from alloynb.application.narrow_intent import UnknownRun
from alloynb.application.read_intent import ListIntent, list_intent
from alloynb.application.run_loop import RunLoop, run_loop
from alloynb.application.standing_evidence import standing_evidence
from alloynb.application.waive_evidence import WaiveEvidence, waive_evidence
from alloynb.evidence.errors import StoreUnavailable
from alloynb.evidence.locks import held
from tests.fakes.alloy_shop import BOUNDARY, CART, TOTALS
from tests.fakes.alloy_workspace import Governed, ScriptedFoundry, governed_shop


@pytest.fixture
def governed(tmp_path: Path) -> Governed:
    return governed_shop(tmp_path / "shop", "vendor-boundary", "totals-are-right")


def statuses(governed: Governed) -> dict[str, str]:
    records = governed.workspace.intent.load_all()
    by_record = standing_evidence(governed.workspace, records).by_record
    return {each.evidence_id: each.status for found in by_record.values() for each in found}


@pytest.mark.parametrize(
    ("place", "path", "line"),
    [
        ("a/b.py", "a/b.py", None),
        ("./a/b.py:12", "a/b.py", 12),
        ("a/b.py:12:4", "a/b.py", 12),
        ("shop.cart", "shop.cart", None),
        ("a:b/c.py", "a:b/c.py", None),
        ("a.py:0", "a.py:0", None),
    ],
)
def test_a_place_is_a_path_with_or_without_a_line(place: str, path: str, line: int | None) -> None:
    assert split_place(place) == (path, line)


def test_a_record_governs_a_module_that_only_its_rule_names_and_says_so(governed: Governed) -> None:
    found = explain_place(governed.workspace, "shop/payments/vendor.py")
    by_id = {each.record.id: each.through for each in found.governing}
    assert by_id[BOUNDARY] == ("rule imports: shop.payments.vendor is a target",)
    assert by_id[TOTALS] == ("paths: shop/**",)


def test_without_a_store_the_answer_is_whole_but_for_what_only_the_store_knows(governed: Governed) -> None:
    found = explain_place(governed.workspace, CART)
    assert {each.record.id for each in found.governing} == {BOUNDARY, TOTALS}
    assert {one.status for each in found.governing for one in each.evidence} == {"required"}
    assert "nothing was run" in found.note
    assert not (governed.workspace.alloy_dir / "evidence").exists(), "asking makes no store"


def test_a_store_that_cannot_be_opened_hides_nothing_else(governed: Governed) -> None:
    governed.shop.plant()
    look_for_drift(governed.workspace, LookForDrift())
    store = governed.workspace.alloy_dir / "evidence"
    for file in store.rglob("*"):
        if file.is_file():
            file.write_bytes(b"damaged")
    found = explain_place(governed.workspace, CART)
    assert {each.record.id for each in found.governing} == {BOUNDARY, TOTALS}
    assert isinstance(found.note, str)


def test_a_store_that_somebody_else_is_making_is_not_waited_for(governed: Governed) -> None:
    store = governed.workspace.warehouse
    store.layout.create()
    with held(store.layout.lock_file("fold"), wait_s=0):
        found = explain_place(governed.workspace, CART)
    assert {each.record.id for each in found.governing} == {BOUNDARY, TOTALS}
    assert "another process holds" in found.note


def test_findings_at_the_line_come_first_and_those_of_the_file_are_told_too(governed: Governed) -> None:
    governed.shop.plant()
    (finding,) = look_for_drift(governed.workspace, LookForDrift()).findings
    line = finding.lines[0]
    here = explain_place(governed.workspace, f"{CART}:{line}")
    assert [(each.finding_id, each.here) for each in here.findings] == [(finding.finding_id, True)]
    elsewhere = explain_place(governed.workspace, f"{CART}:{line + 1}")
    assert [each.here for each in elsewhere.findings] == [False]
    assert statuses(governed)[f"{BOUNDARY}#imports"] == "failing"
    governed.shop.weed()
    look_for_drift(governed.workspace, LookForDrift())
    assert explain_place(governed.workspace, CART).findings == ()


def test_what_is_allowed_at_a_place_is_told_with_who_and_until_when(governed: Governed) -> None:
    governed.shop.plant()
    (finding,) = look_for_drift(governed.workspace, LookForDrift()).findings
    decide_finding(
        governed.workspace, DecideFinding(finding.finding_id, "exception", "until the port is built", "30d")
    )
    found = explain_place(governed.workspace, CART)
    assert [each.finding_id for each in found.exceptions] == [finding.finding_id]
    assert explain_place(governed.workspace, "README.md").exceptions == ()
    waive_evidence(governed.workspace, WaiveEvidence(f"{BOUNDARY}#imports", "30d", "busy"))
    assert statuses(governed)[f"{BOUNDARY}#imports"] == "waived"


def test_records_that_only_sound_alike_are_suggested_apart_and_govern_nothing(governed: Governed) -> None:
    draft_intent(
        governed.workspace,
        DraftIntent(
            "sounds", {"title": "A cart loses nothing", "scope": {"paths": ["docs/**"]}}, "x", "hypothesized"
        ),
    )
    found = explain_place(governed.workspace, "shop/checkout/cart.py")
    assert "shop.intent.sounds" not in {each.record.id for each in found.governing}
    assert [each.record.id for each in found.suggested] == ["shop.intent.sounds"]


def test_evidence_of_a_draft_is_proposed_and_of_what_was_let_go_obsolete(governed: Governed) -> None:
    decide_intent(governed.workspace, DecideIntent("totals-are-right", "deprecated", "no more totals"))
    assert statuses(governed)[f"{TOTALS}#totals"] == "obsolete"


def test_what_a_run_saw_is_told_and_records_are_found_by_run_trace_and_brief(governed: Governed) -> None:
    report = run_loop(
        governed.workspace, RunLoop(), html_of=lambda _report: "page", foundry=ScriptedFoundry()
    )
    (boundary,) = [
        each
        for found in explain_place(governed.workspace, CART).governing
        for each in found.evidence
        if each.evidence_id == f"{BOUNDARY}#imports"
    ]
    assert (boundary.status, boundary.run_id) == ("passing", report.provenance.run_id)
    assert boundary.seen_at is not None
    draft_intent(governed.workspace, DraftIntent("later", {"title": "Later"}, "x", "hypothesized"))
    used = {BOUNDARY, TOTALS}
    for wanted in (
        ListIntent(brief=report.provenance.brief_id),
        ListIntent(run=report.provenance.run_id),
        ListIntent(evidence_statuses=["passing"]),
    ):
        assert {record.id for record in list_intent(governed.workspace, wanted)} == used
    with pytest.raises(UnknownRun):
        list_intent(governed.workspace, ListIntent(run="run_nobody"))


def test_records_are_listed_by_what_links_them(governed: Governed) -> None:
    workspace = governed.workspace

    def slugs(**wanted: object) -> list[str]:
        return [record.slug for record in list_intent(workspace, ListIntent(**wanted))]  # type: ignore[arg-type]

    both = ["totals-are-right", "vendor-boundary"]
    assert slugs(path="shop/checkout/cart.py") == both
    assert slugs(path="shop/basket.py") == ["totals-are-right"]
    assert slugs(module="shop.payments.vendor") == both
    assert slugs(evidence_kinds=["test"]) == ["totals-are-right"]
    assert slugs(project="shop") == both
    assert slugs(project="bank") == slugs(interaction="checkout") == slugs(design="button") == []
    assert slugs(capability="no such words") == slugs(strategy="no such words") == []
    assert slugs(threat=(workspace.intent.get(BOUNDARY).model.threat or "").split()[0]) == both
    with pytest.raises(StoreUnavailable, match="nothing was run"):
        slugs(evidence_statuses=["failing"])
    governed.shop.plant()
    look_for_drift(workspace, LookForDrift())
    assert slugs(evidence_statuses=["failing"]) == ["vendor-boundary"]
    assert slugs(evidence_statuses=["required"]) == ["totals-are-right"]
    assert slugs(evidence_statuses=["failing"], path="docs/x.md") == []

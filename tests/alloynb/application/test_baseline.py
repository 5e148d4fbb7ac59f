"""What stood when evidence was first demanded may stand; its list only shrinks, and a grown one counts for nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alloynb.application.adopt_baseline import AdoptBaseline, adopt_baseline, look_at_baselines, shrink_now
from alloynb.application.drift_sarif import write_sarif
from alloynb.application.keep_baseline import (
    BaselineStands,
    KnowsNoBaseline,
    NothingToAdopt,
    adopt_baselines,
    adoptable,
)
from alloynb.application.look_for_drift import LookForDrift, SeenDrift, look_for_drift
from alloynb.intent.baseline import BaselineStore
from alloynb.intent.errors import BrokenFiles, MissingAuthority
from alloynb.intent.leniency import NoReason
from alloynb.interpretation.finding import DriftFinding, Sighting
from tests.fakes.alloy_shop import BOUNDARY, CART, FORBIDDEN_IMPORT, TOTALS
from tests.fakes.alloy_workspace import Governed, governed_shop

EVIDENCE = f"{BOUNDARY}#imports"
OTHER = "shop/checkout/other.py"
MORE = "shop/checkout/more.py"


@pytest.fixture
def governed(tmp_path: Path) -> Governed:
    """Two violations, committed."""
    made = governed_shop(tmp_path / "shop", "vendor-boundary")
    made.shop.plant()
    made.shop.write(OTHER, f"{FORBIDDEN_IMPORT}\n")
    made.shop.commit("Pay faster, twice")
    return made


def look(governed: Governed) -> SeenDrift:
    return look_for_drift(governed.workspace, LookForDrift())


def adopt(governed: Governed) -> None:
    adopt_baseline(governed.workspace, AdoptBaseline((), "where we start"))


def file_of(governed: Governed) -> Path:
    return governed.workspace.alloy_dir / "baselines" / "vendor-boundary--imports.yaml"


def test_what_was_adopted_does_not_count_and_what_is_new_does(governed: Governed) -> None:
    adopt(governed)
    seen = look(governed)
    assert seen.open_findings == ()
    assert {each.status for each in seen.allowed_findings} == {"exception"}
    assert {each.told() for each in seen.allowed.values()} == {
        "ada on 2026-03-02, in the baseline: where we start"
    }
    assert seen.baselines[0].told == "2 of 2 deviations of the baseline still stand"
    governed.shop.write(MORE, f"{FORBIDDEN_IMPORT}\n")
    assert [each.path for each in look(governed).open_findings] == [MORE]


def test_what_was_mended_is_dropped_and_never_counts_again(governed: Governed) -> None:
    adopt(governed)
    governed.shop.weed()
    governed.shop.commit("Mend one")
    (state,) = look_at_baselines(governed.workspace)
    assert (state.standing, len(state.mended)) == (1, 1)
    ((baseline, dropped),) = shrink_now(governed.workspace)
    assert (len(baseline.entries), dropped) == (1, state.mended)
    assert baseline.is_as_adopted
    assert shrink_now(governed.workspace) == ()
    governed.shop.plant()
    assert [each.path for each in look(governed).open_findings] == [CART]


def test_what_came_back_counts_even_before_it_was_dropped(governed: Governed) -> None:
    adopt(governed)
    governed.shop.weed()
    governed.shop.commit("Mend one")
    look(governed)
    governed.shop.plant()
    governed.shop.commit("Again")
    for _ in range(2):
        (found,) = look(governed).open_findings
        assert (found.path, found.status) == (CART, "regressed")


def test_a_list_that_was_grown_by_hand_is_noticed_and_counts_for_nothing(governed: Governed) -> None:
    adopt(governed)
    governed.shop.write(MORE, f"{FORBIDDEN_IMPORT}\n")
    (new,) = look(governed).open_findings
    store = BaselineStore(governed.workspace.alloy_dir)
    stored = store.get("vendor-boundary--imports")
    grown = stored.model.entries[0].model_copy(update={"finding_id": new.finding_id})
    store.save(stored.model.model_copy(update={"entries": (*stored.model.entries, grown)}), stored.digest)
    seen = look(governed)
    assert len(seen.open_findings) == 3
    assert seen.baselines[0].grown
    assert "changed by hand" in seen.baselines[0].told
    assert shrink_now(governed.workspace) == (), "and it is not made right by shrinking"


def test_it_is_made_once_and_only_by_a_human_with_a_reason(governed: Governed) -> None:
    with pytest.raises(NoReason):
        adopt_baseline(governed.workspace, AdoptBaseline((), " "))
    adopt(governed)
    before = file_of(governed).read_bytes()
    governed.shop.write(MORE, f"{FORBIDDEN_IMPORT}\n")
    with pytest.raises(BaselineStands, match="only shrinks"):
        adopt_baseline(governed.workspace, AdoptBaseline(("vendor-boundary#imports",), "more"))
    with pytest.raises(NothingToAdopt):
        adopt(governed)
    assert file_of(governed).read_bytes() == before
    (governed.workspace.alloy_dir / "authority.yaml").write_text("principals: {ada: [view_intent]}\n")
    with pytest.raises(MissingAuthority):
        adopt_baseline(governed.reopened(), AdoptBaseline(("vendor-boundary#imports",), "more"))


def test_evidence_that_only_passes_or_fails_knows_no_baseline(tmp_path: Path) -> None:
    governed = governed_shop(tmp_path / "shop", "totals-are-right")
    (test,) = governed.workspace.intent.get(TOTALS).model.evidence
    failed = DriftFinding(
        finding_id="finding_01",
        record_id=TOTALS,
        evidence_id=test.global_id(TOTALS),
        detector="test",
        subject=("totals",),
        path=".alloy/intent/totals-are-right.yaml",
        lines=(),
        message="the test failed",
        severity="high",
        status="new",
        revision="c0ffee",
        first_seen=Sighting(revision="c0ffee", at=governed.workspace.clock()),
        last_seen=Sighting(revision="c0ffee", at=governed.workspace.clock()),
    )
    assert adoptable(governed.workspace, [failed]) == ()
    with pytest.raises(KnowsNoBaseline, match="hide whatever fails next") as refused:
        adopt_baselines(governed.workspace, [failed], "where we start", "c0ffee")
    assert "alloynb waive" in (refused.value.next_step or "")
    assert BaselineStore(governed.workspace.alloy_dir).load_all() == ()


def test_a_rule_that_changed_may_be_adopted_anew(governed: Governed) -> None:
    adopt(governed)
    record = governed.workspace.intent.get(BOUNDARY).file
    record.write_text(
        record.read_text().replace("shop.payments.vendor]", "shop.payments.vendor, shop.payments.port]")
    )
    seen = look(governed)
    assert [each.subject[1] for each in seen.open_findings] == ["shop.payments.port"]
    (made,) = adopt_baseline(governed.workspace, AdoptBaseline(("vendor-boundary#imports",), "the rule grew"))
    assert made.adopted.count == 1


def test_an_entry_follows_its_file_when_it_is_renamed(governed: Governed) -> None:
    adopt(governed)
    governed.shop.git("mv", OTHER, MORE)
    governed.shop.commit("Rename")
    seen = look(governed)
    assert seen.open_findings == ()
    assert seen.baselines[0].mended == ()


def test_a_damaged_list_allows_nothing_and_says_where(governed: Governed) -> None:
    adopt(governed)
    file_of(governed).write_text("entries: [\n")
    with pytest.raises(BrokenFiles, match="vendor-boundary--imports"):
        look(governed)


def test_a_baseline_is_a_suppression_with_its_reason_for_code_hosts(
    governed: Governed, tmp_path: Path
) -> None:
    adopt(governed)
    file = tmp_path / "drift.sarif"
    write_sarif(governed.workspace, look(governed), file)
    results = json.loads(file.read_text())["runs"][0]["results"]
    assert [each["baselineState"] for each in results] == ["unchanged", "unchanged"]
    assert results[0]["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "ada on 2026-03-02, in the baseline: where we start",
        }
    ]
    assert results[0]["properties"]["introduced"]["summary"] == "Pay faster, twice"

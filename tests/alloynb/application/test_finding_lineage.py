"""A finding keeps its name through moves of lines, files and packages, and says who brought it in."""

from __future__ import annotations

from pathlib import Path

import pytest

from alloynb.application.decide_finding import DecideFinding, decide_finding
from alloynb.application.look_for_drift import LookForDrift, SeenDrift, look_for_drift
from alloynb.application.workspace import open_workspace
from tests.fakes.alloy_shop import CART, FILES, FORBIDDEN_IMPORT
from tests.fakes.alloy_workspace import ADA, Governed, governed_shop

MOVED = "shop/checkout/basket.py"


@pytest.fixture
def governed(tmp_path: Path) -> Governed:
    made = governed_shop(tmp_path / "shop", "vendor-boundary")
    made.shop.plant()
    made.shop.commit("Pay faster")
    return made


def look(governed: Governed, **asked: str) -> SeenDrift:
    return look_for_drift(governed.workspace, LookForDrift(**asked))


def only_id(seen: SeenDrift) -> str:
    (found,) = seen.open_findings
    return found.finding_id


def move(governed: Governed) -> None:
    governed.shop.git("mv", CART, MOVED)


def test_lines_above_a_finding_change_nothing_but_its_line(governed: Governed) -> None:
    before = only_id(look(governed))
    governed.shop.write(CART, f"# one\n# two\n{FORBIDDEN_IMPORT}\n{FILES[CART]}")
    (found,) = look(governed).open_findings
    assert (found.finding_id, found.lines) == (before, (3,))


@pytest.mark.parametrize("committed", [True, False])
def test_a_finding_moves_with_its_file_and_is_not_new(governed: Governed, committed: bool) -> None:
    before = only_id(look(governed))
    move(governed)
    if committed:
        governed.shop.commit("Rename")
    seen = look(governed)
    (found,) = seen.open_findings
    assert (found.finding_id, found.path, found.status) == (before, MOVED, "known")
    assert found.subject[0] == "shop.checkout.basket"
    assert found.alias not in (None, before)
    assert seen.resolved_now == ()
    assert only_id(look(governed)) == before, "and so at every later look"


def test_both_ends_of_an_import_may_move(governed: Governed) -> None:
    before = only_id(look(governed))
    vendor = "shop/payments/vendor/acme.py"
    governed.shop.git("mv", vendor, vendor.replace("acme", "apex"))
    governed.shop.git("mv", CART, MOVED)
    text = FORBIDDEN_IMPORT.replace("acme", "apex")
    governed.shop.write(MOVED, f"{text}\n{FILES[CART]}")
    governed.shop.commit("Rename the vendor's module, and ours")
    assert only_id(look(governed)) == before


def test_an_exception_follows_the_file_also_where_no_store_remembers_it(
    governed: Governed, tmp_path: Path
) -> None:
    finding_id = only_id(look(governed))
    decide_finding(governed.workspace, DecideFinding(finding_id, "exception", "until spring", "90d"))
    governed.shop.commit("Allow it")
    move(governed)
    governed.shop.commit("Rename")
    assert look(governed).open_findings == ()
    elsewhere = tmp_path / "clone"
    governed.shop.git("clone", "--quiet", str(governed.shop.root), str(elsewhere))
    clone = open_workspace(elsewhere, principal=ADA, clock=governed.workspace.clock)
    seen = look_for_drift(clone, LookForDrift())
    assert [each.finding_id for each in seen.allowed_findings] == [finding_id]


def test_another_finding_at_the_old_place_is_another_finding(governed: Governed) -> None:
    before = only_id(look(governed))
    move(governed)
    governed.shop.commit("Rename")
    look(governed)
    governed.shop.plant()
    governed.shop.commit("And again")
    assert len({each.finding_id for each in look(governed).open_findings} | {before}) >= 2
    assert len(look(governed).open_findings) == 2


def test_a_finding_says_who_brought_it_in_and_the_store_keeps_it(governed: Governed) -> None:
    (found,) = look(governed).open_findings
    assert found.introduced is not None
    assert (found.introduced.commit, found.introduced.summary) == (
        governed.shop.git("rev-parse", "HEAD"),
        "Pay faster",
    )
    author = governed.shop.git("log", "-1", "--format=%an")
    asked = "SELECT introduced_by, introduced_commit, introduced_at IS NOT NULL FROM findings"
    assert governed.workspace.warehouse.query(asked).rows == ((author, found.introduced.commit, True),)


def test_what_is_not_committed_is_told_as_such_until_it_is(governed: Governed) -> None:
    governed.shop.weed()
    governed.shop.commit("Mend")
    governed.shop.plant()
    (found,) = look(governed).open_findings
    assert found.introduced is not None
    assert found.introduced.told == "not committed"
    commit = governed.shop.commit("Again")
    (found,) = look(governed).open_findings
    assert found.introduced is not None
    assert found.introduced.commit == commit


def test_only_what_changed_since_is_shown_and_everything_is_known(governed: Governed) -> None:
    since = governed.shop.git("rev-parse", "HEAD")
    governed.shop.write("README.md", "# Later\n")
    governed.shop.commit("Later")
    seen = look(governed, since=since)
    assert (len(seen.shown_findings), len(seen.open_findings)) == (0, 1)
    assert len(look(governed, since=f"{since}~1").shown_findings) == 1
    governed.shop.write(CART, governed.workspace.root.joinpath(CART).read_text() + "\n")
    assert len(look(governed, since="HEAD").shown_findings) == 1, "uncommitted changes count"


def test_mended_on_a_branch_is_known_where_the_branch_is_not_merged(governed: Governed) -> None:
    look(governed)
    planted = governed.shop.git("rev-parse", "HEAD")
    governed.shop.git("checkout", "--quiet", "-b", "mend")
    governed.shop.weed()
    mended = governed.shop.commit("Mend")
    assert [each.status for each in look(governed).findings] == ["resolved"]
    assert [each.status for each in look(governed, revision=planted).findings] == ["known"]
    assert [each.status for each in look(governed, revision=mended).findings] == ["resolved"]
    governed.shop.plant()
    governed.shop.commit("Again")
    assert [each.status for each in look(governed).findings] == ["regressed"]

"""A forbidden import is planted, seen, committed, taken out and planted again; every look says what changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.alloy_shop import BOUNDARY, CART, DRY_RUNS, FORBIDDEN_IMPORT, Said, Shop, govern, open_shop

pytestmark = pytest.mark.slow

EVIDENCE = f"{BOUNDARY}#imports"


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return govern(
        open_shop(tmp_path_factory.mktemp("drift") / "shop"), "vendor-boundary", "dry-runs-are-safe"
    )


@pytest.fixture
def shop(pristine: Shop, tmp_path: Path) -> Shop:
    return pristine.copy_to(tmp_path / "shop")


def findings(said: Said) -> list[tuple[str, str, str]]:
    """Status, record and place of each finding that `alloynb run` tells."""
    return [(each["status"], each["record_id"], each["place"]) for each in said.data["findings"]]


def verdicts(said: Said) -> dict[str, str]:
    return {each["record_id"]: each["verdict"] for each in said.data["records"]}


def gates(said: Said) -> dict[str, str]:
    return {each["name"]: each["status"] for each in said.data["gates"]}


def test_drift_is_found_proved_by_a_gate_resolved_and_found_again(shop: Shop) -> None:
    assert shop.alloynb("run", "--json").exit_code == 0

    shop.plant()
    seen = shop.alloynb("run", "--json")
    assert seen.exit_code == 1, seen
    assert seen.data["deduplicated"] is True, "the commit is the same; the working tree is not"
    assert CART in seen.data["uncommitted"]
    assert findings(seen) == [("new", BOUNDARY, f"{CART}:1")]
    assert gates(seen)["vendor-boundary.imports"] == "passed", "the run is of the commit"
    text = shop.alloynb("run")
    assert text.exit_code == 1
    for said in (BOUNDARY, f"{CART}:1", "shop.payments.vendor", "1 drift finding"):
        assert said in text.out, said

    planted = shop.commit("Pay faster")
    ran = shop.alloynb("run", "--json")
    assert ran.exit_code == 1, ran
    assert ran.data["deduplicated"] is False
    assert ran.data["revision"] == planted
    assert gates(ran) == {"readme": "passed", "vendor-boundary.imports": "failed"}
    assert verdicts(ran) == {BOUNDARY: "unsatisfied", DRY_RUNS: "satisfied"}
    assert findings(ran) == [("known", BOUNDARY, f"{CART}:1")]
    (unsatisfied,) = [each for each in ran.data["records"] if each["record_id"] == BOUNDARY]
    assert f"{CART}:1" in str(unsatisfied["evidence"]) + str(unsatisfied["findings"])

    shop.weed()
    mended = shop.alloynb("drift", "--json")
    assert mended.exit_code == 0, mended
    assert len(mended.data["resolved_now"]) == 1
    assert shop.alloynb("drift", "--json").data["resolved_now"] == [], "it is said once"

    shop.plant()
    back = shop.alloynb("drift", "--json")
    assert back.exit_code == 1
    assert [each["status"] for each in back.data["findings"]] == ["regressed"]

    shop.weed()
    shop.commit("Keep the vendor out")
    fine = shop.alloynb("run", "--json")
    assert fine.exit_code == 0, fine
    assert verdicts(fine) == {BOUNDARY: "satisfied", DRY_RUNS: "satisfied"}
    assert len(fine.data["resolved"]) == 1
    assert len(shop.runs) == 3
    stored = shop.alloynb(
        "evidence", "sql", f"FROM intent_satisfaction WHERE record_id = '{BOUNDARY}'", "--json"
    )
    assert [row["status"] for row in stored.data["rows"]] == ["satisfied"]


def test_drift_at_a_revision_is_told_of_the_commit_and_not_of_the_working_tree(shop: Shop) -> None:
    before = shop.git("rev-parse", "HEAD")
    shop.plant()
    assert shop.alloynb("drift", "--at", "HEAD", "--json").data["findings"] == []
    assert shop.alloynb("drift", "--json").exit_code == 1
    planted = shop.commit("Pay faster")
    shop.weed()
    at_commit = shop.alloynb("drift", "--at", planted, "--json")
    assert at_commit.exit_code == 1
    assert at_commit.data["revision"] == planted
    assert [each["path"] for each in at_commit.data["findings"]] == [CART]
    assert shop.alloynb("drift", "--at", before, "--json").exit_code == 0
    assert shop.git("status", "--porcelain") == f"M {CART}", "looking changes nothing"


def test_findings_are_exported_as_sarif_with_their_place(shop: Shop, tmp_path: Path) -> None:
    shop.plant()
    file = tmp_path / "drift.sarif"
    assert shop.alloynb("drift", "--sarif", str(file)).exit_code == 1
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert document["version"] == "2.1.0"
    (result,) = document["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == (CART, 1)
    assert BOUNDARY in json.dumps(document["runs"][0]["tool"]["driver"]["rules"])


def test_one_evidence_definition_is_checked_by_its_id(shop: Shop) -> None:
    assert shop.alloynb("check", EVIDENCE).exit_code == 0
    shop.plant()
    broken = shop.alloynb("check", EVIDENCE)
    assert broken.exit_code == 1
    assert f"{CART}:1" in broken.out
    assert FORBIDDEN_IMPORT.split()[1] in broken.out
    unknown = shop.alloynb("check", f"{BOUNDARY}#importz")
    assert unknown.exit_code == 2
    assert EVIDENCE in unknown.err


def test_a_revision_that_does_not_exist_is_bad_input(shop: Shop) -> None:
    said = shop.alloynb("drift", "--at", "no-such-branch", "--json")
    assert said.exit_code == 2
    assert said.error["type"] == "UnknownRevision"
    assert "no-such-branch" in said.error["message"]

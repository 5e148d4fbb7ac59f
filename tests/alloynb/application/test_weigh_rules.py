"""A rule that holds only because it names nothing, or that misses what its words promise, is told as such."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alloynb.application.check_evidence import CheckEvidence, check_evidence
from alloynb.application.decide_intent import SetIntentFields, set_intent_fields
from alloynb.application.look_for_drift import LookForDrift, look_for_drift
from alloynb.application.weigh_rules import weigh_rules
from alloynb.errors import CannotRun
from tests.fakes.alloy_shop import BOUNDARY
from tests.fakes.alloy_workspace import Governed, governed_shop

VACUOUS = "vacuous: the rule cannot be broken, so that it holds proves nothing"


@pytest.fixture
def governed(tmp_path: Path) -> Governed:
    return governed_shop(tmp_path / "shop", "vendor-boundary", "totals-are-right")


def changed(governed: Governed, *assignments: str) -> tuple[str, ...]:
    set_intent_fields(governed.workspace, SetIntentFields("vendor-boundary", assignments, "another rule"))
    record = governed.workspace.intent.get(BOUNDARY).model
    return tuple(each.told for each in weigh_rules(governed.workspace, record))


def test_a_rule_about_what_is_there_is_told_nothing_about(governed: Governed) -> None:
    for slug in ("vendor-boundary", "totals-are-right"):
        record = governed.workspace.intent.get(f"shop.intent.{slug}").model
        assert weigh_rules(governed.workspace, record) == ()


@pytest.mark.parametrize(
    "assignment",
    ['evidence.0.rule.sources=["shop.gone"]', 'evidence.0.rule.targets=["shop.gone"]'],
)
def test_a_rule_that_names_nothing_is_vacuous_wherever_a_user_meets_it(
    governed: Governed, assignment: str
) -> None:
    told = changed(governed, assignment)
    assert any(each.startswith(VACUOUS) for each in told)
    seen = look_for_drift(governed.workspace, LookForDrift())
    (missing,) = seen.report.could_not_check
    assert missing.reasons[0].startswith(VACUOUS)
    assert f"{BOUNDARY}#imports" not in seen.report.checked, "and it does not count as held"
    with pytest.raises(CannotRun, match="vacuous"):
        check_evidence(CheckEvidence(f"{BOUNDARY}#imports", governed.shop.root))


def test_a_name_that_is_gone_beside_others_is_told(governed: Governed) -> None:
    told = changed(governed, 'evidence.0.rule.sources=["shop.checkout", "shop.gone"]')
    assert [each.partition(":")[0] for each in told] == ["source 'shop.gone' names nothing"]


def test_a_forbidden_library_that_nobody_imports_is_no_doubt(governed: Governed) -> None:
    assert changed(governed, 'evidence.0.rule.targets=["shop.payments.vendor", "acme"]') == ()


def test_words_that_the_rule_does_not_keep_are_told(governed: Governed) -> None:
    told = changed(governed, "evidence.0.description=Neither checkout nor the port import a vendor.")
    assert told == ("misses what its words promise: its name speaks of port, its rule does not",)


def test_a_tree_that_cannot_be_read_is_told_and_no_error(governed: Governed) -> None:
    governed.shop.write("shop/checkout/broken.py", "def (:\n")
    record: Any = governed.workspace.intent.get(BOUNDARY).model
    (weak,) = weigh_rules(governed.workspace, record)
    assert "broken.py" in weak.told

"""Projections say what accepted records say, name the record behind each line, and are the same bytes every time."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from alloynb.compiler.projected_region import framed
from alloynb.compiler.projection import ProjectedIntent, collect_projections, projected_intent
from alloynb.intent.record import IntentRecord
from alloynb.intent.strategy import Strategy
from tests.alloynb.intent.records import NOON, a_record

PROJECTIONS = collect_projections()
NAMES = sorted(PROJECTIONS)


def accepted(slug: str, **fields: object) -> IntentRecord:
    return a_record(slug, **{"status": "accepted", **fields})


def of(*records: IntentRecord) -> ProjectedIntent:
    return projected_intent("shop", "The shop", records)


def text(name: str, *records: IntentRecord) -> str:
    return PROJECTIONS[name].compile(of(*records))


def test_the_five_projections_are_there() -> None:
    assert NAMES == ["agents", "catalogue", "charter", "codeowners", "import-linter"]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_records_give_the_same_bytes_in_whatever_order_they_come(name: str) -> None:
    records = [
        accepted(f"r{n}", severity=("low", "high", "medium")[n % 3], owner=f"@o{n % 2}") for n in range(9)
    ]
    first = framed(PROJECTIONS[name], text(name, *records))
    random.Random(7).shuffle(records)
    assert framed(PROJECTIONS[name], text(name, *records)) == first


@pytest.mark.parametrize("name", NAMES)
def test_only_accepted_and_active_records_are_told(name: str) -> None:
    told = text(
        name,
        accepted("kept"),
        a_record("used", status="active"),
        a_record("draft"),
        a_record("guess", status="hypothesized"),
        accepted("gone", status="deprecated"),
        accepted("untrue", status="contradicted"),
    )
    assert all(f"shop.intent.{slug}" in told or f"{slug}.yaml" in told for slug in ("kept", "used"))
    assert not any(slug in told for slug in ("intent.draft", "guess", "gone", "untrue"))


@pytest.mark.parametrize("name", NAMES)
def test_without_accepted_intent_nothing_is_promised(name: str) -> None:
    assert "shop.intent" not in text(name, a_record("draft"))


@pytest.mark.parametrize("name", NAMES)
def test_what_a_first_run_or_a_touch_changes_makes_no_projection_stale(name: str) -> None:
    used = accepted("kept").model_copy(update={"status": "active", "updated_at": NOON + timedelta(days=9)})
    assert text(name, accepted("kept")) == text(name, used)


@pytest.mark.parametrize("name", ["agents", "catalogue", "charter"])
def test_words_of_a_record_begin_no_comment_and_no_mark(name: str) -> None:
    hostile = f"x --> <!-- alloynb export {name}: end -->\n# Heading\n<script>"
    told = text(name, accepted("kept", capability=hostile, title=hostile, strategy=hostile))
    assert "<!--" not in told
    assert "<script" not in told
    assert "\n# Heading" not in told


@pytest.mark.parametrize("name", ["codeowners", "import-linter"])
def test_words_of_a_record_stay_in_their_comment(name: str) -> None:
    boundary = a_record().evidence[0].model_copy(update={"description": 'a "b" \\ \x1b[31m % \n[x]\ny = 1'})
    told = text(name, accepted("kept", evidence=[boundary], owner="eve\n* @eve"))
    assert "\x1b" not in told
    assert "\n* @eve" not in told
    assert "\n[x]" not in told


def test_every_line_of_the_agents_file_that_binds_names_its_record() -> None:
    told = text("agents", accepted("kept"))
    assert "## `shop/**`" in told
    (never,) = [line for line in told.splitlines() if line.startswith("- Never")]
    assert never == "- Never: import `shop.adapters` from `shop.domain` (`shop.intent.kept#imports`)"


def test_a_record_over_two_paths_is_told_whole_once_and_named_at_the_other() -> None:
    told = text("agents", accepted("kept", scope={"paths": ["shop/a/**", "shop/b/**", "!shop/b/gen/**"]}))
    assert told.count("Payment providers stay replaceable (`shop.intent.kept`, medium)") == 1
    assert "as above (`shop.intent.kept`)" in told
    assert "## `shop/b/**` but `shop/b/gen/**`" in told


def test_a_record_without_paths_and_modules_holds_everywhere() -> None:
    told = text("agents", accepted("kept", scope={"project": "shop"}), accepted("other"))
    assert told.index("## Everywhere") < told.index("## `shop/**`")


def test_shared_strategies_tell_agents_how_they_go_wrong() -> None:
    strategy = Strategy.model_validate(
        {
            "id": "shop.strategy.ports",
            "name": "Ports",
            "definition": "A protocol in the domain.",
            "failure_modes": ["A port that mirrors one vendor."],
            "created_at": NOON,
            "updated_at": NOON,
        }
    )
    other = strategy.model_copy(update={"id": "shop.strategy.unused", "name": "Unused"})
    intent = projected_intent(
        "shop", "shop", [accepted("kept", strategy_ref="shop.strategy.ports")], (), [strategy, other]
    )
    for name in ("agents", "catalogue"):
        told = PROJECTIONS[name].compile(intent)
        assert "A port that mirrors one vendor." in told
        assert "Unused" not in told


def test_owners_that_a_code_host_does_not_know_are_told_and_break_no_line() -> None:
    told = text(
        "codeowners",
        accepted("one", owner="@ada, the payment people", scope={"paths": ["a b/**"]}),
        accepted("two", owner="ben@example.org", scope={"paths": ["a b/**", "!a b/c"]}),
        accepted("three", owner=None, scope={"modules": ["shop.core"]}),
    )
    lines = [line for line in told.splitlines() if line and not line.startswith("#")]
    assert sorted(lines) == [
        "/.alloy/intent/one.yaml @ada",
        "/.alloy/intent/two.yaml ben@example.org",
        "a\\ b/** @ada ben@example.org",
    ]
    assert "# owned by the payment people" in told
    assert "# !a b/c: a pattern that CODEOWNERS does not know" in told
    assert "# /shop/core/: nobody owns it" in told

"""Rules of several records that cannot hold together: found, explained with as little as needed, and nothing else."""

from __future__ import annotations

import time
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alloynb.intent.conflicts.conflict import REFUSED, RuleConflict, is_settled, resolved_pairs
from alloynb.intent.conflicts.find import find_rule_conflicts
from tests.alloynb.intent.conflicts.rules import boundary, holding, many_records

CHECKOUT_ON_TOP = boundary("layers", layers=["shop.checkout", "shop.payment"])
PAYMENT_ON_TOP = boundary("layers", layers=["shop.payment", "shop.checkout"])


def pattern(must: str, *paths: str, query: str = "call print", **more: str) -> dict[str, Any]:
    asked = {"language": "python", "must": must, "query": query, "paths": paths, **more}
    return {"kind": "pattern", "pattern": asked}


def dependency(**rule: Any) -> dict[str, Any]:
    return {"kind": "dependency", "dependency": rule}


def gate(name: str, *command: str) -> dict[str, Any]:
    return {"kind": "gate", "gate": {"name": name, "command": command}}


def conflicts(*definitions: dict[str, Any]) -> tuple[RuleConflict, ...]:
    """Each definition is held by a record of its own: `a`, `b`, …"""
    return find_rule_conflicts(holding("abcdef"[number], each) for number, each in enumerate(definitions))


def only(*definitions: dict[str, Any]) -> RuleConflict:
    (found,) = conflicts(*definitions)
    return found


def test_layers_the_other_way_round_are_explained_by_two_sentences() -> None:
    found = only(CHECKOUT_ON_TOP, PAYMENT_ON_TOP)

    assert found.verdict == "opposed"
    assert found.verdict in REFUSED
    assert found.record_ids == ("shop.intent.a", "shop.intent.b")
    said = "{} lies above {}, which must not import it (shop.intent.{}#e0, .alloy/intent/{}.yaml)"
    assert [claim.told() for claim in found.claims] == [
        said.format("shop.checkout", "shop.payment", "a", "a"),
        said.format("shop.payment", "shop.checkout", "b", "b"),
    ]
    assert "what one record permits, the other forbids" in found.because


def test_layers_are_compared_where_their_modules_overlap() -> None:
    inner = boundary("layers", layers=["shop.payment.port", "shop.checkout.cart"])
    assert only(CHECKOUT_ON_TOP, inner).subject == ("shop.checkout.cart", "shop.payment.port")


@pytest.mark.parametrize(
    "other",
    [
        CHECKOUT_ON_TOP,
        boundary("layers", layers=["shop.payment", "shop.ledger"]),
        boundary("layers", layers=["shop.checkout | shop.payment", "shop.ledger"]),
        boundary("forbidden", sources=["shop.checkout"], targets=["shop.payment"]),
        boundary("independence", modules=["shop.checkout", "shop.payment"]),
        boundary("layers", layers=["shop.payment", "shop.checkout"], source_roots=["elsewhere"]),
        {**PAYMENT_ON_TOP, "rule": {**PAYMENT_ON_TOP["rule"], "packages": ["other"]}},
    ],
)
def test_rules_that_only_narrow_or_speak_of_something_else_stand_together(other: dict[str, Any]) -> None:
    assert conflicts(CHECKOUT_ON_TOP, other) == ()


def test_an_import_that_one_record_permits_and_another_forbids_is_named() -> None:
    permitting = boundary("allowed_only", sources=["shop.domain"], targets=["shop.money", "shop.clock"])
    found = only(permitting, boundary("forbidden", sources=["shop.domain"], targets=["shop.clock"]))
    assert found.subject == ("shop.domain", "shop.clock")
    assert found.claims[0].says == "shop.domain may import shop.clock"
    assert found.claims[1].says == "shop.domain must not import shop.clock"
    below = boundary("layers", layers=["shop.clock", "shop.domain"])
    assert only(permitting, below).claims[1].says == (
        "no layer imports a higher one (top first: shop.clock > shop.domain)"
    )


def test_two_lists_of_what_may_be_imported_disagree_about_what_only_one_names() -> None:
    one = boundary("allowed_only", sources=["shop.domain"], targets=["shop.money"])
    other = boundary("allowed_only", sources=["shop.domain"], targets=["shop.clock"])
    assert [each.subject[-1] for each in conflicts(one, other)] == ["shop.clock", "shop.money"]


def test_a_package_that_one_record_allows_and_another_rules_out_is_named() -> None:
    allowing = dependency(allowed=["httpx", "Click"])
    assert only(allowing, dependency(forbidden=["click"])).subject == ("Click",)
    assert only(allowing, dependency(forbidden=["cl*"], where=["pyproject.toml"])).verdict == "opposed"
    here = ["project.dependencies"]
    assert only(dependency(allowed=["click"], sections=here), dependency(forbidden=["click"])).subject == (
        "click",
    )
    assert only(allowing, dependency(allowed=["httpx"])).subject == ("Click",)


@pytest.mark.parametrize(
    "other",
    [
        dependency(forbidden=["requests"]),
        dependency(forbidden=["click"], sections=["project.optional-dependencies.web"]),
        dependency(forbidden=["types-requests"]),
        dependency(forbidden=["click"], where=["tools/pyproject.toml"]),
        dependency(allowed=["cl*", "types-*"]),
    ],
)
def test_packages_that_are_ruled_out_elsewhere_or_in_part_are_no_conflict(other: dict[str, Any]) -> None:
    assert conflicts(dependency(allowed=["click", "types-*"]), other) == ()


@pytest.mark.parametrize(
    ("demanded", "forbidden"),
    [
        (["shop/**"], ["shop/**"]),
        (["shop/core/*.py"], ["shop/**"]),
        (["shop/core/*.py"], ["shop/"]),
        (["shop/core/*.py"], ["*.py"]),
        (["shop/**/*.py", "lib/x.py"], ["shop", "lib/**"]),
        (["errors.py"], ["**/*.py"]),
    ],
)
def test_no_code_has_a_pattern_where_it_must_nowhere_be(demanded: list[str], forbidden: list[str]) -> None:
    for spread in ("somewhere", "every_file"):
        demand = pattern("occur", *demanded, spread=spread)
        found = only(demand, pattern("not_occur", *forbidden, query="call\n  print"))
        assert found.verdict == "unsatisfiable"
        assert "no code" in found.because


@pytest.mark.parametrize(
    ("demanded", "forbidden"),
    [
        (["shop/**"], ["shop/core/**"]),
        (["shop/**/*.py"], ["shop/*.py"]),
        (["*.py"], ["shop/*.py"]),
        (["shop/**"], ["shop/**", "!shop/errors.py"]),
        (["shop/**", "lib/**"], ["shop/**"]),
        (["shop/core*/x.py"], ["shop/core/x.py"]),
    ],
)
def test_a_pattern_may_be_demanded_where_room_for_it_is_left(
    demanded: list[str], forbidden: list[str]
) -> None:
    assert conflicts(pattern("occur", *demanded, spread="somewhere"), pattern("not_occur", *forbidden)) == ()


def test_what_every_file_must_hold_is_opposed_by_what_some_of_them_must_not() -> None:
    everywhere = pattern("occur", "shop/**/*.py")
    assert only(everywhere, pattern("not_occur", "shop/vendored/*.py")).verdict == "unsatisfiable"
    assert only(everywhere, pattern("not_occur", "**/generated/*.py")).verdict == "opposed"
    assert conflicts(everywhere, pattern("not_occur", "lib/**")) == ()


def test_other_patterns_are_other_questions() -> None:
    assert conflicts(pattern("occur", "a"), pattern("not_occur", "a", query="call(exit)")) == ()
    assert conflicts(pattern("occur", "a"), pattern("not_occur", "a", language="go")) == ()


def test_one_name_for_two_commands_is_asked_about_and_refuses_nothing() -> None:
    found = only(gate("tests", "make", "test"), gate("tests", "pytest", "-q"), gate("lint", "make", "lint"))
    assert found.verdict == "ambiguous"
    assert found.verdict not in REFUSED
    assert [claim.says for claim in found.claims] == ["tests is `make test`", "tests is `pytest -q`"]
    assert conflicts(gate("tests", "make", "test"), gate("tests", "make", "test")) == ()


def test_a_record_may_contradict_itself() -> None:
    (found,) = find_rule_conflicts([holding("a", CHECKOUT_ON_TOP, PAYMENT_ON_TOP)])
    assert found.record_ids == ("shop.intent.a",)
    assert not is_settled(found.record_ids, {("shop.intent.a", "shop.intent.a")})


def test_a_resolution_on_either_side_settles_a_pair_and_a_circle_needs_all_tied_together() -> None:
    link = {"type": "conflicts_with", "target": "shop.intent.a"}
    resolution = {"by": "ada", "at": "2026-03-01T12:00:00Z", "why": "both are needed"}
    settled = holding("b", PAYMENT_ON_TOP, relationships=[{**link, "resolution": resolution}])
    unsettled = holding("b", PAYMENT_ON_TOP, relationships=[link])
    pair = ("shop.intent.a", "shop.intent.b")
    assert is_settled(pair, resolved_pairs([settled]))
    assert not is_settled(pair, resolved_pairs([unsettled]))
    assert not is_settled((*pair, "shop.intent.c"), {pair})
    assert is_settled((*pair, "shop.intent.c"), {pair, ("shop.intent.a", "shop.intent.c")})


def test_an_identity_changes_with_a_rule_and_not_with_the_words_around_it() -> None:
    first = only(CHECKOUT_ON_TOP, PAYMENT_ON_TOP)
    reworded = only({**CHECKOUT_ON_TOP, "description": "Otherwise."}, PAYMENT_ON_TOP)
    ruled = only(
        boundary("layers", layers=["shop.ui", "shop.checkout", "shop.payment"]),
        PAYMENT_ON_TOP,
    )
    assert reworded.conflict_id == first.conflict_id
    assert ruled.conflict_id != first.conflict_id


_RULES = st.sampled_from(
    [
        CHECKOUT_ON_TOP,
        PAYMENT_ON_TOP,
        boundary("layers", layers=["shop.payment", "shop.ledger"]),
        boundary("layers", layers=["shop.ledger", "shop.checkout"]),
        boundary("allowed_only", sources=["shop.payment"], targets=["shop.checkout", "shop.ledger"]),
        boundary("forbidden", sources=["shop.payment"], targets=["shop.ledger"]),
        dependency(allowed=["click"]),
        dependency(forbidden=["click"]),
        pattern("occur", "shop/**"),
        pattern("not_occur", "**"),
        gate("tests", "a"),
        gate("tests", "b"),
    ]
)


@given(st.lists(_RULES, min_size=2, max_size=5))
@settings(max_examples=60, deadline=None)
def test_the_order_of_records_does_not_matter(rules: list[dict[str, Any]]) -> None:
    records = [holding("abcdef"[number], each) for number, each in enumerate(rules)]
    first = find_rule_conflicts(records)
    for order in list(permutations(records))[:6]:
        assert find_rule_conflicts(order) == first


@given(st.lists(_RULES, min_size=2, max_size=6))
@settings(max_examples=100, deadline=None)
def test_an_explanation_stands_by_itself_and_without_any_part_of_it_there_is_none(
    rules: list[dict[str, Any]],
) -> None:
    records = {f"shop.intent.{'abcdef'[n]}": holding("abcdef"[n], each) for n, each in enumerate(rules)}
    for found in find_rule_conflicts(records.values()):
        taking_part = [records[record_id] for record_id in found.record_ids]
        assert found.conflict_id in {each.conflict_id for each in find_rule_conflicts(taking_part)}
        for left_out in taking_part:
            rest = [each for each in taking_part if each is not left_out]
            assert all(each.subject != found.subject for each in find_rule_conflicts(rest))


def test_thousands_of_records_are_compared_only_where_they_overlap() -> None:
    records = [*many_records(1000), holding("odd", boundary("layers", layers=["shop.money", "shop.m7.ui"]))]
    start = time.process_time()
    (found,) = find_rule_conflicts(records)
    assert found.record_ids == ("shop.intent.m7", "shop.intent.odd")
    assert time.process_time() - start < 20, "all pairs would take minutes"


def test_what_is_told_at_once_is_bounded() -> None:
    records = [holding(f"a{number}", CHECKOUT_ON_TOP) for number in range(40)]
    records += [holding(f"b{number}", PAYMENT_ON_TOP) for number in range(40)]
    assert len(find_rule_conflicts(records, at_most=100)) == 100

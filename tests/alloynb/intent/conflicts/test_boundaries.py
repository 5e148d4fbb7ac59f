"""Import rules against each other, held against trying every module there could be."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from alloynb.archaeology.import_graph import ImportGraph
from alloynb.intent.boundary_rule import AllowedOnlyRule, ImportBoundaryRule, LayersRule
from alloynb.intent.conflicts.boundary_meaning import forbids, place_in
from alloynb.intent.conflicts.dead_permission import dead_permissions
from alloynb.intent.conflicts.layer_order import broken_orders
from alloynb.intent.conflicts.module_overlap import overlaps
from alloynb.intent.module_expression import covering_depth
from alloynb.interpretation.boundary_judge import judge_of
from tests.alloynb.intent.conflicts.rules import (
    PACKAGES,
    UNIVERSE,
    boundary_rules,
    layer_rules,
    layers,
    plain_names,
    rule_of,
    wild_names,
)

SMALL = tuple(module for module in UNIVERSE if module.count(".") < 3)


def unlike(rules: list[ImportBoundaryRule]) -> list[ImportBoundaryRule]:
    return list(dict.fromkeys(rules))


def nothing_left(permitting: AllowedOnlyRule, target: str, others: list[ImportBoundaryRule]) -> bool:
    importers = [each for each in UNIVERSE if any(covering_depth(s, each) for s in permitting.sources)]
    imported = [each for each in UNIVERSE if covering_depth(target, each)]
    return all(
        any(forbids(rule, one, other) for rule in others)
        for one, other in product(importers, imported)
        if one != other
    )


def have_no_order(rules: list[LayersRule]) -> bool:
    above: dict[str, set[str]] = {module: set() for module in SMALL}
    for rule in rules:
        placed = {module: place for module in SMALL if (place := place_in(rule, module))}
        for one, other in product(placed, repeat=2):
            if placed[one][0] < placed[other][0]:
                above[one].add(other)
    left = set(above)
    while free := {module for module in left if not above[module] & left}:
        left -= free
    return bool(left)


@given(boundary_rules(wild_names()))
@settings(max_examples=150, deadline=None)
def test_by_names_a_rule_forbids_what_it_forbids_in_a_graph(rule: ImportBoundaryRule) -> None:
    graph = ImportGraph(packages=PACKAGES, modules=SMALL, external=(), imports=(), paths={}, unread=())
    judge = judge_of(rule, graph)

    for importer, imported in product(SMALL, repeat=2):
        if importer != imported:
            said = importer in judge.importers and judge.forbids(importer, imported) is not None
            assert forbids(rule, importer, imported) == said, (importer, imported)


@given(st.lists(boundary_rules(plain_names(2)), min_size=2, max_size=4))
@settings(max_examples=150, deadline=None)
def test_an_entry_is_dead_exactly_when_no_import_of_it_is_left(rules: list[ImportBoundaryRule]) -> None:
    rules = unlike(rules)
    found = {(rule, target) for rule, target, _ in dead_permissions(rules)}

    for rule in rules:
        if isinstance(rule, AllowedOnlyRule):
            for target in rule.targets:
                others = [each for each in rules if each != rule]
                assert ((rule, target) in found) == nothing_left(rule, target, others), (rule, target)


@given(st.lists(boundary_rules(wild_names()), min_size=2, max_size=4))
@settings(max_examples=100, deadline=None)
def test_whoever_kills_an_entry_leaves_nothing_and_is_needed_for_it(rules: list[ImportBoundaryRule]) -> None:
    for rule, target, killers in dead_permissions(unlike(rules)):
        assert nothing_left(rule, target, list(killers))
        for each in killers:
            kept = [other for other in killers if other != each]
            left = [found for found in dead_permissions([rule, *kept]) if found[:2] == (rule, target)]
            assert not kept or not left


@given(st.lists(layer_rules(plain_names(2)), min_size=2, max_size=5))
@settings(max_examples=200, deadline=None)
def test_layers_are_broken_exactly_when_no_order_of_modules_keeps_them(rules: list[LayersRule]) -> None:
    rules = list(dict.fromkeys(rules))
    assert bool(list(broken_orders(rules))) == have_no_order(rules)


@given(st.lists(layer_rules(wild_names()), min_size=2, max_size=5))
@settings(max_examples=150, deadline=None)
def test_every_circle_of_layers_is_one_and_a_smallest_one(rules: list[LayersRule]) -> None:
    for steps in broken_orders(list(dict.fromkeys(rules))):
        taking_part = [rule for rule, _, _ in steps]
        assert len(set(taking_part)) == len(taking_part)
        for (rule, above, below), (_, following, _) in zip(steps, (*steps[1:], steps[0]), strict=True):
            assert below == following
            over, under = place_in(rule, above), place_in(rule, below)
            assert over is not None
            assert under is not None
            assert over[0] < under[0]
        for each in taking_part:
            assert not list(broken_orders([rule for rule in taking_part if rule != each]))


@given(wild_names(), wild_names())
@settings(max_examples=200, deadline=None)
def test_an_overlap_covers_nothing_but_what_both_cover(one: str, other: str) -> None:
    for found in overlaps(one, [other])[1:]:
        for module in UNIVERSE:
            if found != one and covering_depth(found, module):
                assert covering_depth(one, module)
                assert covering_depth(other, module)


def test_a_circle_of_three_records_needs_all_three() -> None:
    rules = [layers("a.a", "a.b"), layers("a.b", "b.a"), layers("b.a", "a.a")]
    (steps,) = broken_orders(rules)
    assert {rule for rule, _, _ in steps} == set(rules)


def test_skipping_a_layer_may_be_forbidden_without_contradicting_the_layers() -> None:
    stack = layers("a.top", "a.middle", "a.bottom")
    no_skipping = rule_of("forbidden", sources=["a.top"], targets=["a.bottom"])
    apart = rule_of("independence", modules=["a.middle", "a.bottom"])
    assert not list(dead_permissions([stack, no_skipping, apart]))
    assert not list(broken_orders([stack]))


def test_two_rules_together_can_leave_nothing_of_what_a_third_permits() -> None:
    permitting = rule_of("allowed_only", sources=["a.x", "a.y"], targets=["b"])
    one = rule_of("forbidden", sources=["a.x"], targets=["b"])
    other = rule_of("forbidden", sources=["a.y"], targets=["b"])
    assert list(dead_permissions([permitting, one])) == []
    (found,) = dead_permissions([permitting, one, other])
    assert found == (permitting, "b", (one, other))


def test_what_leaves_a_part_of_an_entry_only_narrows_it() -> None:
    permitting = rule_of("allowed_only", sources=["a"], targets=["b"])
    port_alone = rule_of("allowed_only", sources=["a"], targets=["b.port"])
    found = [(rule, target) for rule, target, _ in dead_permissions([permitting, port_alone])]
    assert found == []
    not_the_port = rule_of("forbidden", sources=["a"], targets=["b.port"])
    found = [(rule, target) for rule, target, _ in dead_permissions([port_alone, not_the_port])]
    assert found == [(port_alone, "b.port")]


def test_an_import_that_a_rule_ignores_stays_permitted() -> None:
    permitting = rule_of("allowed_only", sources=["a"], targets=["b"])
    strict = rule_of("forbidden", sources=["a"], targets=["b"])
    lenient = rule_of("forbidden", sources=["a"], targets=["b"], ignore_imports=["a -> b", "a.** -> b"])
    assert list(dead_permissions([permitting, strict]))
    assert not list(dead_permissions([permitting, lenient]))


def test_layers_whose_imports_are_not_read_say_nothing() -> None:
    ours, theirs = layers("a.x", "b.y"), layers("b.y", "a.x", packages=["b"])
    assert not list(broken_orders([ours, theirs])), "the second rule does not read what a.x imports"
    assert list(broken_orders([ours, layers("b.y", "a.x", packages=["a"])]))

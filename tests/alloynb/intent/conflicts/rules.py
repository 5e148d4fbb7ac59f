"""Rules to let stand against each other, and every module that they could be about."""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import strategies as st
from pydantic import TypeAdapter

from alloynb.intent.boundary_rule import ImportBoundaryRule, LayersRule
from alloynb.intent.record import IntentRecord
from tests.alloynb.intent.records import a_record

_RULE: TypeAdapter[ImportBoundaryRule] = TypeAdapter(ImportBoundaryRule)
PACKAGES = ("a", "b")
UNIVERSE = tuple(
    ".".join((top, *rest))
    for length in range(4)
    for top in PACKAGES
    for rest in product("abz", repeat=length)
)
"""Modules up to four deep; rules never name `z`, so that it stands for everything that no rule names."""


def rule_of(type_: str, **fields: Any) -> ImportBoundaryRule:
    """An import rule over the packages `a` and `b`."""
    return _RULE.validate_python({"type": type_, "packages": PACKAGES, **fields})


def layers(*names: str, **fields: Any) -> LayersRule:
    """Layers, top first."""
    rule = rule_of("layers", layers=names, **fields)
    assert isinstance(rule, LayersRule)
    return rule


def holding(slug: str, *definitions: dict[str, Any], **fields: Any) -> IntentRecord:
    """A record that holds these evidence definitions, named `e0`, `e1`, …"""
    evidence = [
        {"id": f"e{number}", "description": "It holds.", **each} for number, each in enumerate(definitions)
    ]
    return a_record(slug, evidence=evidence, status="accepted", **fields)


def boundary(type_: str, **fields: Any) -> dict[str, Any]:
    """Evidence: an import rule over the package `shop`."""
    return {"kind": "import_boundary", "rule": {"type": type_, "packages": ["shop"], **fields}}


def plain_names(most: int = 3) -> st.SearchStrategy[str]:
    """Names of modules without wildcards."""
    tail = st.lists(st.sampled_from("ab"), max_size=most - 1)
    return st.builds(lambda top, rest: ".".join((top, *rest)), st.sampled_from(PACKAGES), tail)


def wild_names() -> st.SearchStrategy[str]:
    """Names of modules, some with wildcards."""
    tail = st.lists(st.sampled_from(("a", "b", "*", "**")), max_size=2)
    return st.builds(lambda top, rest: ".".join((top, *rest)), st.sampled_from(PACKAGES), tail)


def layer_rules(names: st.SearchStrategy[str]) -> st.SearchStrategy[LayersRule]:
    """Two to four layers."""
    return st.lists(names, min_size=2, max_size=4, unique=True).map(lambda found: layers(*found))


def boundary_rules(names: st.SearchStrategy[str]) -> st.SearchStrategy[ImportBoundaryRule]:
    """Import rules of every type."""
    some = st.lists(names, min_size=1, max_size=2, unique=True)
    return st.one_of(
        st.builds(lambda s, t: rule_of("forbidden", sources=s, targets=t), some, some),
        st.builds(lambda s, t: rule_of("allowed_only", sources=s, targets=t), some, some),
        st.lists(names, min_size=2, max_size=3, unique=True).map(
            lambda found: rule_of("independence", modules=found)
        ),
        layer_rules(names),
    )


def many_records(count: int) -> list[IntentRecord]:
    """Records about modules of their own, with one module that all of them share."""
    template = holding(
        "m0",
        boundary("layers", layers=["shop.m0.ui", "shop.m0.domain", "shop.money"]),
        boundary("allowed_only", sources=["shop.m0.domain"], targets=["shop.m0.port"]),
        {"kind": "dependency", "dependency": {"forbidden": ["requests"]}},
    ).model_dump_json()
    return [IntentRecord.model_validate_json(template.replace("m0", f"m{number}")) for number in range(count)]

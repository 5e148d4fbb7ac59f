"""The eight kinds of evidence, waivers and exceptions (spec 2.3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from alloynb.intent.boundary_rule import siblings_of
from alloynb.intent.evidence_definition import (
    EvidenceDefinition,
    EvidenceException,
    EvidenceKind,
    Waiver,
    split_evidence_id,
)
from tests.alloynb.intent.records import LATER, NOON

ADAPTER: TypeAdapter[Any] = TypeAdapter(EvidenceDefinition)
PART_OF_KIND: dict[str, dict[str, Any]] = {
    "gate": {"gate": {"name": "tests", "command": ["python", "-m", "pytest"]}},
    "import_boundary": {"rule": {"type": "independence", "packages": ["a"], "modules": ["a.x", "a.y"]}},
    "pattern": {
        "pattern": {"language": "python", "must": "not_occur", "query": "eval($X)", "paths": ["**/*.py"]}
    },
    "test": {"test": {"tests": ["tests/x.py::test_y"], "without": ["network"]}},
    "dependency": {"dependency": {"forbidden": ["requests"], "where": ["pyproject.toml"]}},
    "trace": {"condition": "no_mutator_ran_under_dry_run"},
    "metric": {"condition": {"sql": "SELECT true"}},
    "human_review": {"question": "Still true?", "role": "architect", "expires_days": 180},
}
RULE = {"packages": ["a"]}


def definition(kind: str, **fields: Any) -> dict[str, Any]:
    return {"id": "one", "kind": kind, "description": "shows it", **PART_OF_KIND[kind], **fields}


def test_there_are_exactly_eight_kinds() -> None:
    assert set(PART_OF_KIND) == set(get_args(EvidenceKind))


@pytest.mark.parametrize("kind", PART_OF_KIND)
def test_each_kind_survives_json_and_is_required_on_every_run_by_default(kind: str) -> None:
    found = ADAPTER.validate_python(definition(kind))

    assert (found.kind, found.required, found.review_policy) == (kind, True, "every_run")
    assert ADAPTER.validate_json(ADAPTER.dump_json(found)) == found
    assert found.global_id("shop.intent.x") == "shop.intent.x#one"


@pytest.mark.parametrize("kind", PART_OF_KIND)
@pytest.mark.parametrize("other", PART_OF_KIND)
def test_no_kind_takes_the_part_of_another(kind: str, other: str) -> None:
    fields = {key: value for key, value in definition(kind).items() if key not in PART_OF_KIND[kind]}
    if kind == other or (kind, other) == ("trace", "metric"):
        return

    with pytest.raises(ValidationError):
        ADAPTER.validate_python({**fields, **PART_OF_KIND[other]})


def test_evidence_may_be_looked_at_again_after_some_days() -> None:
    found = ADAPTER.validate_python(definition("gate", review_policy={"every_days": 90}))

    assert found.review_policy.every_days == 90


@pytest.mark.parametrize("policy", ["sometimes", {"every_days": 0}, {"days": 3}])
def test_an_unknown_review_policy_is_refused(policy: Any) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(definition("gate", review_policy=policy))


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "forbidden", "sources": ["a.x"], "targets": ["a.y"], "indirect": True},
        {"type": "layers", "layers": ["a.top", "a.left | a.right", "a.bottom"]},
        {"type": "independence", "modules": ["a.plugins.*"]},
        {"type": "allowed_only", "sources": ["a.x"], "targets": [], "universe": ["duckdb"]},
        {"type": "forbidden", "sources": ["a.**.domain"], "targets": ["b"], "ignore_imports": ["a.x -> b.y"]},
    ],
)
def test_the_four_rules_are_read(rule: dict[str, Any]) -> None:
    found = ADAPTER.validate_python(definition("import_boundary", rule={**RULE, **rule}))

    assert found.rule.type == rule["type"]
    assert (found.rule.source_roots, found.rule.type_checking) == ((".",), True)


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "forbidden", "sources": ["a.x"]},
        {"type": "forbidden", "sources": [], "targets": ["a.y"]},
        {"type": "forbidden", "sources": ["a.x"], "targets": ["a.y"], "layers": ["a"]},
        {"type": "layers"},
        {"type": "layers", "layers": ["a.x"]},
        {"type": "layers", "layers": ["a.x", "a.y | a.x"]},
        {"type": "layers", "layers": ["a.x", "a.y |"]},
        {"type": "independence", "modules": ["a.x"]},
        {"type": "allowed_only", "sources": ["a.x"]},
        {"type": "forbidden", "sources": ["a-x"], "targets": ["a.y"]},
        {"type": "forbidden", "sources": ["a.***"], "targets": ["a.y"]},
        {"type": "forbidden", "sources": ["a.x"], "targets": ["a.y"], "ignore_imports": ["a.x"]},
        {"type": "forbidden", "sources": ["a.x"], "targets": ["a.y"], "packages": []},
        {"type": "forbidden", "sources": ["a.x"], "targets": ["a.y"], "source_roots": ["/etc"]},
        {"type": "forbidden", "sources": ["a.x"], "targets": ["a.y"], "source_roots": ["../x"]},
        {"type": "cyclic", "modules": ["a.x", "a.y"]},
    ],
)
def test_a_rule_that_says_too_little_or_nonsense_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(definition("import_boundary", rule={**RULE, **rule}))


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("gate", {"gate": {"name": "tests", "command": []}}),
        ("gate", {"gate": {"name": "tests", "command": "pytest -q"}}),
        ("gate", {"gate": {"name": "tests", "command": ["x"], "timeout_s": 0}}),
        ("gate", {"gate": {"name": "tests", "command": ["x"], "timeout_s": float("inf")}}),
        ("gate", {"gate": {"name": "tests", "command": ["x"], "mode": "required"}}),
        ("dependency", {"dependency": {}}),
        ("dependency", {"dependency": {"allowed": ["a"], "forbidden": ["a"]}}),
        ("test", {"test": {"tests": []}}),
        ("metric", {"condition": "a_name"}),
        ("human_review", {"expires_days": 0}),
    ],
)
def test_a_definition_that_could_never_be_executed_is_refused(kind: str, part: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ADAPTER.validate_python(definition(kind, **part))


def test_siblings_of_a_layer_are_taken_apart() -> None:
    assert siblings_of("a | b|c") == ("a", "b", "c")


def test_a_global_id_is_taken_apart() -> None:
    assert split_evidence_id("shop.intent.x#one") == ("shop.intent.x", "one")
    assert split_evidence_id("shop.intent.x") == ("shop.intent.x", "")


def a_waiver(**fields: Any) -> Waiver:
    facts = {
        "waiver_id": "waiver_1",
        "evidence_id": "shop.intent.x#one",
        "who": "ana",
        "why": "the vendor is down",
    }
    return Waiver.model_validate({**facts, "granted_at": NOON, "until": LATER, **fields})


def test_an_expired_waiver_is_not_a_waiver() -> None:
    waiver = a_waiver()

    assert waiver.is_valid(NOON)
    assert waiver.is_valid(LATER - timedelta(microseconds=1))
    assert not waiver.is_valid(LATER)
    assert not waiver.is_valid(NOON - timedelta(microseconds=1))


@pytest.mark.parametrize(
    "fields", [{"until": NOON}, {"why": " "}, {"who": ""}, {"evidence_id": "shop.intent.x"}]
)
def test_a_waiver_says_who_why_and_until_when(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        a_waiver(**fields)


def test_an_exception_names_a_finding_or_a_path() -> None:
    facts = a_waiver().model_dump(exclude={"waiver_id"}) | {"exception_id": "exception_1"}

    with pytest.raises(ValidationError, match="names a finding or a path"):
        EvidenceException.model_validate(facts)
    assert EvidenceException.model_validate({**facts, "path": "shop/legacy/**"}).is_valid(NOON)

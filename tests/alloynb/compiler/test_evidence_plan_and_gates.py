from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from alloynb.compiler.gates import overlay_gates
from alloynb.intent.evidence_definition import EvidenceDefinition

GATE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:#-]{0,199}")


def _gates(formation):
    return {gate.name: gate for gate in formation.gate_overlay.content.gates}


def test_every_definition_of_a_guiding_record_is_planned_once(compile_shop, worked_example):
    items = compile_shop(worked_example).evidence_plan.content.items
    assert [
        (item.evidence_id.partition("#")[2], item.observed_by, item.need, item.gate) for item in items
    ] == [
        ("imports", "reading", "required", "offline-orders.imports"),
        ("offline-tests", "gate", "required", "offline-orders.offline-tests"),
        ("rehearsal", "human", "suggested", None),
        ("prices", "gate", "required", "one-price.prices"),
        ("no-float", "reading", "required", "one-price.no-float"),
        ("dry", "trace", "required", None),
    ]


def test_a_planned_item_pins_the_whole_definition(compile_shop, worked_example):
    items = compile_shop(worked_example).evidence_plan.content.items
    pinned = [TypeAdapter(EvidenceDefinition).validate_python(item.definition) for item in items]
    assert pinned == [definition for record in worked_example[:2] for definition in record.evidence]


def test_evidence_that_alloy_reads_becomes_a_gate_that_runs_its_checker(compile_shop, worked_example):
    gate = _gates(compile_shop(worked_example))["offline-orders.imports"]
    assert gate.command == ("alloynb", "check", "shop.intent.offline-orders#imports")
    assert gate.evidence_id == "shop.intent.offline-orders#imports"
    assert gate.applies_to == ("shop.intent.offline-orders",)
    assert gate.mode == "required_for_dry_run"


def test_tests_become_a_gate_that_runs_pytest_and_cannot_be_given_options(compile_shop, worked_example):
    gate = _gates(compile_shop(worked_example))["offline-orders.offline-tests"]
    assert gate.command == ("python", "-m", "pytest", "-q", "--", "tests/checkout/test_offline.py")


def test_a_kind_that_no_checker_reads_is_planned_but_never_claimed_by_a_gate(compile_shop, worked_example):
    reading = frozenset({"import_boundary", "dependency"})
    assert "one-price.no-float" not in _gates(compile_shop(worked_example, checker_reads=reading))


def test_a_structural_pattern_becomes_a_gate_that_runs_the_checker(compile_shop, worked_example):
    gate = _gates(compile_shop(worked_example))["one-price.no-float"]
    assert gate.command == ("alloynb", "check", "shop.intent.one-price#no-float")


@pytest.mark.parametrize(
    ("required", "stated", "mode"),
    [
        (True, None, "required_for_dry_run"),
        (True, "advisory", "advisory"),
        (True, "required_for_mutation", "required_for_mutation"),
        (False, None, "advisory"),
        (False, "required_for_dry_run", "advisory"),
    ],
)
def test_a_required_gate_takes_its_own_mode_and_a_suggested_one_never_stops_a_run(
    record, required, stated, mode
):
    gate = {"name": "g", "command": ["make"]} | ({"mode": stated} if stated else {})
    definition = {"id": "g", "kind": "gate", "description": "d", "required": required, "gate": gate}
    (found,) = overlay_gates("shop", [record(evidence=[definition])]).gates
    assert found.mode == mode


def test_timeout_and_command_of_a_gate_are_its_own(compile_shop, worked_example):
    gate = _gates(compile_shop(worked_example))["one-price.prices"]
    assert (gate.command, gate.timeout_s) == (("make", "prices"), 60)


def test_records_of_two_projects_never_share_a_gate_name(record):
    overlay = overlay_gates("shop", [record("a"), record("a", id="till.intent.a")])
    assert [gate.name for gate in overlay.gates] == ["a.gate", "till.intent.a.gate"]


@given(
    slugs=st.lists(
        st.from_regex(r"[a-z0-9][a-z0-9_-]{0,119}", fullmatch=True), min_size=1, max_size=4, unique=True
    )
)
def test_gate_names_are_unique_and_fit_the_seam_however_long_the_ids(record, slugs):
    definitions = [
        {"id": slug, "kind": "gate", "description": "d", "gate": {"name": "g", "command": ["make"]}}
        for slug in slugs
    ]
    overlay = overlay_gates("shop", [record(slug, evidence=definitions) for slug in slugs])
    names = [gate.name for gate in overlay.gates]
    assert len(set(names)) == len(slugs) ** 2
    assert all(GATE_NAME.fullmatch(name) for name in names)

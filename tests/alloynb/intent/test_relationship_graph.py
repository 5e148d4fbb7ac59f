"""The records together: no dangling reference, no circle, no id twice (spec 2.1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alloynb.errors import AlloyError
from alloynb.intent.errors import DanglingReference, DuplicateId, RelationshipCycle
from alloynb.intent.record import IntentRecord
from alloynb.intent.relationship_graph import check_relationships
from alloynb.intent.store import IntentStore
from alloynb.intent.yaml_folder import StoredFile
from tests.alloynb.intent.records import a_record


def link(type_: str, slug: str) -> dict[str, str]:
    return {"type": type_, "target": f"shop.intent.{slug}"}


def stored(root: Path, *records: IntentRecord) -> tuple[StoredFile[IntentRecord], ...]:
    store = IntentStore(root)
    return tuple(store.create(record) for record in records)


def places(faults: tuple[AlloyError, ...]) -> list[str]:
    """`file: text of the line` of every fault."""
    found = []
    for fault in faults:
        assert fault.file is not None
        assert fault.line is not None
        found.append(f"{fault.file.name}: {fault.file.read_text().splitlines()[fault.line - 1].strip()}")
    return found


def test_a_sound_graph_has_no_fault(tmp_path: Path) -> None:
    records = stored(
        tmp_path,
        a_record(
            "a", relationships=[link("refines", "b"), link("supports", "b"), link("conflicts_with", "c")]
        ),
        a_record("b", relationships=[link("supports", "a"), link("depends_on", "c")]),
        a_record("c", supersedes="shop.intent.a"),
    )

    assert check_relationships(records) == ()


def test_a_dangling_reference_is_told_at_its_line(tmp_path: Path) -> None:
    records = stored(
        tmp_path,
        a_record("a", relationships=[link("refines", "b"), link("applies_to", "gone")]),
        a_record(
            "b",
            supersedes="shop.intent.lost",
            expectation_ref="shop.expectation.x",
            strategy_ref="shop.strategy.y",
        ),
    )

    faults = check_relationships(records)

    assert all(isinstance(fault, DanglingReference) for fault in faults)
    assert places(faults) == [
        "a.yaml: target: shop.intent.gone",
        "b.yaml: supersedes: shop.intent.lost",
        "b.yaml: expectation_ref: shop.expectation.x",
        "b.yaml: strategy_ref: shop.strategy.y",
    ]
    assert len(check_relationships(records, {"shop.expectation.x"}, {"shop.strategy.y"})) == 2


@pytest.mark.parametrize("kind", ["supersedes", "refines", "depends_on"])
def test_a_circle_is_told_once_with_its_whole_way(tmp_path: Path, kind: str) -> None:
    records = stored(
        tmp_path,
        a_record("a", relationships=[link(kind, "b")]),
        a_record("b", relationships=[link(kind, "c")]),
        a_record("c", relationships=[link(kind, "a")]),
        a_record("d", relationships=[link(kind, "a")]),
    )

    (fault,) = check_relationships(records)

    assert isinstance(fault, RelationshipCycle)
    assert f"a circle of {kind}: " in str(fault)
    assert {f"shop.intent.{slug}" for slug in "abc"} == set(str(fault).rpartition(": ")[2].split(" → "))
    assert places((fault,))[0].split(": ", 1)[1].startswith("target: shop.intent.")


def test_a_circle_through_the_supersedes_field_is_told(tmp_path: Path) -> None:
    records = stored(
        tmp_path,
        a_record("a", supersedes="shop.intent.b"),
        a_record("b", relationships=[link("supersedes", "a")]),
    )

    assert [type(fault) for fault in check_relationships(records)] == [RelationshipCycle]


@pytest.mark.parametrize("kind", ["supports", "conflicts_with", "applies_to", "constrains"])
def test_other_relationships_may_go_in_circles(tmp_path: Path, kind: str) -> None:
    fields: dict[str, Any] = {"relationships": [link(kind, "b")]}
    records = stored(tmp_path, a_record("a", **fields), a_record("b", relationships=[link(kind, "a")]))

    assert check_relationships(records) == ()


def test_every_one_of_several_circles_is_told(tmp_path: Path) -> None:
    pairs = [("a", "b"), ("c", "d")]
    records = stored(
        tmp_path,
        *(
            a_record(one, relationships=[link("refines", other)])
            for pair in pairs
            for one, other in (pair, pair[::-1])
        ),
    )

    assert len(check_relationships(records)) == 2


def test_a_long_chain_is_no_circle_and_no_problem(tmp_path: Path) -> None:
    (only,) = stored(tmp_path, a_record("r0"))
    chain = [
        StoredFile(a_record(f"r{at}", relationships=[link("refines", f"r{at + 1}")]), only.file, only.digest)
        for at in range(3000)
    ]

    assert check_relationships([*chain, StoredFile(a_record("r3000"), only.file, only.digest)]) == ()


def test_two_files_of_one_id_are_told(tmp_path: Path) -> None:
    (first,) = stored(tmp_path, a_record("a"))
    other = first.file.with_name("copy.yaml")
    other.write_bytes(first.file.read_bytes())

    (fault,) = check_relationships([first, StoredFile(first.model, other, first.digest)])

    assert isinstance(fault, DuplicateId)
    assert str(first.file) in str(fault)
    assert places((fault,)) == ["copy.yaml: id: shop.intent.a"]

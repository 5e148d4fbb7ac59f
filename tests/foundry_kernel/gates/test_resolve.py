"""Which gates stand: the repository's, and those that an overlay adds (spec 3.5, 4.5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_kernel.gates.errors import MalformedGateFile, MalformedOverlay
from foundry_kernel.gates.resolve import GATE_FILE, resolve
from runtime_artifacts.errors import UnsafePath
from runtime_artifacts.gate_overlay import GateOverlay, OverlayGate

TREE = Path(__file__).parent


def gate_file(*gates: Any) -> bytes:
    return json.dumps({"gates": list(gates)}, indent=1).encode()


def overlay(*gates: OverlayGate) -> GateOverlay:
    return GateOverlay(project_id="demo", gates=gates)


def test_the_file_of_the_existing_foundry_is_read() -> None:
    text = gate_file(
        {"name": "fmt", "command": "cargo fmt --check", "required": True, "timeout": 60},
        {"name": "slow", "command": ["pytest", "-q"], "required": False},
        {"name": "plain", "command": "make"},
    )
    gates = resolve(text, None, TREE).gates
    assert [(g.name, g.command, g.required, g.timeout_s, g.mode) for g in gates] == [
        ("fmt", "cargo fmt --check", True, 60, "required_for_mutation"),
        ("slow", ("pytest", "-q"), False, 600, "advisory"),
        ("plain", "make", True, 600, "required_for_mutation"),
    ]


def test_a_repository_without_a_gate_file_has_only_the_overlays_gates() -> None:
    found = resolve(
        None, overlay(OverlayGate(name="imports", command=("true",), evidence_id="r#imports")), TREE
    )
    assert [(g.name, g.source, g.required, g.evidence_id) for g in found.gates] == [
        ("imports", "overlay", False, "r#imports")
    ]
    assert found.gate_file_digest is None


def test_an_overlay_gate_whose_name_is_taken_stands_beside_it_and_loosens_nothing() -> None:
    text = gate_file({"name": "tests", "command": "pytest", "required": True, "timeout": 10})
    asked = OverlayGate(name="tests", command=("true",), timeout_s=9999, mode="advisory")
    found = resolve(text, overlay(asked), TREE)
    assert [(g.name, g.command, g.required, g.timeout_s) for g in found.gates] == [
        ("tests", "pytest", True, 10),
        ("overlay:tests", ("true",), False, 9999),
    ]
    assert found.remarks == (
        "gate tests: the name is taken; the overlay's stands beside it as overlay:tests",
    )


NAMES = st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True)


@given(
    own=NAMES,
    added=NAMES,
    mode=st.sampled_from(["advisory", "required_for_dry_run", "required_for_mutation"]),
)
def test_no_overlay_removes_or_changes_a_gate_of_the_repository(
    own: list[str], added: list[str], mode: Any
) -> None:
    text = gate_file(*({"name": name, "command": f"run {name}"} for name in own))
    asked = overlay(*(OverlayGate(name=name, command="other", mode=mode) for name in added))
    alone, together = resolve(text, None, TREE), resolve(text, asked, TREE)
    assert together.gates[: len(own)] == alone.gates
    assert len(together.gates) == len(own) + len(added)
    assert together == resolve(text, asked, TREE)


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        (b'{"gates": [\n  {"name": "a"\n', 3, "not JSON"),
        (b'{"gates": [\n  {"name": "a", "command": "x"},\n  {"name": "b"}\n]}', 3, "gate 2: command must be"),
        (
            b'{"gates": [\n {"name": "a", "command": "x"},\n\n {"name": "a", "command": "y"}]}',
            4,
            "second gate",
        ),
        (b'{"gates": [{"name": "a", "command": "x", "required": "yes"}]}', 1, "required must be"),
        (b'{"gates": [{"name": "a", "command": "x", "timeout": 0}]}', 1, "timeout must be"),
        (b'{"gates": [{"name": "a", "command": "x", "timeout": true}]}', 1, "timeout must be"),
        (b'{"gates": [{"name": "a", "command": []}]}', 1, "command must be"),
        (b'{"gates": [{"name": "a", "command": "  "}]}', 1, "command must be"),
        (b'{"gates": [{"name": "overlay:a", "command": "x"}]}', 1, "belong to overlays"),
        (b'{"gates": ["a"]}', 1, "must be an object"),
        (b'{"gates": {}}', 1, "must be"),
        (b"[]", 1, "must be"),
        (b'{"gates": [],\n "gates": []}', 2, "duplicate key"),
        (b"\xff", 1, "UTF-8"),
    ],
)
def test_a_malformed_gate_file_is_named_with_its_line(text: bytes, line: int, complaint: str) -> None:
    with pytest.raises(MalformedGateFile, match=complaint) as caught:
        resolve(text, None, TREE)
    assert (caught.value.file, caught.value.line) == (TREE / GATE_FILE, line)
    assert f"{GATE_FILE}:{line}" in str(caught.value)


def test_a_field_that_is_not_understood_is_remarked_on() -> None:
    found = resolve(gate_file({"name": "a", "command": "x", "timeot": 5}), None, TREE)
    assert found.remarks == ("gate a: .hone-gates.json says timeot, which is not understood",)


def test_an_overlay_cannot_take_the_name_that_another_of_its_gates_is_given() -> None:
    text = gate_file({"name": "a", "command": "x"})
    asked = overlay(OverlayGate(name="overlay:a", command="x"), OverlayGate(name="a", command="y"))
    with pytest.raises(MalformedOverlay, match="two overlay gates"):
        resolve(text, asked, TREE)


def test_a_working_directory_outside_the_tree_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("/")
    asked = OverlayGate.model_construct(
        name="a",
        command="x",
        working_directory="out",
        timeout_s=1,
        environment=(),
        applies_to=(),
        mode="advisory",
    )
    with pytest.raises(UnsafePath):
        resolve(None, GateOverlay.model_construct(project_id="demo", gates=(asked,)), tmp_path)


def test_the_phase_of_a_gate_is_kept_and_a_gate_of_the_repository_has_none() -> None:
    asked = overlay(OverlayGate(name="mended", command=("true",), phase="verify"))
    found = resolve(b'{"gates": [{"name": "tests", "command": "true"}]}', asked, TREE)
    assert [each.phase for each in found.gates] == [None, "verify"]

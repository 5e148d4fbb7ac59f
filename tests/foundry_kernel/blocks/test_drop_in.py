"""Blocks and formations are found where they lie, and in other packages (spec 4.2, 4.6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundry_kernel.blocks import available_blocks, load_blocks
from foundry_kernel.engine.errors import BadFormation, UnknownFormation
from foundry_kernel.engine.manifest import describe_capabilities
from foundry_kernel.events.catalogue import load_catalogue
from foundry_kernel.formations import formation_for, load_formation, load_formations, read_formation
from runtime_artifacts.errors import BadPlugin

THEIR_BLOCK = """
from foundry_kernel.engine.block import BlockResult, block
from foundry_kernel.events.payloads.greeting import GreetRequested

@block(name="count_greetings", kind="observer", sinks=(GreetRequested,), emits=())
async def count_greetings(context):
    "Count."
    return BlockResult("one more")

BLOCK = count_greetings
"""
THEIR_FORMATION = """
name = "greet_loudly"
about = "Hello!"
entry_event = "greet_requested"
when = {loud = true}
blocks = ["count_greetings", "compose_greeting"]
"""


@pytest.mark.parametrize("name", sorted(load_formations()))
def test_every_formation_that_we_ship_can_be_composed(name: str) -> None:
    formation = load_formation(name)
    registry = load_blocks(formation)
    assert tuple(each.name for each in registry.blocks) == formation.blocks


@pytest.mark.parametrize("name", sorted(available_blocks()))
def test_every_block_that_we_ship_says_what_it_does(name: str) -> None:
    assert available_blocks()[name].about.endswith(".")


def test_a_run_finds_its_formation_by_its_entry_event() -> None:
    assert formation_for("validation_requested", {}).name == "validation"
    with pytest.raises(UnknownFormation, match=r"one begins with .*greet_requested"):
        formation_for("summarize_completed")
    with pytest.raises(UnknownFormation, match=r"known are .*greet"):
        load_formation("no such")


def test_another_package_adds_a_block_and_a_formation(extra_package: Path) -> None:
    (extra_package / "their_block.py").write_text(THEIR_BLOCK)
    (extra_package / "their_formations" / "loud.toml").write_text(THEIR_FORMATION)
    formation = formation_for("greet_requested", {"loud": True})
    assert formation.name == "greet_loudly"
    assert formation_for("greet_requested", {}).name == "greet"
    assert [each.name for each in load_blocks(formation).blocks] == ["count_greetings", "compose_greeting"]


def test_a_formation_of_a_taken_name_is_refused(extra_package: Path) -> None:
    (extra_package / "their_formations" / "x.toml").write_text(
        THEIR_FORMATION.replace("greet_loudly", "greet")
    )
    with pytest.raises(BadFormation, match="'greet' is taken by"):
        load_formations()


def test_a_dropped_in_block_that_does_not_hold_together_is_named(extra_package: Path) -> None:
    (extra_package / "their_block.py").write_text(THEIR_BLOCK.replace("observer", "mutator"))
    with pytest.raises(BadPlugin, match="must say its dry_run_events") as caught:
        available_blocks()
    assert "their_block" in str(caught.value)


def test_a_formation_file_of_a_request_is_read_and_bounded(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(THEIR_FORMATION)
    assert read_formation(file).origin == str(file)
    for text in (b"#" * 300_000, b"\xff"):
        file.write_bytes(text)
        with pytest.raises(BadFormation, match=r"mine\.toml"):
            read_formation(file)
    with pytest.raises(BadFormation, match="cannot be read"):
        read_formation(tmp_path / "nowhere.toml")


def test_the_manifest_promises_only_what_really_runs() -> None:
    catalogue = load_catalogue()
    blocks = dict(available_blocks(catalogue))
    formations = [load_formation("validation"), load_formation("greet")]

    def manifest(without: str = "") -> tuple[tuple[str, ...], bool]:
        found = describe_capabilities(
            foundry_version="1",
            blocks={name: each for name, each in blocks.items() if name != without},
            formations=formations,
            catalogue=catalogue,
            reads_schemas=["alloy.gate_overlay.v1"],
        )
        return found.entry_events, found.resolves_gate_overlays

    assert manifest() == (("greet_requested", "validation_requested"), True)
    assert manifest(without="resolve_gates") == (("greet_requested",), False)


def test_the_manifest_says_which_formations_mutate() -> None:
    catalogue = load_catalogue()
    found = describe_capabilities(
        foundry_version="1",
        blocks=available_blocks(catalogue),
        formations=[load_formation("validation"), load_formation("greet")],
        catalogue=catalogue,
        reads_schemas=[],
    )
    assert [(each.name, each.mutates) for each in found.formations] == [
        ("greet", True),
        ("validation", False),
    ]

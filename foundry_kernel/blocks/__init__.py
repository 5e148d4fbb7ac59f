"""Task blocks, one file each: drop one in, or name it in the entry point group `foundry_kernel.blocks` (spec 4.2)."""

from __future__ import annotations

from collections.abc import Mapping

from foundry_kernel.engine.block import Block, check_block
from foundry_kernel.engine.formation import Formation
from foundry_kernel.engine.registry import BlockRegistry, compose
from foundry_kernel.errors import FoundryError
from foundry_kernel.events.catalogue import Catalogue, load_catalogue
from runtime_artifacts.drop_in import collect_drop_ins

ENTRY_POINTS = "foundry_kernel.blocks"


def available_blocks(catalogue: Catalogue | None = None) -> Mapping[str, Block]:
    """Find all blocks, our own and those of other packages, and check each.

    Raises:
        BadPlugin: names the file and what is wrong with it.
    """
    types = catalogue or load_catalogue()

    def check(value: object) -> Block:
        try:
            return check_block(value, types)
        except FoundryError as error:
            raise ValueError(str(error)) from error

    found = collect_drop_ins(
        "foundry_kernel.blocks", "BLOCK", check, name_of=lambda block: block.name, entry_points=ENTRY_POINTS
    )
    return {name: each.plugin for name, each in found.items()}


def load_blocks(formation: Formation, catalogue: Catalogue | None = None) -> BlockRegistry:
    """Make the registry of a run: the blocks that a formation names, in its order and with its parameters.

    Raises:
        BadPlugin: a block's file does not hold together.
        BadFormation: the formation names a block that is not there, or its parameters do not fit.
    """
    types = catalogue or load_catalogue()
    return compose(formation, available_blocks(types), types)

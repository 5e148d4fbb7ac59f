"""The blocks of one run, in the order in which they get an event (spec 4.2, 4.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from foundry_kernel.engine.block import Block, Settings, check_block
from foundry_kernel.engine.errors import BadBlock, BadFormation
from foundry_kernel.engine.formation import Formation
from foundry_kernel.events.catalogue import Catalogue
from runtime_artifacts.canonical import digest_of


@dataclass(frozen=True)
class Registered:
    """A block with the settings that it has in this run."""

    block: Block
    settings: Settings


class BlockRegistry:
    """Blocks in registration order; checks each when it registers."""

    def __init__(self, catalogue: Catalogue, blocks: Iterable[Block] = ()) -> None:
        self.catalogue = catalogue
        self._registered: dict[str, Registered] = {}
        for each in blocks:
            self.register(each)

    def register(self, block: Block, settings: Mapping[str, Any] | None = None) -> Block:
        """Add a block at the end, for example one that was defined in a notebook cell.

        Raises:
            BadBlock: its definition does not hold together, its name is taken, or the settings do not fit.
        """
        check_block(block, self.catalogue)
        taken = self._registered.get(block.name)
        if taken is not None:
            raise BadBlock(f"{block.origin}: block {block.name!r} is taken by {taken.block.origin}")
        try:
            fitted = block.settings.model_validate(dict(settings or {}))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise BadBlock(f"settings of block {block.name!r}: {where}: {first['msg']}") from error
        self._registered[block.name] = Registered(block, fitted)
        return block

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks, in order."""
        return tuple(each.block for each in self._registered.values())

    def settings_of(self, name: str) -> Settings:
        """Settings of a registered block."""
        return self._registered[name].settings

    def sinking_on(self, event_type: str) -> tuple[Block, ...]:
        """Blocks that work on an event type, in order."""
        return tuple(each for each in self.blocks if event_type in each.sinks)

    @property
    def digest(self) -> str:
        """Digest of what decides the chain: names, kinds, reach, sinks, emits, settings and order."""
        return digest_of(
            [
                {
                    "name": each.block.name,
                    "kind": each.block.kind,
                    "reach": each.block.reach,
                    "sinks": list(each.block.sinks),
                    "emits": list(each.block.emits),
                    "settings": each.settings.model_dump(mode="json"),
                }
                for each in self._registered.values()
            ]
        )


def compose(formation: Formation, available: Mapping[str, Block], catalogue: Catalogue) -> BlockRegistry:
    """Take the blocks that a formation names, in its order and with its parameters.

    Raises:
        BadFormation: it names a block that is not there, its parameters do not fit, or no block sinks on its entry
            event.
        BadBlock: a block's definition does not hold together.
    """
    registry = BlockRegistry(catalogue)
    for name in formation.blocks:
        if name not in available:
            known = ", ".join(sorted(available))
            raise BadFormation(
                f"{formation.origin}: blocks: no block {name!r}", next_step=f"known are {known}"
            )
        check_block(available[name], catalogue)
        try:
            registry.register(available[name], formation.parameters.get(name))
        except BadBlock as error:
            raise BadFormation(f"{formation.origin}: parameters: {error}") from error
    if not registry.sinking_on(formation.entry_event):
        raise BadFormation(f"{formation.origin}: no block sinks on {formation.entry_event}")
    return registry

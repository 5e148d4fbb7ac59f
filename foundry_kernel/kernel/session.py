"""What a notebook session added to Foundry: blocks and event types that were defined in its cells (spec 4.2, 4.10).

A definition lives as long as the kernel. Whatever is taken in was checked as if it lay in a file; an error names the
cell. A block of an installed one's name stands for it in this session, so that a variant can be tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from foundry_kernel.blocks import available_blocks
from foundry_kernel.engine.block import Block, check_block
from foundry_kernel.engine.errors import BadBlock, BadFormation, UnknownFormation
from foundry_kernel.engine.formation import Formation
from foundry_kernel.engine.registry import BlockRegistry, compose
from foundry_kernel.errors import FoundryError
from foundry_kernel.events.catalogue import Catalogue, load_catalogue
from foundry_kernel.events.payload import Payload
from foundry_kernel.formations import formation_for, load_formation, load_formations

AD_HOC = "session"
"""Name of a formation that no file describes."""


class NotDefinedHere(FoundryError):
    """The session holds nothing of this name."""


@dataclass(frozen=True)
class Cell:
    """A cell that defines something.

    Attributes:
        label: how people find it, such as `cell [3]`.
        id: of the cell in its notebook; empty when the front end does not tell.
        digest: `sha256:` digest of its text, for the journal of a run.
    """

    label: str
    id: str = ""
    digest: str = ""


@dataclass(frozen=True)
class Defined:
    """One definition that was taken in.

    Attributes:
        replaced: label of the cell whose definition it replaces; empty when it is new.
    """

    name: str
    what: Block | type[Payload]
    cell: Cell
    replaced: str = ""


@dataclass(frozen=True)
class Taken:
    """What became of a cell's definitions.

    Attributes:
        forgotten: names that the same cell defined before, and no longer does.
    """

    defined: tuple[Defined, ...]
    forgotten: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chain:
    """What a run from the session is made of."""

    catalogue: Catalogue
    formation: Formation
    registry: BlockRegistry
    about: Mapping[str, object]


class Session:
    """Blocks and event types of one notebook session, in the order in which they were first defined."""

    def __init__(
        self, installed_types: Catalogue | None = None, installed_blocks: Mapping[str, Block] | None = None
    ) -> None:
        """Begin with what is installed; what is not given is found when it is first needed."""
        self._installed_types, self._installed_blocks = installed_types, installed_blocks
        self._blocks: dict[str, Defined] = {}
        self._types: dict[str, Defined] = {}

    @property
    def catalogue(self) -> Catalogue:
        """Installed event types and those of the session."""
        return self._catalogue_with(self._types)

    @property
    def blocks(self) -> tuple[Defined, ...]:
        """The session's own blocks."""
        return tuple(self._blocks.values())

    @property
    def event_types(self) -> tuple[Defined, ...]:
        """The session's own event types."""
        return tuple(self._types.values())

    @property
    def available(self) -> Mapping[str, Block]:
        """Installed blocks and those of the session, by name; the session's stand for installed ones of their name."""
        return {**self.installed, **self._own()}

    @property
    def installed(self) -> Mapping[str, Block]:
        """Installed blocks, by name."""
        if self._installed_blocks is None:
            self._installed_blocks = available_blocks(self._types_installed())
        return self._installed_blocks

    def define(self, cell: Cell, found: Sequence[Block | type[Payload]]) -> Taken:
        """Take in what a cell defines, all of it or, when something is wrong with it, nothing.

        What the same cell defined before and does not define any more is forgotten.

        Raises:
            BadBlock: names the cell, and says everything that is wrong with the definition.
        """
        types = {name: each for name, each in self._types.items() if not _same_cell(each.cell, cell)}
        own_types = {each.event_type(): each for each in found if isinstance(each, type)}
        for name, payload in own_types.items():
            self._check_type(cell, name, payload)
            types[name] = Defined(name, payload, cell)
        catalogue = self._catalogue_with(types)
        blocks = {name: each for name, each in self._blocks.items() if not _same_cell(each.cell, cell)}
        new: dict[str, Block] = {}
        for each in found:
            if not isinstance(each, Block):
                continue
            here = each if each.work.__module__ != "__main__" else replace(each, origin=cell.label)
            check_block(here, catalogue)
            if here.name in new:
                raise BadBlock(f"{cell.label}: it defines two blocks named {here.name!r}")
            new[here.name] = here
            blocks[here.name] = Defined(here.name, here, cell)
        _check_uses(blocks.values(), catalogue, cell)
        taken = tuple(
            replace(now, replaced=before.cell.label if before else "")
            for now, before in [
                *((types[name], self._types.get(name)) for name in own_types),
                *((blocks[name], self._blocks.get(name)) for name in new),
            ]
        )
        gone = tuple(
            name for name in [*self._blocks, *self._types] if name not in blocks and name not in types
        )
        self._types, self._blocks = _in_first_order(self._types, types), _in_first_order(self._blocks, blocks)
        return Taken(taken, gone)

    def forget(self, name: str) -> Defined:
        """Take a block or an event type of the session back.

        Raises:
            NotDefinedHere: the session has none of this name.
            BadBlock: a block of the session still needs the event type.
        """
        if name in self._blocks:
            return self._blocks.pop(name)
        if name not in self._types:
            known = ", ".join([*self._blocks, *self._types]) or "nothing"
            raise NotDefinedHere(f"no cell defines {name[:100]!r}", next_step=f"this session defines {known}")
        users = [each for each, block in self._own().items() if name in (*block.sinks, *block.emits)]
        if users:
            raise BadBlock(
                f"event {name} is needed by {', '.join(users)}", next_step=f"forget {users[0]} first"
            )
        return self._types.pop(name)

    def chain(
        self,
        event_type: str,
        payload: Mapping[str, object],
        *,
        formation: str = "",
        blocks: Sequence[str] = (),
    ) -> Chain:
        """Choose what a run that begins with an event is made of.

        Blocks by name are just these. Else it is a formation, the named one or the one that fits, and the session's
        blocks that its chain can reach follow in their order. Without a formation it is what the session's blocks
        alone can reach.

        Args:
            payload: as `Catalogue.check_entry` returned it.

        Raises:
            UnknownFormation, BadFormation: there is no such chain.
        """
        catalogue = self.catalogue
        if blocks:
            chosen = _ad_hoc(event_type, blocks, "--blocks")
        else:
            chosen = self._with_own(event_type, self._formation(event_type, payload, formation, catalogue))
        registry = compose(chosen, self.available, catalogue)
        own = {name: each for name, each in self._blocks.items() if name in chosen.blocks}
        about = {
            name: {"origin": each.cell.label, "cell_digest": each.cell.digest} for name, each in own.items()
        }
        return Chain(catalogue, chosen, registry, {"session_blocks": about} if about else {})

    def entry_for(self, block: Block) -> str | None:
        """An entry event whose chain reaches a block, for telling people how to try it; None when there is none."""
        catalogue = self.catalogue
        direct = [each for each in block.sinks if each in catalogue.entry_events]
        if direct:
            return direct[0]
        for each in load_formations(catalogue).values():
            whole = all(name in self.available for name in each.blocks)
            if whole and block.name in self._with_own(each.entry_event, each).blocks:
                return each.entry_event
        return None

    def _formation(
        self, event_type: str, payload: Mapping[str, object], name: str, catalogue: Catalogue
    ) -> Formation | None:
        if not name:
            try:
                return formation_for(event_type, payload, catalogue)
            except UnknownFormation:
                return None
        found = load_formation(name, catalogue)
        if found.entry_event != event_type:
            raise BadFormation(
                f"formation {name} begins with {found.entry_event}, not {event_type}",
                next_step=f"%foundry emit {found.entry_event} PROJECT --formation {name}",
            )
        return found

    def _with_own(self, event_type: str, formation: Formation | None) -> Formation:
        """Add the session's blocks that the chain can reach."""
        known = self.available
        names = list(formation.blocks) if formation else []
        seen = {event_type, *(emitted for name in names if name in known for emitted in known[name].emits)}
        own = self._own()
        added: set[str] = set()
        while True:
            more = [
                name
                for name, block in own.items()
                if name not in {*names, *added} and seen & set(block.sinks)
            ]
            if not more:
                break
            added.update(more)
            seen.update(emitted for name in more for emitted in own[name].emits)
        names += [name for name in own if name in added]
        if formation is not None:
            return formation.model_copy(update={"blocks": tuple(names)})
        if not names:
            raise UnknownFormation(
                f"no formation begins with {event_type}, and no block of this session sinks on it",
                next_step="define one with %%block, or name blocks with --blocks",
            )
        return _ad_hoc(event_type, names, "cells of this session")

    def _own(self) -> dict[str, Block]:
        return {name: each.what for name, each in self._blocks.items() if isinstance(each.what, Block)}

    def _types_installed(self) -> Catalogue:
        if self._installed_types is None:
            self._installed_types = load_catalogue()
        return self._installed_types

    def _catalogue_with(self, types: Mapping[str, Defined]) -> Catalogue:
        installed = self._types_installed()
        own = [each.what for each in types.values() if isinstance(each.what, type)]
        return Catalogue([*(installed.payload_type(name) for name in installed.event_types), *own])

    def _check_type(self, cell: Cell, name: str, payload: type[Payload]) -> None:
        if name in self._types_installed():
            taken = self._types_installed().payload_type(name).__module__
            raise BadBlock(
                f"{cell.label}: event {name!r} is taken by {taken}", next_step="choose another name"
            )
        if not payload.__doc__:
            raise BadBlock(
                f"{cell.label}: {payload.__name__} has no docstring",
                next_step="say in one sentence what the event says",
            )


def _check_uses(blocks: Iterable[Defined], catalogue: Catalogue, cell: Cell) -> None:
    """Refuse to take an event type away under a block of another cell.

    Raises:
        BadBlock: it would be.
    """
    for each in blocks:
        assert isinstance(each.what, Block)
        gone = [name for name in (*each.what.sinks, *each.what.emits) if name not in catalogue]
        if gone:
            raise BadBlock(
                f"{cell.label} no longer defines {gone[0]}, which block {each.name} of {each.cell.label} needs",
                next_step=f"%foundry forget {each.name}",
            )


def _ad_hoc(event_type: str, blocks: Sequence[str], origin: str) -> Formation:
    doubled = sorted({name for name in blocks if list(blocks).count(name) > 1})
    if doubled:
        raise BadFormation(f"{origin}: {doubled[0]!r} stands twice")
    about = "Blocks that were put together in a notebook."
    return Formation(name=AD_HOC, about=about, entry_event=event_type, blocks=tuple(blocks), origin=origin)


def _same_cell(one: Cell, other: Cell) -> bool:
    return bool(one.id) and one.id == other.id


def _in_first_order(before: Mapping[str, Defined], now: Mapping[str, Defined]) -> dict[str, Defined]:
    """Keep each name at the place where it first stood: order of registration is order of work."""
    return {name: now[name] for name in dict.fromkeys([*before, *now]) if name in now}

"""What a notebook cell defines: found by running it and looking at what is new (spec 4.2)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence

from foundry_kernel.engine.block import Block
from foundry_kernel.events.payload import Payload
from foundry_kernel.kernel.session import Cell
from runtime_artifacts.canonical import digest_of_bytes

NOTEBOOK_MODULE = "__main__"
"""Module of everything that a cell itself defines; what it imports belongs to another."""


def definitions_of(
    names: Mapping[str, object], run: Callable[[], object]
) -> tuple[Block | type[Payload], ...]:
    """Run a cell, and find the blocks and event types that it defines, in the order of their names' appearance.

    Args:
        names: the notebook's variables, as they are at any moment.
        run: runs the cell; what it raises is raised.
    """
    before = {name: id(value) for name, value in names.items()}
    held = list(names.values())  # so that no new object gets the id of an old one
    run()
    new = [value for name, value in names.items() if before.get(name) != id(value)]
    del held
    own: list[Block | type[Payload]] = []
    for value in new:
        if _is_own(value) and value not in own:
            own.append(value)  # type: ignore[arg-type]
    return tuple(own)


def cell_of(text: str, number: int, cell_id: str = "") -> Cell:
    """Describe a cell.

    Args:
        number: what stands in the brackets beside it, from 1.
        cell_id: of the cell in its notebook; empty when the front end does not tell.
    """
    return Cell(f"cell [{number}]", cell_id, digest_of_bytes(text.encode(errors="surrogatepass")))


def cell_that_holds(what: Block | type[Payload], inputs: Sequence[str]) -> int | None:
    """Number of the latest cell whose text defines something; None when no cell does.

    Args:
        inputs: text of every cell that ran, by number.
    """
    try:
        source = inspect.getsource(what.work if isinstance(what, Block) else what).strip()
    except (OSError, TypeError):
        return None
    numbers = range(len(inputs) - 1, 0, -1)
    return next((number for number in numbers if source and source in inputs[number]), None)


def _is_own(value: object) -> bool:
    if isinstance(value, Block):
        return value.work.__module__ == NOTEBOOK_MODULE
    return isinstance(value, type) and issubclass(value, Payload) and value.__module__ == NOTEBOOK_MODULE

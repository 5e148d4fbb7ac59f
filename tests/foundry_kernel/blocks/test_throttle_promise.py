"""What the throttle promises, of every block that is there: ours, dropped in later, or of another package (spec 4.3).

The work of each block is replaced by one that writes into a book; nothing else of it is.
"""

from __future__ import annotations

import types
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from foundry_kernel.blocks import available_blocks
from foundry_kernel.engine.block import Block, BlockContext, BlockResult
from foundry_kernel.engine.retry import Retry
from foundry_kernel.events.catalogue import load_catalogue
from runtime_artifacts.content import Throttle
from runtime_artifacts.journal import Fact
from tests.fakes.foundry_run import Run

CATALOGUE = load_catalogue()
BLOCKS = available_blocks(CATALOGUE)
MUTATORS = sorted(name for name, each in BLOCKS.items() if each.kind == "mutator")


@dataclass(frozen=True)
class Expected:
    """What must be seen of one block at one throttle."""

    works: bool
    simulated: bool
    delivered: bool


TABLE: dict[tuple[Throttle, str, str], Expected] = {
    ("full", "observer", "workspace"): Expected(works=True, simulated=False, delivered=True),
    ("full", "mutator", "workspace"): Expected(works=True, simulated=False, delivered=True),
    ("full", "mutator", "outside"): Expected(works=True, simulated=False, delivered=True),
    ("audit_only", "observer", "workspace"): Expected(works=True, simulated=False, delivered=True),
    ("audit_only", "mutator", "workspace"): Expected(works=True, simulated=False, delivered=False),
    ("audit_only", "mutator", "outside"): Expected(works=False, simulated=True, delivered=False),
    ("dry_run", "observer", "workspace"): Expected(works=True, simulated=False, delivered=True),
    ("dry_run", "mutator", "workspace"): Expected(works=False, simulated=True, delivered=True),
    ("dry_run", "mutator", "outside"): Expected(works=False, simulated=True, delivered=True),
}


def least(model: type[BaseModel]) -> dict[str, Any]:
    """The least that a payload must say."""
    return {
        name: _least_value(field.annotation, field.metadata)
        for name, field in model.model_fields.items()
        if field.is_required()
    }


def _least_value(annotation: Any, metadata: list[Any]) -> Any:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _least_value(get_args(annotation)[0], metadata)
    if origin in (Union, types.UnionType):
        return _least_value(get_args(annotation)[0], metadata)
    if origin is Literal:
        return get_args(annotation)[0]
    if origin in (tuple, list):
        return []
    if origin is dict:
        return {}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return least(annotation)
    if annotation is bool:
        return True
    if annotation in (int, float):
        return next((each.ge for each in metadata if hasattr(each, "ge")), 1)
    return "x"


def booked(block: Block, book: list[str]) -> Block:
    """A copy whose work only writes down that it was done, and says what the dry run says."""

    async def work(context: BlockContext) -> BlockResult:
        """Write it down."""
        book.append(block.name)
        return BlockResult("done", *(block.dry_run_events(context) if block.dry_run_events else ()))

    return replace(block, work=work, accepts=lambda payload: True, retry=Retry(), concurrent=False)


async def run_alone(
    block: Block, sink: str, throttle: Throttle, folder: Path
) -> tuple[list[str], list[Fact]]:
    book: list[str] = []
    payload = least(CATALOGUE.payload_type(sink))
    run = Run(folder, [booked(block, book)], throttle, catalogue=CATALOGUE, begin_with=(sink, payload))
    outcome = await run.go()
    assert outcome.status == "completed", outcome
    return book, [fact for fact in run.facts if fact.kind == "event" and fact.caused_by]


@pytest.mark.parametrize("throttle", get_args(Throttle))
@pytest.mark.parametrize("name", sorted(BLOCKS))
async def test_every_block_does_at_every_throttle_what_the_table_says(
    name: str, throttle: Throttle, tmp_path: Path
) -> None:
    block = BLOCKS[name]
    expected = TABLE[throttle, block.kind, block.reach]
    for sink in block.sinks:
        book, emitted = await run_alone(block, sink, throttle, tmp_path / sink)
        assert book == ([name] if expected.works else []), f"on {sink}"
        for fact in emitted:
            assert bool(fact.simulated) is expected.simulated, fact.event_type
            assert (fact.delivered is not False) is expected.delivered, fact.event_type
            assert (fact.payload.get("dry_run") is True) is expected.simulated, fact.event_type


@pytest.mark.parametrize("name", MUTATORS)
async def test_every_mutator_shows_in_a_dry_run_what_would_follow(name: str, tmp_path: Path) -> None:
    shown = []
    for sink in BLOCKS[name].sinks:
        shown += (await run_alone(BLOCKS[name], sink, "dry_run", tmp_path / sink))[1]
    assert shown, "a dry run that emits nothing hides the rest of the chain"
    assert {fact.event_type for fact in shown} <= set(BLOCKS[name].emits)


def test_there_are_blocks_of_every_kind_and_reach_to_promise_it_of() -> None:
    assert {(each.kind, each.reach) for each in BLOCKS.values()} == {
        (kind, reach) for _, kind, reach in TABLE
    }

"""What a block is given beside its event: what led to it, services, and a reach (spec 4.2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundry_kernel.engine.block import BlockContext, BlockResult, block, check_block
from foundry_kernel.engine.errors import BadBlock
from tests.fakes.foundry_run import CATALOGUE, Asked, Closed, Done, Heard, Run


class Bell:
    """A service."""

    def __init__(self) -> None:
        self.rung = 0


async def test_a_block_reads_what_led_to_its_event_nearest_first_and_nothing_else(tmp_path: Path) -> None:
    seen: list[object] = []

    @block(name="fork", kind="observer", sinks=(Asked,), emits=(Heard,))
    async def fork(context: BlockContext) -> BlockResult:
        return BlockResult("forked", Heard(n=1), Heard(n=2))

    @block(name="step", kind="observer", sinks=(Heard,), emits=(Done,))
    async def step(context: BlockContext) -> BlockResult:
        return BlockResult("stepped", Done(n=context.payload_as(Heard).n))

    @block(name="look", kind="observer", sinks=(Done,), emits=())
    async def look(context: BlockContext) -> BlockResult:
        heard = context.latest(Heard)
        seen.append(([each.n for each in context.upstream(Heard)], heard.n if heard else None))
        assert context.latest(Closed) is None
        assert [each.n for each in context.upstream(Done)] == [context.payload_as(Done).n]
        return BlockResult("looked")

    outcome = await Run(tmp_path, [fork, step, look]).go()
    assert outcome.status == "completed", outcome
    assert seen == [([1], 1), ([2], 2)], "what a sibling emitted is not on the path"


async def test_a_service_is_found_by_its_type_and_missed_by_name(tmp_path: Path) -> None:
    @block(name="ring", kind="observer", sinks=(Asked,), emits=())
    async def ring(context: BlockContext) -> BlockResult:
        context.service(Bell).rung += 1
        return BlockResult("rang")

    bell = Bell()
    assert (await Run(tmp_path / "with", [ring], services={Bell: bell}).go()).status == "completed"
    assert bell.rung == 1
    without = await Run(tmp_path / "without", [ring]).go()
    assert (without.status, without.failure_class) == ("failed", "dispatch")
    assert "given no Bell" in without.reason


async def test_a_block_that_needs_a_tree_says_so_where_there_is_none(tmp_path: Path) -> None:
    @block(name="dig", kind="observer", sinks=(Asked,), emits=())
    async def dig(context: BlockContext) -> BlockResult:
        return BlockResult(str(context.work_tree))

    outcome = await Run(tmp_path, [dig]).go()
    assert (outcome.status, outcome.failure_class) == ("failed", "validation")


def test_an_observer_reaches_nowhere() -> None:
    @block(name="push", kind="observer", sinks=(Asked,), emits=(), reach="outside")
    async def push(context: BlockContext) -> BlockResult:
        return BlockResult("pushed")

    with pytest.raises(BadBlock, match="reaches nowhere"):
        check_block(push, CATALOGUE)

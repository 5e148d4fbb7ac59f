"""Hello, world, first half: an observer."""

from __future__ import annotations

from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payloads.greeting import GreetingComposed, GreetRequested


@block(
    name="compose_greeting",
    kind="observer",
    sinks=(GreetRequested,),
    emits=(GreetingComposed,),
    concurrent=True,
)
async def compose_greeting(context: BlockContext) -> BlockResult:
    """Find the words."""
    greeting = f"Hello, {context.payload_as(GreetRequested).name}!"
    return BlockResult(greeting, GreetingComposed(greeting=greeting))


BLOCK = compose_greeting

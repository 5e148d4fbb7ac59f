"""Hello, world, second half: a mutator."""

from __future__ import annotations

from foundry_kernel.engine.block import BlockContext, BlockResult, Trigger, block
from foundry_kernel.events.payloads.greeting import GreetingComposed, GreetingDelivered

_FILE = "greeting.txt"


def _would_deliver(trigger: Trigger) -> list[GreetingDelivered]:
    return [GreetingDelivered(success=True, greeting=trigger.payload_as(GreetingComposed).greeting)]


@block(
    name="deliver_greeting",
    kind="mutator",
    sinks=(GreetingComposed,),
    emits=(GreetingDelivered,),
    dry_run_events=_would_deliver,
)
async def deliver_greeting(context: BlockContext) -> BlockResult:
    """Write the greeting into the run's folder."""
    greeting = context.payload_as(GreetingComposed).greeting
    context.gateways.files.write(context.run_dir / _FILE, greeting.encode() + b"\n")
    return BlockResult(f"wrote {_FILE}", GreetingDelivered(success=True, greeting=greeting, path=_FILE))


BLOCK = deliver_greeting

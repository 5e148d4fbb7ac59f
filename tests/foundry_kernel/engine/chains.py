"""Random chains for property tests: a few event types, blocks between them, and a book of what really ran."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from hypothesis import strategies as st

from foundry_kernel.engine.block import Block, BlockContext, BlockResult, block
from foundry_kernel.engine.retry import Retry
from foundry_kernel.errors import FoundryError
from foundry_kernel.events.catalogue import Catalogue
from foundry_kernel.events.payload import ClosingPayload, EntryPayload, Payload
from foundry_kernel.events.payloads.intent import SafetyStopRaised
from runtime_artifacts.journal import Fact


class Level0(EntryPayload):
    """The entry."""

    n: int = 0


class Level1(Payload):
    """One step further."""

    n: int = 0


class Level2(Payload):
    """Two steps further."""

    n: int = 0


class Level3(ClosingPayload):
    """The last step."""

    n: int = 0


LEVELS: tuple[type[Payload], ...] = (Level0, Level1, Level2, Level3)
CATALOGUE = Catalogue((Level0, Level1, Level2, Level3, SafetyStopRaised))


@dataclass(frozen=True)
class Plan:
    """One block of a chain: what it works on, and how many events of the next level it emits."""

    name: str
    level: int
    emits: int
    mutator: bool
    concurrent: bool
    fails: int
    tries: int


@st.composite
def plans(draw: st.DrawFn) -> list[Plan]:
    """Two to six blocks; at least one works on the entry event."""
    found = []
    for index in range(draw(st.integers(2, 6))):
        mutator = draw(st.booleans())
        found.append(
            Plan(
                name=f"block_{index}",
                level=0 if index == 0 else draw(st.integers(0, 2)),
                emits=draw(st.integers(0, 2)),
                mutator=mutator,
                concurrent=not mutator and draw(st.booleans()),
                fails=draw(st.sampled_from([0, 0, 0, 0, 1, 9])),
                tries=draw(st.integers(1, 3)),
            )
        )
    return found


class Book:
    """What ran to its end, by event span and block, and what failed how often. It stands for the world."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        """Begin a book for a world in which `facts` have happened."""
        self.ran: list[tuple[str, str]] = []
        self.failed = Counter(
            (fact.parent_span_id or "", fact.block or "") for fact in facts if fact.payload.get("will_retry")
        )


def build(plan: list[Plan], book: Book) -> list[Block]:
    """Make blocks that write into the book. How often a block fails on one event does not depend on crashes."""
    return [_block(each, book) for each in plan]


def _block(plan: Plan, book: Book) -> Block:
    sink, emitted = LEVELS[plan.level], LEVELS[plan.level + 1]

    def payloads(n: int) -> list[Payload]:
        more = {"success": True} if emitted is Level3 else {}
        return [emitted.model_validate({"n": 10 * n + i, **more}) for i in range(plan.emits)]

    async def work(context: BlockContext) -> BlockResult:
        """Run."""
        here = (context.event.span_id, plan.name)
        if book.failed[here] < plan.fails:
            book.failed[here] += 1
            raise FoundryError(f"{plan.name} fails")
        book.ran.append(here)
        return BlockResult("ran", *payloads(context.event.payload.get("n", 0)))

    declare = block(
        name=plan.name,
        kind="mutator" if plan.mutator else "observer",
        sinks=(sink,),
        emits=(emitted,),
        retry=Retry(plan.tries),
        concurrent=plan.concurrent,
        dry_run_events=(lambda trigger: payloads(trigger.event.payload.get("n", 0)))
        if plan.mutator
        else None,
    )
    return declare(work)

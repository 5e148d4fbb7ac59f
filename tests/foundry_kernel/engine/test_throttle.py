"""What the throttle lets through (spec 4.3)."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from foundry_kernel.engine.block import Block, BlockContext, BlockResult, block
from foundry_kernel.engine.throttle import BlockKind, Decision, Reach, decide
from runtime_artifacts.content import Throttle
from tests.fakes.foundry_run import Asked, Closed, Done, Heard, Run


def chain(done: list[str]) -> list[Block]:
    @block(name="listen", kind="observer", sinks=(Asked,), emits=(Heard,))
    async def listen(context: BlockContext) -> BlockResult:
        done.append("listen")
        return BlockResult("heard", Heard(n=context.payload_as(Asked).n))

    @block(
        name="act",
        kind="mutator",
        sinks=(Heard,),
        emits=(Done,),
        dry_run_events=lambda trigger: [Done(n=trigger.payload_as(Heard).n)],
    )
    async def act(context: BlockContext) -> BlockResult:
        done.append("act")
        return BlockResult("acted", Done(n=context.payload_as(Heard).n))

    @block(name="close", kind="observer", sinks=(Done,), emits=(Closed,))
    async def close(context: BlockContext) -> BlockResult:
        done.append("close")
        return BlockResult("closed", Closed(success=True))

    return [listen, act, close]


@pytest.mark.parametrize(
    ("throttle", "kind", "reach", "expected"),
    [
        ("full", "observer", "workspace", Decision(run=True, deliver=True)),
        ("full", "mutator", "workspace", Decision(run=True, deliver=True)),
        ("full", "mutator", "outside", Decision(run=True, deliver=True)),
        ("audit_only", "observer", "workspace", Decision(run=True, deliver=True)),
        ("audit_only", "mutator", "workspace", Decision(run=True, deliver=False)),
        ("audit_only", "mutator", "outside", Decision(run=False, deliver=False)),
        ("dry_run", "observer", "workspace", Decision(run=True, deliver=True)),
        ("dry_run", "mutator", "workspace", Decision(run=False, deliver=True)),
        ("dry_run", "mutator", "outside", Decision(run=False, deliver=True)),
    ],
)
def test_the_matrix_is_as_specified(
    throttle: Throttle, kind: BlockKind, reach: Reach, expected: Decision
) -> None:
    assert decide(throttle, kind, reach) == expected


async def test_full_runs_and_delivers_everything(tmp_path: Path) -> None:
    done: list[str] = []
    outcome = await Run(tmp_path, chain(done), "full", closing_events=["closed"]).go()
    assert (outcome.status, done) == ("completed", ["listen", "act", "close"])


async def test_audit_only_stops_at_the_mutation_boundary_but_records_the_event(tmp_path: Path) -> None:
    done: list[str] = []
    run = Run(tmp_path, chain(done), "audit_only", closing_events=["closed"])
    outcome = await run.go()
    assert (outcome.status, done) == ("completed", ["listen", "act"])
    held = [fact for fact in run.facts if fact.event_type == "done" and fact.kind == "event"]
    assert [fact.delivered for fact in held] == [False]


async def test_dry_run_never_executes_a_mutator_and_shows_the_whole_chain(tmp_path: Path) -> None:
    done: list[str] = []
    run = Run(tmp_path, chain(done), "dry_run", {"n": 3}, closing_events=["closed"])
    outcome = await run.go()
    assert (outcome.status, done) == ("completed", ["listen", "close"])
    assert not [fact for fact in run.facts if fact.kind == "block_started" and fact.block == "act"]
    simulated = next(fact for fact in run.facts if fact.kind == "event" and fact.event_type == "done")
    assert simulated.simulated is True
    assert simulated.payload == {"n": 3, "dry_run": True}


@pytest.mark.parametrize("throttle", get_args(Throttle))
async def test_every_event_carries_the_throttle_of_the_entry(throttle: Throttle, tmp_path: Path) -> None:
    run = Run(tmp_path, chain([]), throttle)
    await run.go()
    assert {fact.throttle for fact in run.facts if fact.kind == "event"} == {throttle}

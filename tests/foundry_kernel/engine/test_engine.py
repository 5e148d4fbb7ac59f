"""The loop: order, honesty about failures, limits, cancellation, the untouched tree (spec 4.4)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from foundry_kernel.engine.block import Block, BlockContext, BlockResult, Emission, block
from foundry_kernel.engine.outcome import Limits
from foundry_kernel.engine.retry import Retry
from foundry_kernel.errors import FoundryError, Unsafe
from foundry_kernel.events.payload import Payload
from runtime_artifacts.journal import JournalFull
from tests.fakes.foundry_run import Asked, Closed, Done, Heard, Run


def observer(
    name: str, sink: type[Payload], *emitted: Payload | Emission, said: list[str] | None = None
) -> Block:
    @block(name=name, kind="observer", sinks=(sink,), emits=(Heard, Done, Closed))
    async def work(context: BlockContext) -> BlockResult:
        if said is not None:
            said.append(name)
        return BlockResult(name, *emitted)

    return work


def failing(
    name: str, error: Exception, *, retry: Retry | None = None, tries: list[str] | None = None
) -> Block:
    @block(name=name, kind="observer", sinks=(Asked,), emits=(Heard,), retry=retry)
    async def work(context: BlockContext) -> BlockResult:
        if tries is not None:
            tries.append(name)
        raise error

    return work


async def test_what_a_block_emitted_is_followed_to_its_end_before_the_next_block_runs(tmp_path: Path) -> None:
    said: list[str] = []
    blocks = [
        observer("first", Asked, Heard(n=1), Done(), said=said),
        observer("second", Asked, said=said),
        observer("on_heard", Heard, Done(n=5), said=said),
        observer("on_done", Done, said=said),
    ]
    await Run(tmp_path, blocks).go()
    assert said == ["first", "on_heard", "on_done", "on_done", "second"]


async def test_a_fact_stands_in_the_journal_before_anything_acts_on_it(tmp_path: Path) -> None:
    run = Run(tmp_path, [])

    @block(name="look", kind="observer", sinks=(Heard,), emits=())
    async def look(context: BlockContext) -> BlockResult:
        assert run.lines()[-4:] == [
            ("block_finished", "tell", "completed"),
            ("event", "heard", None),
            ("event", "done", None),
            ("block_started", "look", None),
        ]
        return BlockResult("seen")

    run.blocks = [observer("tell", Asked, Heard(), Done()), look]
    outcome = await run.go()
    assert outcome.errors == ()


async def test_a_block_that_does_not_care_is_passed_over(tmp_path: Path) -> None:
    @block(name="picky", kind="observer", sinks=(Asked,), emits=(), accepts=lambda payload: payload.n > 1)
    async def picky(context: BlockContext) -> BlockResult:
        return BlockResult("ran")

    one = Run(tmp_path / "1", [picky], payload={"n": 1})
    two = Run(tmp_path / "2", [picky], payload={"n": 2})
    assert [(await each.go()).blocks for each in (one, two)] == [0, 1]


async def test_a_block_that_raises_fails_the_run_and_stops_the_chain(tmp_path: Path) -> None:
    said: list[str] = []
    run = Run(
        tmp_path, [failing("broken", ValueError("no such number")), observer("later", Asked, said=said)]
    )
    outcome = await run.go()
    assert (outcome.status, outcome.failure_class, said) == ("failed", "execution", [])
    assert outcome.errors[0].message == "block broken: ValueError: no such number"
    assert outcome.errors[0].place.endswith("test_engine.py")
    assert run.lines()[-2:] == [("block_finished", "broken", "failed"), ("run_finished", "asked", "failed")]


async def test_a_run_that_fans_out_may_go_on_after_a_failure_and_still_fails(tmp_path: Path) -> None:
    said: list[str] = []
    blocks = [failing("broken", FoundryError("no")), observer("later", Asked, said=said)]
    outcome = await Run(tmp_path, blocks, continue_after_failure=True).go()
    assert (outcome.status, said) == ("failed", ["later"])


@pytest.mark.parametrize(
    ("error", "status"), [(Unsafe("danger"), "stopped"), (FoundryError("broken"), "failed")]
)
async def test_a_safety_failure_stops_the_run_instead_of_failing_it(
    error: FoundryError, status: str, tmp_path: Path
) -> None:
    run = Run(tmp_path, [failing("guard", error)], continue_after_failure=True)
    outcome = await run.go()
    assert outcome.status == status
    raised = [fact for fact in run.facts if fact.event_type == "safety_stop_raised"]
    assert [fact.delivered for fact in raised] == ([False] if status == "stopped" else [])


@pytest.mark.parametrize(
    ("emitted", "complaint"),
    [
        (Emission("heard", {"n": "many"}), "heard: n:"),
        (Emission("heard", {"unheard_of": 1}), "unknown field 'unheard_of'"),
        (Emission("nothing_known", {}), "did not declare"),
        (Asked(), "did not declare"),
        (Heard(text="x" * 1_100_000), "emits more than"),
        (Heard(n=2**60), "a number beyond"),
        (Heard(text="\x1b[31mred"), "forbidden character"),
    ],
)
async def test_an_event_that_does_not_fit_its_type_is_refused_at_the_emit(
    emitted: Payload | Emission, complaint: str, tmp_path: Path
) -> None:
    run = Run(tmp_path, [observer("sloppy", Asked, emitted)])
    outcome = await run.go()
    assert (outcome.status, outcome.failure_class) == ("failed", "execution")
    assert complaint in outcome.reason
    assert [fact.event_type for fact in run.facts if fact.kind == "event"] == ["asked"]


async def test_a_block_is_tried_again_as_often_as_it_declares_and_no_more(tmp_path: Path) -> None:
    tries: list[str] = []
    run = Run(tmp_path, [failing("flaky", FoundryError("busy"), retry=Retry(3, 10, 2), tries=tries)])
    outcome = await run.go()
    assert (len(tries), outcome.status, outcome.foundry_retries) == (3, "failed", 2)
    assert run.clock.slept == [10, 20]
    assert len({fact.span_id for fact in run.facts if fact.kind == "block_started"}) == 3


async def test_what_was_refused_for_safety_is_not_tried_again(tmp_path: Path) -> None:
    tries: list[str] = []
    outcome = await Run(tmp_path, [failing("guard", Unsafe("no"), retry=Retry(3), tries=tries)]).go()
    assert (len(tries), outcome.foundry_retries) == (1, 0)


async def test_a_loop_is_found_and_named(tmp_path: Path) -> None:
    blocks = [observer("start", Asked, Heard(n=1)), observer("echo", Heard, Heard(n=1))]
    outcome = await Run(tmp_path, blocks).go()
    assert (outcome.status, outcome.failure_class) == ("failed", "execution")
    assert "a loop: block echo gets the same heard again" in outcome.reason
    assert outcome.blocks <= 5


def counting() -> Block:
    @block(name="count", kind="observer", sinks=(Asked, Heard), emits=(Heard,))
    async def count(context: BlockContext) -> BlockResult:
        return BlockResult("on", Heard(n=context.payload.n + 1))  # type: ignore[attr-defined]

    return count


@pytest.mark.parametrize(
    ("limits", "reason"),
    [(Limits(events=20), "more than 20 events"), (Limits(depth=10), "more than 10 events deep")],
)
async def test_a_chain_without_end_is_ended_by_a_limit(limits: Limits, reason: str, tmp_path: Path) -> None:
    outcome = await Run(tmp_path, [counting()], limits=limits).go()
    assert (outcome.status, outcome.reason) == ("failed", reason)


async def test_a_chain_of_three_hundred_events_needs_no_deep_stack(tmp_path: Path) -> None:
    outcome = await Run(tmp_path, [counting()], limits=Limits(depth=300)).go()
    assert outcome.blocks == 300


async def test_the_wall_clock_ends_a_run_at_a_block_boundary(tmp_path: Path) -> None:
    run = Run(tmp_path, [], limits=Limits(wall_clock_s=60))

    @block(name="slow", kind="observer", sinks=(Asked,), emits=(Heard,))
    async def slow(context: BlockContext) -> BlockResult:
        run.clock.advance(61)
        return BlockResult("at last", Heard())

    run.blocks = [slow, observer("late", Heard)]
    outcome = await run.go()
    assert (outcome.status, outcome.reason, outcome.blocks) == ("failed", "no end after 60 s", 1)


async def test_a_block_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    ended: list[str] = []

    @block(name="endless", kind="observer", sinks=(Asked,), emits=(), timeout_s=0.05)
    async def endless(context: BlockContext) -> BlockResult:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("cleaned up")
        return BlockResult("never")

    outcome = await Run(tmp_path, [endless]).go()
    assert (outcome.status, ended) == ("failed", ["cleaned up"])
    assert "no end after 0.05 s" in outcome.reason


async def test_cancelling_lets_the_running_block_say_what_it_saw_and_begins_no_other(tmp_path: Path) -> None:
    run = Run(tmp_path, [])

    @block(name="patient", kind="observer", sinks=(Asked,), emits=(Heard,))
    async def patient(context: BlockContext) -> BlockResult:
        assert run.engine is not None
        run.engine.cancel("enough")
        await context.cancel.wait()
        return BlockResult("cut short", Heard())

    run.blocks = [patient, observer("late", Heard)]
    outcome = await run.go()
    assert (outcome.status, outcome.reason, outcome.errors) == ("cancelled", "enough", ())
    assert [kind for kind, _, _ in run.lines()][-4:] == [
        "cancel_requested",
        "block_finished",
        "event",
        "run_finished",
    ]


async def test_cancelling_ends_a_block_that_does_not_listen(tmp_path: Path) -> None:
    run = Run(tmp_path, [], limits=Limits(cancel_grace_s=0.05))

    @block(name="deaf", kind="observer", sinks=(Asked,), emits=())
    async def deaf(context: BlockContext) -> BlockResult:
        assert run.engine is not None
        run.engine.cancel("enough")
        await asyncio.sleep(60)
        return BlockResult("never")

    run.blocks = [deaf]
    outcome = await run.go()
    assert outcome.status == "cancelled"
    assert ("block_finished", "deaf", "interrupted") in run.lines()


async def test_cancelling_from_another_thread_is_heard(tmp_path: Path) -> None:
    run = Run(tmp_path, [])

    @block(name="wait", kind="observer", sinks=(Asked,), emits=())
    async def wait(context: BlockContext) -> BlockResult:
        assert run.engine is not None
        await asyncio.to_thread(run.engine.cancel, "from outside")
        await context.cancel.wait()
        return BlockResult("told")

    run.blocks = [wait]
    assert (await run.go()).reason == "from outside"


async def test_a_cancelled_task_leaves_an_honest_journal(tmp_path: Path) -> None:
    run = Run(tmp_path, [])

    @block(name="wait", kind="observer", sinks=(Asked,), emits=())
    async def wait(context: BlockContext) -> BlockResult:
        await asyncio.sleep(60)
        return BlockResult("never")

    run.blocks = [wait]
    task = asyncio.create_task(run.go())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert run.lines()[-1] == ("run_finished", "asked", "cancelled")


async def test_an_observer_that_changed_the_work_tree_is_a_safety_failure(tmp_path: Path) -> None:
    run = Run(tmp_path, [], tree=tmp_path)

    @block(name="meddler", kind="observer", sinks=(Asked,), emits=(Heard,))
    async def meddler(context: BlockContext) -> BlockResult:
        run.git.changed["src/a.py"] = "other content"
        return BlockResult("innocent", Heard())

    run.blocks = [meddler, observer("late", Heard)]
    outcome = await run.go()
    assert (outcome.status, outcome.failure_class) == ("stopped", "safety")
    assert "observer meddler changed the work tree: src/a.py" in outcome.reason
    assert [fact.event_type for fact in run.facts if fact.kind == "event"] == ["asked", "safety_stop_raised"]


async def test_a_mutator_may_change_the_tree_and_the_observers_after_it_are_measured_anew(
    tmp_path: Path,
) -> None:
    run = Run(tmp_path, [], tree=tmp_path)

    @block(
        name="write", kind="mutator", sinks=(Heard,), emits=(Done,), dry_run_events=lambda trigger: [Done()]
    )
    async def write(context: BlockContext) -> BlockResult:
        run.git.changed["src/a.py"] = "other content"
        return BlockResult("written", Done())

    run.blocks = [observer("before", Asked, Heard()), write, observer("after", Done)]
    assert (await run.go()).status == "completed"
    assert run.git.looked == 4


async def test_concurrent_observers_run_beside_each_other_and_are_recorded_in_order(tmp_path: Path) -> None:
    met = asyncio.Barrier(3)

    def meeting(name: str, wait_s: float) -> Block:
        @block(name=name, kind="observer", sinks=(Asked,), emits=(Heard,), concurrent=True)
        async def work(context: BlockContext) -> BlockResult:
            async with asyncio.timeout(5):
                await met.wait()
            await asyncio.sleep(wait_s)
            context.record("gate_started", gate=name, phase="preflight", payload={})
            return BlockResult(name, Heard(text=name))

        return work

    run = Run(tmp_path, [meeting("a", 0.03), meeting("b", 0.0), meeting("c", 0.01), observer("on", Heard)])
    outcome = await run.go()
    assert outcome.status == "completed"
    assert [(fact.kind, fact.block or fact.payload.get("text")) for fact in run.facts][2:14] == [
        ("block_started", "a"),
        ("block_started", "b"),
        ("block_started", "c"),
        ("gate_started", "a"),
        ("gate_started", "b"),
        ("gate_started", "c"),
        ("block_finished", "a"),
        ("event", "a"),
        ("block_finished", "b"),
        ("event", "b"),
        ("block_finished", "c"),
        ("event", "c"),
    ]


@pytest.mark.parametrize(
    ("closing", "status"),
    [
        (Closed(success=True), "completed"),
        (Closed(success=True, findings=2), "completed_with_findings"),
        (Closed(success=False, summary="gates failed"), "failed"),
    ],
)
async def test_the_closing_event_decides(closing: Closed, status: str, tmp_path: Path) -> None:
    outcome = await Run(tmp_path, [observer("close", Asked, closing)], closing_events=["closed"]).go()
    assert (outcome.status, outcome.reason) == (status, closing.summary)


async def test_a_chain_that_dies_away_without_its_closing_event_has_failed(tmp_path: Path) -> None:
    outcome = await Run(tmp_path, [observer("hush", Asked)], closing_events=["closed"]).go()
    assert (outcome.status, outcome.reason) == ("failed", "the chain ended without closed")


async def test_a_secret_stands_neither_in_events_nor_in_failures(tmp_path: Path) -> None:
    seen: list[str] = []

    @block(name="leak", kind="observer", sinks=(Asked,), emits=(Heard,))
    async def leak(context: BlockContext) -> BlockResult:
        context.redactor.learn({"TOKEN": "hunter2hunter2"})
        return BlockResult("said hunter2hunter2", Heard(text="it is hunter2hunter2"))

    @block(name="shout", kind="observer", sinks=(Heard,), emits=())
    async def shout(context: BlockContext) -> BlockResult:
        seen.append(context.payload_as(Heard).text)
        raise ValueError("hunter2hunter2 is wrong")

    run = Run(tmp_path, [leak, shout])
    outcome = await run.go()
    assert seen == ["it is ***TOKEN***"]
    assert "***TOKEN*** is wrong" in outcome.reason
    assert "hunter2" not in (run.journal_folder / "0001.jsonl").read_text()


async def test_a_block_cannot_change_the_event_that_others_see(tmp_path: Path) -> None:
    seen: list[object] = []

    def peeking(name: str) -> Block:
        @block(name=name, kind="observer", sinks=(Asked,), emits=())
        async def work(context: BlockContext) -> BlockResult:
            seen.append(context.event.payload["n"])
            context.event.payload["n"] = 99
            return BlockResult("peeked")

        return work

    await Run(tmp_path, [peeking("a"), peeking("b")], payload={"n": 1}).go()
    assert seen == [1, 1]


async def test_a_fact_that_cannot_be_written_is_not_acted_on(tmp_path: Path) -> None:
    run = Run(tmp_path, [])
    acted: list[str] = []

    @block(name="fill", kind="observer", sinks=(Asked,), emits=())
    async def fill(context: BlockContext) -> BlockResult:
        raise JournalFull("no space left")

    run.blocks = [fill, observer("late", Asked, said=acted)]
    with pytest.raises(JournalFull):
        await run.go()
    assert acted == []


async def test_a_finished_run_is_answered_again_and_not_touched(tmp_path: Path) -> None:
    said: list[str] = []
    run = Run(tmp_path, [observer("once", Asked, said=said)])
    first = await run.go()
    assert await run.go() == first
    assert said == ["once"]
    assert (run.journal_folder / "0002.jsonl").read_bytes() == b""

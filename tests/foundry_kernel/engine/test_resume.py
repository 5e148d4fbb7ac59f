"""A run that broke off goes on from its journal, and repeats nothing (spec 4.4)."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from foundry_kernel.engine.block import Block, BlockContext, BlockResult, block
from foundry_kernel.engine.errors import NotTheSameRun
from foundry_kernel.engine.outcome import Outcome
from foundry_kernel.engine.resume import rebuild
from foundry_kernel.events.journal import read_run
from runtime_artifacts.content import Throttle
from runtime_artifacts.journal import Fact
from tests.fakes.foundry_run import Asked, Done, Heard, Run
from tests.foundry_kernel.engine.chains import CATALOGUE, Book, Plan, build, plans


def a_run(folder: Path, plan: list[Plan], book: Book, throttle: Throttle = "full") -> Run:
    return Run(
        folder,
        build(plan, book),
        throttle,
        catalogue=CATALOGUE,
        entry_type="level0",
        closing_events=["level3"],
    )


def said(outcome: Outcome) -> tuple[object, ...]:
    """What of an outcome must not depend on crashes: all but where the tests' files lie."""
    return outcome.status, outcome.failure_class, outcome.reason, outcome.events, outcome.blocks


def events(facts: list[Fact]) -> dict[str | None, tuple[str | None, str]]:
    return {
        fact.span_id: (fact.event_type, json.dumps(fact.payload, sort_keys=True))
        for fact in facts
        if fact.kind == "event" and fact.event_type != "safety_stop_raised"
    }


def ended(facts: list[Fact]) -> set[tuple[str | None, str | None]]:
    return {
        (fact.parent_span_id, fact.block)
        for fact in facts
        if fact.kind == "block_finished" and not fact.payload.get("will_retry")
    }


def begun_mutators(facts: list[Fact]) -> set[tuple[str | None, str | None]]:
    """Tries of mutators that began and have no end."""
    begun = {}
    for fact in facts:
        if fact.kind == "block_started" and fact.block_kind == "mutator":
            begun[fact.span_id] = (fact.parent_span_id, fact.block)
        elif fact.kind == "block_finished":
            begun.pop(fact.span_id, None)
    return set(begun.values())


def cuts(journal: bytes) -> list[int]:
    """After every record, and in the middle of every record."""
    ends = [0]
    for line in journal.splitlines(keepends=True):
        ends += [ends[-1] + len(line) // 2, ends[-1] + len(line)]
    return ends


@given(plan=plans(), throttle=...)
@settings(max_examples=12)
def test_a_crash_at_any_journal_record_ends_in_the_same_final_state_and_repeats_nothing(
    plan: list[Plan], throttle: Throttle
) -> None:
    with tempfile.TemporaryDirectory() as place:
        whole = a_run(Path(place, "whole"), plan, Book(), throttle)
        expected = asyncio.run(whole.go())
        journal = (whole.journal_folder / "0001.jsonl").read_bytes()
        for number, cut in enumerate(cuts(journal)):
            folder = Path(place, str(number))
            (folder / "journal").mkdir(parents=True)
            (folder / "journal" / "0001.jsonl").write_bytes(journal[:cut])
            before = list(read_run(folder / "journal"))
            book = Book(before)
            run = a_run(folder, plan, book, throttle)
            outcome = asyncio.run(run.go())
            facts = run.facts
            assert not ended(before) & set(book.ran), "a finished execution was repeated"
            if begun_mutators(before):
                assert (outcome.status, outcome.failure_class) == ("stopped", "safety")
                assert outcome.questions
                assert not set(book.ran) & begun_mutators(before)
                continue
            assert said(outcome) == said(expected)
            assert events(facts) == events(whole.facts)
            assert ended(facts) == ended(whole.facts)
            assert len([fact for fact in facts if fact.kind == "event"]) == len(events(facts)), (
                "an event stands twice"
            )


@given(plan=plans())
@settings(max_examples=10)
def test_a_run_that_breaks_off_again_and_again_still_ends_the_same(plan: list[Plan]) -> None:
    with tempfile.TemporaryDirectory() as place:
        expected = asyncio.run(a_run(Path(place, "whole"), plan, Book()).go())
        folder = Path(place, "broken")
        for attempt in range(1, 100):
            run = a_run(folder, plan, Book(read_run(folder / "journal")))
            outcome = asyncio.run(run.go())
            file = folder / "journal" / f"{attempt:04d}.jsonl"
            lines = file.read_bytes().splitlines(keepends=True)
            if not lines or outcome.questions:
                break
            kept = next(
                (i + 1 for i, line in enumerate(lines) if b'"kind":"block_finished"' in line), len(lines)
            )
            file.write_bytes(b"".join(lines[:kept]))
        else:
            pytest.fail("no attempt came to an end")
        assert said(outcome) == said(expected)


@given(plan=plans())
@settings(max_examples=15)
def test_the_same_chain_gives_the_same_ids_at_the_same_times(plan: list[Plan]) -> None:
    with tempfile.TemporaryDirectory() as place:
        runs = [a_run(Path(place, name), plan, Book()) for name in ("one", "two")]
        for run in runs:
            asyncio.run(run.go())
        one, two = ((run.journal_folder / "0001.jsonl").read_bytes() for run in runs)
        assert one == two


def two_steps(done: list[str]) -> list[Block]:
    @block(name="listen", kind="observer", sinks=(Asked,), emits=(Heard,))
    async def listen(context: BlockContext) -> BlockResult:
        done.append("listen")
        return BlockResult("heard", Heard())

    @block(name="act", kind="mutator", sinks=(Heard,), emits=(Done,), dry_run_events=lambda trigger: [Done()])
    async def act(context: BlockContext) -> BlockResult:
        done.append("act")
        return BlockResult("acted", Done())

    return [listen, act]


def cut_after(run: Run, kind: str, block: str | None = None) -> None:
    """Break the first attempt off after a fact."""
    file = run.journal_folder / "0001.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    at = next(i for i, fact in enumerate(run.facts) if fact.kind == kind and block in (None, fact.block))
    file.write_bytes(b"".join(lines[: at + 1]))


async def test_a_mutator_that_had_begun_is_never_repeated_and_a_human_is_asked(tmp_path: Path) -> None:
    done: list[str] = []
    run = Run(tmp_path, two_steps(done))
    await run.go()
    cut_after(run, "block_started", "act")
    outcome = await run.go()
    assert (outcome.status, outcome.failure_class) == ("stopped", "safety")
    assert done == ["listen", "act"]
    assert "mutator act had begun in attempt 1" in outcome.reason
    assert outcome.questions == ("How far did act come? It is not repeated by itself.",)


async def test_events_recorded_before_the_crash_keep_their_ids(tmp_path: Path) -> None:
    run = Run(tmp_path, two_steps([]))
    await run.go()
    cut_after(run, "block_finished", "act")
    recorded = [each["id"] for each in run.facts[-1].payload["emitted"]]
    run.clock.advance(3600)
    await run.go()
    assert [fact.event_id for fact in run.facts if fact.kind == "event"][-1:] == recorded


async def test_a_resumed_run_refuses_to_go_on_with_other_blocks(tmp_path: Path) -> None:
    run = Run(tmp_path, two_steps([]))
    await run.go()
    cut_after(run, "block_finished", "listen")
    run.blocks = two_steps([])[:1]
    outcome = await run.go()
    assert (outcome.status, outcome.failure_class) == ("stopped", "safety")
    assert "changed since the run began" in outcome.reason


async def test_a_cancelled_run_stays_cancelled(tmp_path: Path) -> None:
    done: list[str] = []
    run = Run(tmp_path, [])

    @block(name="listen", kind="observer", sinks=(Asked,), emits=(Heard,))
    async def listen(context: BlockContext) -> BlockResult:
        assert run.engine is not None
        run.engine.cancel("enough")
        await context.cancel.wait()
        return BlockResult("heard", Heard())

    run.blocks = [listen, two_steps(done)[1]]
    await run.go()
    cut_after(run, "block_finished")
    outcome = await run.go()
    assert (outcome.status, outcome.reason, done) == ("cancelled", "enough", [])


async def test_a_journal_whose_events_were_edited_is_refused(tmp_path: Path) -> None:
    run = Run(tmp_path, two_steps([]))
    await run.go()
    cut_after(run, "block_finished", "listen")
    file = run.journal_folder / "0001.jsonl"
    file.write_text(file.read_text().replace('"n":0', '"n":1'))
    with pytest.raises(NotTheSameRun, match="not what it was"):
        rebuild(read_run(run.journal_folder))

"""The loop: an event finds its blocks, they run, what they emit is fed back, depth first (spec 4.4).

Order: blocks of one event in registration order; what a block emitted is followed to its end before the next block
runs. Neighbouring observers that are declared `concurrent` run beside each other, and are recorded in order.

Journal: `block_started` stands before work begins; `block_finished`, with everything that was emitted, and one
`event` line for each stand before anything acts on them. An event that the throttle holds back is recorded like any
other.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from foundry_kernel.engine.block import Block
from foundry_kernel.engine.errors import LimitReached, NotTheSameRun, ObserverMutated, UnfinishedMutator
from foundry_kernel.engine.execution import Executed, Executor, RunContext
from foundry_kernel.engine.outcome import Limits, Outcome
from foundry_kernel.engine.registry import BlockRegistry
from foundry_kernel.engine.resume import Key, ResumeState
from foundry_kernel.engine.throttle import decide
from foundry_kernel.engine.verdict import RunEnds, Tally
from foundry_kernel.errors import FoundryError
from foundry_kernel.events.event import Event, block_span_of, caused_event, columns_of
from foundry_kernel.events.journal import RunJournal
from foundry_kernel.gateways.git import TreeState
from foundry_kernel.gateways.shell import CancelToken
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.journal import JournalFull
from runtime_artifacts.run_result import RunError


@dataclass
class _Frame:
    """One event on the path from the entry event: what is left to do about it."""

    event: Event
    payload_digest: str
    groups: Iterator[tuple[Block, ...]]
    emitted: deque[Event] = field(default_factory=deque)
    running: frozenset[str] = frozenset()


class Engine:
    """Runs one chain, once. Use from one thread; only `cancel` may be called from elsewhere."""

    def __init__(
        self, registry: BlockRegistry, journal: RunJournal, context: RunContext, limits: Limits | None = None
    ) -> None:
        self._registry = registry
        self._journal = journal
        self._context = context
        self._limits = limits or Limits()
        self._token = CancelToken()
        self._executor = Executor(
            registry, journal, context, self._limits, self._token, self._note_cancel, self._events_on_path
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._past = ResumeState()
        self._tally = Tally(context.formation)
        self._path: list[_Frame] = []
        self._tree_state: TreeState | None = None
        self._cancel_noted = False
        self._ends_at = 0.0

    def cancel(self, reason: str) -> None:
        """Ask the run to end: running commands are ended, and no further block begins. From any thread."""
        if self._loop is None:
            self._token.set(reason)
        else:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the run has ended
                self._loop.call_soon_threadsafe(self._token.set, reason)

    async def run(self, entry: Event, resume_from: ResumeState | None = None) -> Outcome:
        """Run the chain that begins with `entry` to its end.

        Whatever goes wrong in a block is part of the outcome. A run that had come to its end is not touched: its
        outcome is answered again.

        Args:
            entry: see `events.event.entry_event`; on resume the recorded one counts.
            resume_from: what earlier attempts did, see `engine.resume.rebuild`.

        Raises:
            JournalFull: a fact could not be written; the run stopped there.
            asyncio.CancelledError: the task was cancelled; the journal says so.
        """
        self._past = resume_from or self._past
        if self._past.outcome is not None:
            return self._past.outcome
        self._loop = asyncio.get_running_loop()
        self._ends_at = self._context.gateways.clock.monotonic() + self._limits.wall_clock_s
        entry = self._past.entry or entry
        try:
            self._begin(entry)
            await self._follow(entry)
            outcome = self._tally.judge(self._token)
        except RunEnds as ends:
            outcome = ends.outcome
        except JournalFull:
            raise
        except (FoundryError, ArtifactError) as error:
            outcome = self._tally.ended_by(error)
        except asyncio.CancelledError:
            self._token.set("the task was cancelled")
            self._finish(entry, self._tally.judge(self._token))
            raise
        if outcome.failure_class == "safety":
            self._raise_safety_stop(outcome)
        self._finish(entry, outcome)
        return outcome

    def _begin(self, entry: Event) -> None:
        past = self._past
        said: dict[str, Any] = {
            "formation": self._context.formation.name,
            "registry_digest": self._registry.digest,
            "permission": self._context.permission.as_json(),
            **self._context.about,
        }
        if past.entry is None:
            said["entry"] = entry.model_dump(mode="json", exclude_none=True)
            self._journal.add("run_started", payload=said, **self._entry_columns(entry))
        else:
            said["finished_executions"] = len(past.finished)
            self._journal.add("run_resumed", payload=said, **self._entry_columns(entry))
            if past.registry_digest != self._registry.digest:
                raise RunEnds.by(
                    NotTheSameRun("the blocks or their settings changed since the run began"), self._tally
                )
        if past.cancelled is not None:
            self._cancel_noted = True
            self._token.set(past.cancelled)
        self._record_events([entry])

    async def _follow(self, entry: Event) -> None:
        """Deliver events, depth first, until nothing is left."""
        self._path = [self._frame(entry)]
        while self._path:
            frame = self._path[-1]
            if frame.emitted:
                self._path.append(self._frame(frame.emitted.popleft()))
                continue
            group = next(frame.groups, None)
            if group is None:
                self._path.pop()
                continue
            frame.running = frozenset(each.name for each in group)
            self._check_path(frame, group)
            frame.emitted.extend(await self._run_group(frame.event, group))

    def _frame(self, event: Event) -> _Frame:
        caring = [
            each
            for each in self._registry.sinking_on(event.event_type)
            if each.accepts(self._executor.trigger(each, event).payload)
        ]
        return _Frame(event, digest_of(event.payload), iter(_groups(caring)))

    async def _run_group(self, event: Event, group: Sequence[Block]) -> list[Event]:
        """Execute blocks, or find them executed; return what is to be delivered."""
        fresh = [each for each in group if _key(event, each) not in self._past.finished]
        executed = {each.block.name: each for each in await self._execute(event, fresh)} if fresh else {}
        ends: list[Executed] = []
        for block in group:
            one = executed.get(block.name) or self._replayed(event, block)
            if block.name in executed:
                self._journal.add("block_finished", durable=False, **one.columns())
            self._record_events(one.events)
            self._tally.count(one)
            ends.append(one)
        self._journal.sync()
        for one in ends:
            self._tally.weigh(one)
        if self._tally.events > self._limits.events:
            raise RunEnds.by(LimitReached(f"more than {self._limits.events} events"), self._tally)
        return [each for one in ends for each in one.events if each.delivered]

    async def _execute(self, event: Event, blocks: Sequence[Block]) -> list[Executed]:
        self._check_boundary()
        for each in blocks:
            self._refuse_unfinished(event, each)
        if not all(decide(event.throttle, each.kind, each.reach).run for each in blocks):
            return [self._executor.simulate(each, event) for each in blocks]  # mutators stand alone
        before = await self._state_before(blocks[0])
        tries = [self._past.failed_tries.get(_key(event, each), 0) + 1 for each in blocks]
        for each, number in zip(blocks, tries, strict=True):
            self._executor.started(each, event, number, self._journal.add)
        if len(blocks) == 1:
            ends = [await self._one(blocks[0], event, self._journal.add, tries[0])]
        else:
            ends = await self._beside_each_other(event, blocks, tries)
        if before is None:
            return ends
        return await self._compared(before, ends)

    async def _beside_each_other(
        self, event: Event, blocks: Sequence[Block], tries: Sequence[int]
    ) -> list[Executed]:
        """Execute independent observers at once; their facts are written in the order of the blocks."""
        held: list[list[tuple[str, dict[str, Any]]]] = [[] for _ in blocks]

        def holding(place: list[tuple[str, dict[str, Any]]]) -> Any:
            return lambda kind, **columns: place.append((kind, columns))

        tasks = [
            asyncio.create_task(self._one(each, event, holding(place), number))
            for each, place, number in zip(blocks, held, tries, strict=True)
        ]
        try:
            ends = await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for kind, columns in itertools.chain.from_iterable(held):
            self._journal.add(kind, **columns)
        return ends

    async def _one(self, block: Block, event: Event, record: Any, try_number: int) -> Executed:
        left = self._ends_at - self._context.gateways.clock.monotonic()
        return await self._executor.execute(block, event, record, try_number=try_number, time_left_s=left)

    async def _state_before(self, first: Block) -> TreeState | None:
        """State of the work tree that an observer must leave as it is; None when there is nothing to compare."""
        if first.kind == "mutator" or self._context.tree is None:
            self._tree_state = None
            return None
        if self._tree_state is None:
            self._tree_state = await self._context.gateways.git.tree_state(self._context.tree)
        return self._tree_state

    async def _compared(self, before: TreeState, ends: list[Executed]) -> list[Executed]:
        assert self._context.tree is not None
        after = await self._context.gateways.git.tree_state(self._context.tree)
        paths = after.paths_that_differ(before)
        if not paths:
            return ends
        names = " or ".join(each.block.name for each in ends)
        shown = ", ".join(paths[:10]) + (f" and {len(paths) - 10} more" if len(paths) > 10 else "")
        error = ObserverMutated(
            f"observer {names} changed the work tree: {shown}",
            next_step="an observer only reads; let it write to ignored paths or outside the tree",
        )
        failure = RunError(failure_class="safety", message=error.message, next_step=error.next_step)
        return [
            replace(each, status="failed", events=(), error=failure, summary=error.message) for each in ends
        ]

    def _refuse_unfinished(self, event: Event, block: Block) -> None:
        begun = self._past.begun.get(_key(event, block))
        if begun is None or block.kind == "observer" or block.repeatable:
            return
        error = UnfinishedMutator(
            f"mutator {block.name} had begun in attempt {begun.attempt} and has no recorded end",
            next_step="look at what it did, undo or finish it by hand, then request a new run",
        )
        question = f"How far did {block.name} come? It is not repeated by itself."
        raise RunEnds.by(error, self._tally, question=question)

    def _replayed(self, event: Event, block: Block) -> Executed:
        past = self._past.finished[_key(event, block)]
        return Executed(block, event, past.span_id, past.status, events=past.events, error=past.error)

    def _check_boundary(self) -> None:
        if self._token.is_set:
            self._note_cancel()
            raise RunEnds(self._tally.judge(self._token))
        if self._context.gateways.clock.monotonic() >= self._ends_at:
            raise RunEnds.by(LimitReached(f"no end after {self._limits.wall_clock_s:g} s"), self._tally)

    def _check_path(self, frame: _Frame, group: Sequence[Block]) -> None:
        if len(self._path) > self._limits.depth:
            raise RunEnds.by(LimitReached(f"more than {self._limits.depth} events deep"), self._tally)
        event = frame.event
        for block in group:
            same = sum(
                1
                for each in self._path[:-1]
                if block.name in each.running
                and (each.event.event_type, each.event.project) == (event.event_type, event.project)
                and each.payload_digest == frame.payload_digest
            )
            if same >= self._limits.repeats:
                what = f"block {block.name} gets the same {event.event_type} again and again"
                raise RunEnds.by(LimitReached(f"a loop: {what}"), self._tally)

    def _record_events(self, events: Sequence[Event]) -> None:
        """Write the lines of events that have none yet."""
        for each in events:
            if each.span_id not in self._past.event_spans:
                self._journal.add("event", durable=each is events[-1], **columns_of(each))

    def _raise_safety_stop(self, outcome: Outcome) -> None:
        """Record the stop as an event of its own; nothing acts on it."""
        if not self._path or "safety_stop_raised" not in self._registry.catalogue:
            return
        cause = self._path[-1].event
        run_id = self._journal.identity.run_id
        said = {"reason": outcome.reason, "next_step": next((each.next_step for each in outcome.errors), "")}
        if outcome.questions:
            said["question"] = outcome.questions[0]
        event = caused_event(
            run_id,
            cause,
            block_span_of(run_id, cause.span_id, "safety stop", 1),
            0,
            event_type="safety_stop_raised",
            payload=self._journal.redacted(said),
            occurred_at=format_timestamp(self._context.gateways.clock.now()),
            delivered=False,
        )
        self._record_events([event])

    def _events_on_path(self) -> tuple[Event, ...]:
        return tuple(frame.event for frame in self._path)

    def _note_cancel(self) -> None:
        if not self._cancel_noted:
            self._cancel_noted = True
            self._journal.add("cancel_requested", summary=self._token.reason or "cancelled")

    def _finish(self, entry: Event, outcome: Outcome) -> None:
        if outcome.status == "cancelled":
            self._note_cancel()
        self._journal.add(
            "run_finished",
            status=outcome.status,
            failure_class=outcome.failure_class,
            summary=outcome.reason,
            payload=outcome.as_json(),
            **self._entry_columns(entry),
        )

    def _entry_columns(self, entry: Event) -> dict[str, Any]:
        return {"event_id": entry.id, "event_type": entry.event_type, "throttle": entry.throttle}


def _groups(blocks: Sequence[Block]) -> list[tuple[Block, ...]]:
    """Put neighbouring concurrent observers together; everyone else stands alone."""
    groups: list[tuple[Block, ...]] = []
    for block in blocks:
        if block.concurrent and groups and groups[-1][-1].concurrent:
            groups[-1] = (*groups[-1], block)
        else:
            groups.append((block,))
    return groups


def _key(event: Event, block: Block) -> Key:
    return event.span_id, block.name

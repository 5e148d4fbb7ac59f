"""One execution of one block on one event: its tries, its time limit, what it emits (spec 4.2, 4.4).

Knows nothing of the chain; the engine decides what is executed, and records the end.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foundry_kernel.engine.block import Block, BlockContext, BlockResult, Emission, Trigger
from foundry_kernel.engine.errors import BadEmission, BlockInterrupted
from foundry_kernel.engine.formation import Formation
from foundry_kernel.engine.outcome import Limits
from foundry_kernel.engine.permission import Permission
from foundry_kernel.engine.registry import BlockRegistry
from foundry_kernel.engine.retry import delay_before_next
from foundry_kernel.engine.throttle import decide
from foundry_kernel.errors import FoundryError
from foundry_kernel.events.errors import PayloadMismatch, UnknownEventType
from foundry_kernel.events.event import Event, block_span_of, caused_event
from foundry_kernel.events.journal import RunJournal
from foundry_kernel.events.payload import Payload
from foundry_kernel.gateways.gateway_set import GatewaySet
from foundry_kernel.gateways.printable import printable
from foundry_kernel.gateways.secrets import Redactor
from foundry_kernel.gateways.shell import CancelToken
from runtime_artifacts.canonical import canonical_bytes
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.journal import JournalFull
from runtime_artifacts.run_result import FailureClass, RunError

MAX_EMITTED_BYTES = 1024 * 1024
"""Canonical JSON of everything that one execution emits and keeps as details."""

Record = Callable[..., object]


@dataclass(frozen=True)
class RunContext:
    """What a run works with.

    Attributes:
        run_dir: folder where everything that the run leaves behind goes.
        tree: work tree of the repository; None for a run without one.
        redactor: the one that the journal was given.
        about: further facts for the journal's first line, such as versions; JSON.
        repository, branch, permission, services: see `BlockContext`.
    """

    run_dir: Path
    formation: Formation
    tree: Path | None = None
    gateways: GatewaySet = field(default_factory=GatewaySet)
    redactor: Redactor = field(default_factory=Redactor)
    about: dict[str, Any] = field(default_factory=dict)
    repository: Path | None = None
    branch: str | None = None
    permission: Permission = field(default_factory=Permission)
    services: Mapping[type, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Executed:
    """An execution that came to an end, not yet recorded.

    Attributes:
        status: `completed`, `failed`, `simulated` or `interrupted`.
        try_number: the last try, from 1.
        duration_ms: of the last try, milliseconds.
    """

    block: Block
    trigger: Event
    span_id: str
    status: str
    try_number: int = 1
    summary: str = ""
    events: tuple[Event, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)
    error: RunError | None = None
    duration_ms: float = 0.0

    def columns(self, *, will_retry: bool = False) -> dict[str, Any]:
        """Columns of the journal line that records the end."""
        payload: dict[str, Any] = {"try": self.try_number}
        if will_retry:
            payload["will_retry"] = True
        if self.events:
            payload["emitted"] = [each.model_dump(mode="json", exclude_none=True) for each in self.events]
        if self.details:
            payload["details"] = self.details
        if self.error is not None:
            payload["error"] = self.error.model_dump(mode="json")
        return {
            **execution_columns(self.block, self.trigger, self.span_id),
            "status": self.status,
            "simulated": self.status == "simulated",
            "duration_ms": self.duration_ms,
            "summary": self.summary,
            "failure_class": self.error.failure_class if self.error else None,
            "payload": payload,
        }


def execution_columns(block: Block, trigger: Event, span_id: str) -> dict[str, Any]:
    """Columns that all facts about one execution share; `event_id` is the event that it works on."""
    return {
        "block": block.name,
        "block_kind": block.kind,
        "event_id": trigger.id,
        "event_type": trigger.event_type,
        "project_id": trigger.project,
        "throttle": trigger.throttle,
        "span_id": span_id,
        "parent_span_id": trigger.span_id,
    }


class Executor:
    """Executes blocks for one run."""

    def __init__(
        self,
        registry: BlockRegistry,
        journal: RunJournal,
        context: RunContext,
        limits: Limits,
        token: CancelToken,
        on_cancel: Callable[[], None],
        path: Callable[[], Sequence[Event]] = tuple,
    ) -> None:
        self._registry = registry
        self._journal = journal
        self._context = context
        self._limits = limits
        self._token = token
        self._on_cancel = on_cancel
        self._path = path
        self._clock = context.gateways.clock

    def trigger(self, block: Block, event: Event) -> Trigger:
        """Make what a block is told, from a copy: blocks cannot change each other's events."""
        payload = self._registry.catalogue.read(event.event_type, copy.deepcopy(event.payload))
        settings = self._registry.settings_of(block.name)
        return Trigger(event.model_copy(deep=True), payload, settings, read_path=self._read_path)

    def _read_path(self, model: type[Payload]) -> Iterator[Payload]:
        """Payloads of one type of the events that led to what is worked on now, the nearest first."""
        catalogue = self._registry.catalogue
        for each in reversed(self._path()):
            if issubclass(catalogue.payload_type(each.event_type), model):
                yield catalogue.read(each.event_type, copy.deepcopy(each.payload))

    def started(self, block: Block, event: Event, try_number: int, record: Record) -> None:
        """Record that a try begins; of a mutator durably, since it is never repeated by itself."""
        record(
            "block_started",
            durable=block.kind == "mutator",
            occurred_at=format_timestamp(self._clock.now()),
            payload={"try": try_number},
            **execution_columns(block, event, self._span(block, event, try_number)),
        )

    async def execute(
        self, block: Block, event: Event, record: Record, *, try_number: int = 1, time_left_s: float
    ) -> Executed:
        """Do a block's work, and try again as its policy allows. `started` was recorded for the first try.

        Args:
            record: writes facts about the execution; the last end is left to the caller.
            time_left_s: seconds until the run's own limit.

        Raises:
            JournalFull: a fact could not be written.
        """
        ends_at = self._clock.monotonic() + time_left_s
        while True:
            executed = await self._try(block, event, record, try_number, ends_at - self._clock.monotonic())
            if executed.error is None or self._token.is_set:
                return executed
            delay_s = delay_before_next(block.retry, try_number, executed.error.failure_class)
            if delay_s is None or self._clock.monotonic() + delay_s >= ends_at:
                return executed
            record("block_finished", **executed.columns(will_retry=True))
            await self._pause(delay_s)
            if self._token.is_set:
                return executed
            try_number += 1
            self.started(block, event, try_number, record)

    def simulate(self, block: Block, event: Event) -> Executed:
        """Let a mutator say what it would emit. Nothing is done."""
        span = self._span(block, event, 1)
        try:
            assert block.dry_run_events is not None
            said = block.dry_run_events(self.trigger(block, event))
            events = self._events(block, event, span, said, simulated=True)
        except Exception as error:  # noqa: BLE001 - whatever a block raises is its failure, and recorded
            return Executed(block, event, span, "failed", error=self._failure(block, error))
        summary = f"not run: {event.throttle.replace('_', ' ')}"
        return Executed(block, event, span, "simulated", summary=summary, events=events)

    async def _try(
        self, block: Block, event: Event, record: Record, try_number: int, time_left_s: float
    ) -> Executed:
        span = self._span(block, event, try_number)
        began = self._clock.monotonic()

        def ended(status: str, **more: Any) -> Executed:
            duration_ms = (self._clock.monotonic() - began) * 1000
            return Executed(block, event, span, status, try_number, duration_ms=duration_ms, **more)

        try:
            work = block.work(self._block_context(block, event, span, record))
            result = await self._supervised(block, work, time_left_s)
            if not isinstance(result, BlockResult):
                raise BadEmission(f"returned {type(result).__name__}, not a BlockResult")
            events = self._events(block, event, span, result.emissions, details=result.details)
        except JournalFull:
            raise
        except BlockInterrupted as error:
            status = "interrupted" if self._token.is_set else "failed"
            return ended(status, summary=error.message, error=self._failure(block, error))
        except Exception as error:  # noqa: BLE001 - whatever a block raises is its failure, and recorded
            failure = self._failure(block, error)
            return ended("failed", summary=failure.message, error=failure)
        return ended(
            "completed", summary=printable(result.summary[:2000]), events=events, details=result.details
        )

    async def _supervised(
        self, block: Block, work: Coroutine[Any, Any, BlockResult], time_left_s: float
    ) -> BlockResult:
        """Wait for a block's work, its time limit, or the end of the run."""
        limit_s = min(block.timeout_s or time_left_s, time_left_s)
        task = asyncio.create_task(work)
        cancelled = asyncio.create_task(self._token.wait())
        try:
            await asyncio.wait(
                {task, cancelled}, timeout=max(limit_s, 0), return_when=asyncio.FIRST_COMPLETED
            )
            if self._token.is_set:
                self._on_cancel()
                if not task.done():  # its commands are being ended; let it say what it saw
                    await asyncio.wait({task}, timeout=self._limits.cancel_grace_s)
            if task.done() and not task.cancelled():
                return task.result()
            why = f"cancelled: {self._token.reason}" if self._token.is_set else f"no end after {limit_s:g} s"
            raise BlockInterrupted(f"block {block.name}: {why}")
        finally:
            cancelled.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=self._limits.cancel_grace_s)
            if task.done() and not task.cancelled():
                task.exception()  # seen

    async def _pause(self, delay_s: float) -> None:
        """Wait, but no longer than until the run is cancelled."""
        waiting = {asyncio.create_task(self._clock.sleep(delay_s)), asyncio.create_task(self._token.wait())}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    def _block_context(self, block: Block, event: Event, span: str, record: Record) -> BlockContext:
        run_id = self._journal.identity.run_id

        def record_about(kind: str, **columns: Any) -> None:
            here = execution_columns(block, event, span)
            if "gate" in columns:
                said = columns["payload"]
                attempt = said.get("gate_attempt") or said.get("attempt", 1)
                here["parent_span_id"] = span
                here["span_id"] = block_span_of(
                    run_id, span, f"{columns['phase']} {columns['gate']}", attempt
                )
            record(kind, **{**here, "occurred_at": format_timestamp(self._clock.now()), **columns})

        told = self.trigger(block, event)
        return BlockContext(
            event=told.event,
            payload=told.payload,
            settings=told.settings,
            read_path=told.read_path,
            gateways=self._context.gateways,
            cancel=self._token,
            identity=self._journal.identity,
            run_dir=self._context.run_dir,
            tree=self._context.tree,
            redactor=self._context.redactor,
            record=record_about,
            repository=self._context.repository,
            branch=self._context.branch,
            permission=self._context.permission,
            services=self._context.services,
        )

    def _events(
        self,
        block: Block,
        cause: Event,
        span: str,
        said: Sequence[Payload | Emission],
        *,
        simulated: bool = False,
        details: dict[str, Any] | None = None,
    ) -> tuple[Event, ...]:
        """Check what a block emits and turn it into events, at this moment and place."""
        deliver = decide(cause.throttle, block.kind, block.reach).deliver
        events = []
        size = len(canonical_bytes(details or {}))
        for position, each in enumerate(said):
            emission = Emission.of(each) if isinstance(each, Payload) else each
            if emission.event_type not in block.emits:
                raise BadEmission(f"emits {emission.event_type}, which it did not declare")
            try:
                payload = self._registry.catalogue.check_emit(emission.event_type, emission.payload)
            except (UnknownEventType, PayloadMismatch) as error:
                raise BadEmission(f"emits what does not fit: {error}") from error
            payload = self._journal.redacted({**payload, **({"dry_run": True} if simulated else {})})
            size += len(canonical_bytes(payload))
            if size > MAX_EMITTED_BYTES:
                raise BadEmission(
                    f"emits more than {MAX_EMITTED_BYTES} bytes", next_step="leave a file, name it"
                )
            events.append(
                caused_event(
                    self._journal.identity.run_id,
                    cause,
                    span,
                    position,
                    event_type=emission.event_type,
                    payload=payload,
                    occurred_at=format_timestamp(self._clock.now()),
                    simulated=simulated,
                    delivered=deliver,
                    project=emission.project,
                )
            )
        return tuple(events)

    def _failure(self, block: Block, error: Exception) -> RunError:
        failure_class: FailureClass = "execution"
        message, next_step, place = f"{type(error).__name__}: {error}", "", block.origin
        if isinstance(error, FoundryError):
            message, next_step = error.message, error.next_step
            if error.failure_class in ("dispatch", "safety", "semantic", "validation"):
                failure_class = error.failure_class  # type: ignore[assignment]
        elif isinstance(error, ArtifactError):
            message, next_step, place = error.message, error.next_step, str(error.place or block.origin)
            failure_class = "safety" if error.exit_code == 3 else "validation"
        text = printable(message if message.startswith("block ") else f"block {block.name}: {message}")
        return RunError(
            failure_class=failure_class,
            message=self._journal.redacted(text[:4000]),
            next_step=self._journal.redacted(next_step),
            place=place,
        )

    def _span(self, block: Block, event: Event, try_number: int) -> str:
        return block_span_of(self._journal.identity.run_id, event.span_id, block.name, try_number)

"""One run of the engine over blocks of a test, with fakes behind every port."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foundry_kernel.engine.block import Block
from foundry_kernel.engine.engine import Engine
from foundry_kernel.engine.execution import RunContext
from foundry_kernel.engine.formation import Formation
from foundry_kernel.engine.outcome import Limits, Outcome
from foundry_kernel.engine.permission import Permission
from foundry_kernel.engine.registry import BlockRegistry
from foundry_kernel.engine.resume import ResumeState, rebuild
from foundry_kernel.events.catalogue import Catalogue, as_json
from foundry_kernel.events.event import Event, entry_event
from foundry_kernel.events.journal import RunIdentity, RunJournal, attempts_in, read_run
from foundry_kernel.events.payload import ClosingPayload, EntryPayload, Payload
from foundry_kernel.events.payloads.intent import SafetyStopRaised
from foundry_kernel.gateways.files import SystemFiles
from foundry_kernel.gateways.gateway_set import GatewaySet
from foundry_kernel.gateways.secrets import Redactor
from runtime_artifacts.content import Throttle
from runtime_artifacts.journal import Fact
from tests.fakes.foundry_clock import FakeClock
from tests.fakes.foundry_git import REVISION, FakeGit
from tests.fakes.foundry_shell import FakeShell


class Asked(EntryPayload):
    """Someone asked."""

    n: int = 0


class Heard(Payload):
    """It was heard."""

    n: int = 0
    text: str = ""


class Done(Payload):
    """It was done."""

    n: int = 0


class Closed(ClosingPayload):
    """It is over."""


CATALOGUE = Catalogue((Asked, Heard, Done, Closed, SafetyStopRaised))
RUN_ID = "run_01JZZZZZZZZZZZZZZZZZZZZZZZ"


@dataclass
class Run:
    """A run and everything around it.

    `go` runs one attempt; called again, it resumes from the journal of those before.
    """

    folder: Path
    blocks: Iterable[Block]
    throttle: Throttle = "full"
    payload: dict[str, Any] = field(default_factory=dict)
    closing_events: Sequence[str] = ()
    continue_after_failure: bool = False
    limits: Limits | None = None
    catalogue: Catalogue = CATALOGUE
    entry_type: str = "asked"
    tree: Path | None = None
    clock: FakeClock = field(default_factory=FakeClock)
    git: FakeGit = field(default_factory=FakeGit)
    shell: FakeShell = field(default_factory=FakeShell)
    environment: dict[str, str] = field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    engine: Engine | None = None
    begin_with: tuple[str, dict[str, Any]] | None = None
    services: dict[type, object] = field(default_factory=dict)
    permission: Permission = field(default_factory=Permission)
    branch: str | None = None
    listener: Callable[[Fact], None] = lambda fact: None

    @property
    def journal_folder(self) -> Path:
        return self.folder / "journal"

    @property
    def facts(self) -> list[Fact]:
        return list(read_run(self.journal_folder))

    def lines(self, *kinds: str) -> list[tuple[str, str | None, str | None]]:
        """Kind, event type or block, and status of the journal's facts."""
        return [
            (fact.kind, fact.block or fact.event_type, fact.status)
            for fact in self.facts
            if not kinds or fact.kind in kinds
        ]

    def entry(self) -> Event:
        if self.begin_with is not None:  # whatever the catalogue says of entry events
            event_type, payload = self.begin_with
            said = as_json(self.catalogue.read(event_type, payload))
            return entry_event(
                RUN_ID, event_type, "demo", throttle=self.throttle, payload=said, occurred_at=self.clock.now()
            )
        return entry_event(
            RUN_ID,
            self.entry_type,
            "demo",
            throttle=self.throttle,
            payload=self.catalogue.check_entry(self.entry_type, self.payload),
            occurred_at=self.clock.now(),
        )

    def past(self) -> ResumeState:
        return rebuild(read_run(self.journal_folder))

    async def go(self) -> Outcome:
        redactor = Redactor()
        past = self.past()
        attempt = max(attempts_in(self.journal_folder), default=0) + 1
        registry = BlockRegistry(self.catalogue)
        for each in self.blocks:
            registry.register(each, self.settings.get(each.name))
        formation = Formation(
            name="test",
            about="A test.",
            entry_event=self.entry_type,
            closing_events=tuple(self.closing_events),
            blocks=tuple(each.name for each in registry.blocks) or ("none",),
            continue_after_failure=self.continue_after_failure,
        )
        gateways = GatewaySet(
            shell=self.shell,
            git=self.git,
            clock=self.clock,
            files=SystemFiles(),
            environment=self.environment,
        )
        context = RunContext(
            self.folder,
            formation,
            tree=self.tree,
            gateways=gateways,
            redactor=redactor,
            repository=self.tree,
            branch=self.branch,
            permission=self.permission,
            services=self.services,
        )
        identity = RunIdentity(
            RUN_ID,
            "demo",
            attempt=attempt,
            revision=REVISION if self.tree else None,
            idempotency_key=f"sha256:{'ab' * 32}",
        )
        with RunJournal(self.journal_folder, identity, self.clock.now, redact=redactor) as journal:
            journal.subscribe(self.listener)
            self.engine = Engine(registry, journal, context, self.limits)
            return await self.engine.run(self.entry(), past)

"""A run that a notebook session starts: blocks of its cells may take part (spec 4.2, 4.10).

Unlike a run from the command line it never works in the user's checkout, not even to read: what a cell calls an
observer is as new as the cell. Where there is a repository with a commit, the run gets a worktree of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from foundry_kernel import __version__
from foundry_kernel.engine.engine import Engine
from foundry_kernel.engine.execution import RunContext
from foundry_kernel.engine.ground import Ground
from foundry_kernel.engine.outcome import Outcome
from foundry_kernel.events.event import Event, entry_event
from foundry_kernel.events.journal import RunIdentity, RunJournal
from foundry_kernel.gateways.gateway_set import GatewaySet
from foundry_kernel.gateways.secrets import Redactor
from foundry_kernel.kernel.local_run import LocalRun, NotApproved
from foundry_kernel.kernel.services import services_of
from foundry_kernel.kernel.session import Chain, Session
from runtime_artifacts.journal import Fact


@dataclass(frozen=True)
class SessionRun(LocalRun):
    """One emission from a notebook.

    Attributes:
        session: where blocks come from.
        formation: name of the formation; empty: the one that fits.
        blocks: just these, in this order; empty: as the formation says.
    """

    session: Session = field(default_factory=Session)
    formation: str = ""
    blocks: tuple[str, ...] = ()

    def check(self) -> Chain:
        """Choose the chain, before anything is shown or done.

        Raises:
            FoundryError: no run can begin like this.
            NotApproved: it would change things, and may not.
        """
        payload = self.session.catalogue.check_entry(self.event_type, self.payload)
        chain = self.session.chain(self.event_type, payload, formation=self.formation, blocks=self.blocks)
        self._refuse_unapproved(chain)
        return chain

    async def run(self, on_fact: Callable[[Fact], None], gateways: GatewaySet | None = None) -> Outcome:
        """Emit the event and follow the chain to its end. When the task is cancelled, the run is.

        Raises:
            FoundryError: no run can begin like this; nothing was left behind but an empty folder.
            NotApproved: it would change things, and may not.
        """
        ports, redactor = gateways or GatewaySet(), Redactor()
        chain = self.check()
        payload = chain.catalogue.check_entry(self.event_type, self.payload)
        revision = await self._revision(ports)
        event = entry_event(
            self.folder.name,
            self.event_type,
            self.project,
            throttle=self.throttle,
            payload=payload,
            occurred_at=ports.clock.now(),
        )
        identity = RunIdentity(
            run_id=self.folder.name,
            project_id=self.project,
            runner_id="notebook",
            revision=revision,
            idempotency_key=self._key(payload, revision),
        )
        ground = self._ground(ports, chain.formation, revision)
        with RunJournal(self.folder / "journal", identity, ports.clock.now, redact=redactor) as journal:
            journal.subscribe(on_fact)
            try:
                if ground is not None:
                    await ground.lay()
                left_out = await ports.git.uncommitted(ground.repository) if ground is not None else ()
                context = self._context(chain, ground, ports, redactor, left_out)
                return await _followed(Engine(chain.registry, journal, context), event)
            finally:
                if ground is not None:
                    await ground.clear(self.folder)

    def _refuse_unapproved(self, chain: Chain) -> None:
        mutators = [each.name for each in chain.registry.blocks if each.kind == "mutator"]
        if mutators and self.throttle == "full" and not self.approval.strip():
            raise NotApproved(
                f"{', '.join(mutators)} would change things at throttle full, and nobody said that this may be",
                next_step='say why it may with --i-approve "reason", or choose the throttle dry_run',
            )

    def _context(
        self,
        chain: Chain,
        ground: Ground | None,
        ports: GatewaySet,
        redactor: Redactor,
        left_out: tuple[str, ...],
    ) -> RunContext:
        return RunContext(
            self.folder,
            chain.formation,
            tree=ground.tree if ground else None,
            gateways=ports,
            redactor=redactor,
            about={
                "foundry_version": __version__,
                **chain.about,
                **({"uncommitted": list(left_out)} if left_out else {}),
            },
            repository=self.tree if ground else None,
            branch=ground.branch if ground else None,
            permission=self._permission(self.payload),
            services=services_of(self.tree or self.folder, ports, redactor, self.folder.parent),
        )


async def _followed(engine: Engine, event: Event) -> Outcome:
    """Run the chain; a cancellation of the caller becomes one of the run."""
    running = asyncio.ensure_future(engine.run(event))
    while not running.done():
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            engine.cancel("interrupted")
    return running.result()

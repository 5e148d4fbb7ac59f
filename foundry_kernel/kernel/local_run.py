"""A run without a request: emit an entry event here and now (spec 4.10).

A formation that could change the repository works in a worktree of its committed HEAD, like a run by request; at
throttle `full` it does so only with a human's recorded word.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from foundry_kernel import __version__
from foundry_kernel.blocks import load_blocks
from foundry_kernel.engine.engine import Engine
from foundry_kernel.engine.errors import BadFormation
from foundry_kernel.engine.execution import RunContext
from foundry_kernel.engine.formation import Formation
from foundry_kernel.engine.ground import Ground, branch_name
from foundry_kernel.engine.outcome import Limits, Outcome
from foundry_kernel.engine.permission import Permission
from foundry_kernel.errors import Unsafe
from foundry_kernel.events.catalogue import Catalogue, load_catalogue
from foundry_kernel.events.event import Event, entry_event
from foundry_kernel.events.journal import RunIdentity, RunJournal
from foundry_kernel.formations import formation_for
from foundry_kernel.formations.agent_patterns import Shaped, shape_formation
from foundry_kernel.gateways.gateway_set import GatewaySet
from foundry_kernel.gateways.git import GitFailed
from foundry_kernel.gateways.kept_folder import kept_folder
from foundry_kernel.gateways.secrets import Redactor
from foundry_kernel.kernel.laid_out_brief import NeedsRequest, keep_brief, laid_out_brief
from foundry_kernel.kernel.services import services_of
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.envelope import Artifact, Throttle
from runtime_artifacts.formation_brief import FormationBrief
from runtime_artifacts.identity import new_id
from runtime_artifacts.journal import Fact


class NotApproved(Unsafe):
    """The formation would change things, and no human has said that it may."""


@dataclass(frozen=True)
class LocalRun:
    """One emission and what it needs.

    Attributes:
        folder: of the run; its name is the run's id.
        tree: folder of the user's repository; None for a run without one. Blocks that only read see it as it is.
        approval: why a human allows the run to mutate, commit and, if the payload's actions say so, push; empty: it may
            not. Recorded in the journal.
        approved_by: who says so.
        revision: commit that the run is of; by default what the repository is at.
        correlation_id: ties the run to another that wants it.
        time_limit_s: seconds that it may take, > 0; by default what any run may.
        composed: which blocks take part; by default that of the installation which the event and its payload fit.
        may_commit: whether `approval` covers a commit; without it, what was changed is kept as a patch.
    """

    event_type: str
    project: str
    throttle: Throttle
    payload: dict[str, Any]
    folder: Path
    tree: Path | None = None
    approval: str = ""
    approved_by: str = "local"
    revision: str = ""
    correlation_id: str | None = None
    time_limit_s: float | None = None
    composed: Formation | None = None
    may_commit: bool = True

    async def run(self, on_fact: Callable[[Fact], None], gateways: GatewaySet | None = None) -> Outcome:
        """Emit the event and follow the chain to its end. When the task is cancelled, the run is.

        Raises:
            FoundryError: no run can begin like this.
            BadFormation: the formation that was given begins otherwise.
            NotApproved, NeedsRequest: it would change things, and may not.
            ArtifactError: the brief that the event names is laid out here, and damaged.
        """
        ports, redactor = gateways or GatewaySet(), Redactor()
        catalogue = load_catalogue()
        payload = catalogue.check_entry(self.event_type, self.payload)
        brief = laid_out_brief(payload, self.tree)
        shaped = self._shaped(self._chosen(payload, catalogue), brief)
        formation = shaped.formation
        registry = load_blocks(formation, catalogue)
        mutates = any(each.kind == "mutator" for each in registry.blocks)
        if mutates and self.throttle == "full" and not self.approval.strip():
            raise NotApproved(
                f"{self.event_type} at throttle full changes things, and nobody said that it may",
                next_step='say why it may with --i-approve "reason", or choose the throttle dry_run',
            )
        if brief is not None and self.tree is not None:
            if mutates and self.throttle == "full":
                raise NeedsRequest(
                    f"{brief.id} at throttle full has to be held against its approvals, and a run by hand is not",
                    next_step="run a request of it: foundry-kernel emit … --artifacts .alloy/shelf",
                )
            keep_brief(brief, self.tree, self.folder)
        revision = await self._revision(ports)
        identity = RunIdentity(
            run_id=self.folder.name,
            project_id=self.project,
            brief_id=brief.id if brief else None,
            brief_digest=brief.digest if brief else None,
            runner_id="local",
            revision=revision,
            correlation_id=self.correlation_id,
            idempotency_key=self._key(payload, revision),
        )
        event = entry_event(
            self.folder.name,
            self.event_type,
            self.project,
            throttle=self.throttle,
            payload=payload,
            occurred_at=ports.clock.now(),
        )
        ground = self._ground(ports, formation, revision) if mutates else None
        with RunJournal(self.folder / "journal", identity, ports.clock.now, redact=redactor) as journal:
            journal.subscribe(on_fact)
            if ground is not None:
                await ground.lay()
            try:
                context = RunContext(
                    self.folder,
                    formation,
                    tree=ground.tree if ground else (self.tree if revision else None),
                    gateways=ports,
                    redactor=redactor,
                    about={"foundry_version": __version__, **shaped.facts()},
                    repository=self.tree if revision else None,
                    branch=ground.branch if ground else None,
                    permission=self._permission(payload),
                    services=services_of(self.tree or self.folder, ports, redactor, self.folder.parent),
                )
                limits = Limits() if self.time_limit_s is None else Limits(wall_clock_s=self.time_limit_s)
                return await _followed(Engine(registry, journal, context, limits), event)
            finally:
                if ground is not None:
                    await ground.clear(self.folder)

    def in_own_loop(self, on_fact: Callable[[Fact], None]) -> Outcome:
        """Do the same from code that is not asynchronous, in a thread without a running loop."""
        return asyncio.run(self.run(on_fact))

    def _chosen(self, payload: dict[str, Any], catalogue: Catalogue) -> Formation:
        if self.composed is None:
            return formation_for(self.event_type, payload, catalogue)
        if not self.composed.fits(self.event_type, payload):
            raise BadFormation(
                f"{self.composed.origin or self.composed.name}: does not begin with this {self.event_type}",
                next_step=f"it begins with {self.composed.entry_event} and the payload that stands in its `when`",
            )
        return self.composed

    def _shaped(self, formation: Formation, brief: Artifact[FormationBrief] | None) -> Shaped:
        """By the agent pattern of the brief; a formation that was handed in is run as it is."""
        if brief is None:
            return Shaped(formation)
        if self.composed is not None:
            why = "its formation was handed in, and is run as it is"
            return Shaped(formation, brief.content.agent_formation.pattern, why=why)
        return shape_formation(formation, brief.content.agent_formation.pattern)

    async def _revision(self, ports: GatewaySet) -> str | None:
        """Commit that the repository is at; None where there is no repository with a commit."""
        if self.tree is None:
            return None
        try:
            return await ports.git.revision(self.tree, self.revision or "HEAD")
        except GitFailed:
            return None

    def _key(self, payload: dict[str, Any], revision: str | None) -> str:
        """Digest of what is asked for, and by whom, as a request's key is one (spec 3.7)."""
        return digest_of(
            {
                "project_id": self.project,
                "revision": revision or "",
                "entry_event": self.event_type,
                "payload": payload,
                "throttle": self.throttle,
                "requested_by": self.approved_by,
            }
        )

    def _ground(self, ports: GatewaySet, formation: Formation, revision: str | None) -> Ground | None:
        if self.tree is None or revision is None:
            return None
        branch = None
        if self.throttle == "full":
            branch = branch_name(self.project, formation.name, self.folder.name)
        return Ground(ports.git, self.tree, revision, self.folder / "worktree", self.throttle, branch)

    def _permission(self, payload: dict[str, Any]) -> Permission:
        if not self.approval.strip():
            return Permission()
        delivering: tuple[Literal["commit"], ...] = ("commit",) if self.may_commit else ()
        return Permission(
            scopes=frozenset({"mutation", *delivering, *self._release_scope(payload)}),
            commit=self.may_commit,
            push=self.may_commit and (payload.get("actions") or {}).get("push") is True,
            by=self.approved_by,
            why=self.approval,
        )

    def _release_scope(self, payload: dict[str, Any]) -> tuple[Literal["release"], ...]:
        """A release needs more than a word in general: it is what was emitted, or the payload's actions say so."""
        asked = (
            self.event_type == "release_requested" or (payload.get("actions") or {}).get("release") is True
        )
        return ("release",) if asked else ()


async def _followed(engine: Engine, event: Event) -> Outcome:
    """Run the chain; a cancellation of the caller (Ctrl-C, for example) becomes one of the run."""
    running = asyncio.ensure_future(engine.run(event))
    while not running.done():
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            engine.cancel("interrupted")
    return running.result()


def new_run_folder(runs: Path | None) -> Path:
    """Make an empty folder for a run, below `runs`, or among the temporary files, where it is kept for two days."""
    run_id = new_id("run")
    parent = runs if runs is not None else kept_folder("foundry-run-")
    folder = parent / run_id
    folder.mkdir(parents=True)
    return folder

"""A run without a request: emit an entry event here and now, for trying things out (spec 4.10)."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foundry_kernel.blocks import load_blocks
from foundry_kernel.engine.engine import Engine
from foundry_kernel.engine.execution import RunContext
from foundry_kernel.engine.outcome import Outcome
from foundry_kernel.events.catalogue import load_catalogue
from foundry_kernel.events.event import entry_event
from foundry_kernel.events.journal import RunIdentity, RunJournal
from foundry_kernel.formations import formation_for
from foundry_kernel.gateways.gateway_set import GatewaySet
from foundry_kernel.gateways.git import Git, GitFailed
from foundry_kernel.gateways.secrets import Redactor
from runtime_artifacts.envelope import Throttle
from runtime_artifacts.identity import new_id
from runtime_artifacts.journal import Fact


@dataclass(frozen=True)
class LocalRun:
    """One emission and what it needs.

    Attributes:
        folder: of the run; its name is the run's id.
        tree: work tree that blocks look at, as it is; None for a run without one. A mutator that really runs is
            never shown it: changing a repository takes a request.
    """

    event_type: str
    project: str
    throttle: Throttle
    payload: dict[str, Any]
    folder: Path
    tree: Path | None = None

    async def run(self, on_fact: Callable[[Fact], None]) -> Outcome:
        """Emit the event and follow the chain to its end.

        Raises:
            FoundryError: no run can begin like this.
        """
        ports, redactor = GatewaySet(), Redactor()
        catalogue = load_catalogue()
        payload = catalogue.check_entry(self.event_type, self.payload)
        formation = formation_for(self.event_type, payload, catalogue)
        identity = RunIdentity(run_id=self.folder.name, project_id=self.project, runner_id="local")
        event = entry_event(
            self.folder.name,
            self.event_type,
            self.project,
            throttle=self.throttle,
            payload=payload,
            occurred_at=ports.clock.now(),
        )
        registry = load_blocks(formation, catalogue)
        with RunJournal(self.folder / "journal", identity, ports.clock.now, redact=redactor) as journal:
            journal.subscribe(on_fact)
            only_reads = self.throttle == "dry_run" or all(
                each.kind == "observer" for each in registry.blocks
            )
            tree = await _committed_tree(ports.git, self.tree) if only_reads else None
            context = RunContext(self.folder, formation, tree=tree, gateways=ports, redactor=redactor)
            return await Engine(registry, journal, context).run(event)

    def in_own_loop(self, on_fact: Callable[[Fact], None]) -> Outcome:
        """Do the same from code that is not asynchronous, in a thread without a running loop."""
        return asyncio.run(self.run(on_fact))


async def _committed_tree(git: Git, folder: Path | None) -> Path | None:
    """Folder, if it lies in a repository with a commit; nothing can be compared elsewhere."""
    if folder is None:
        return None
    try:
        await git.revision(folder)
    except GitFailed:
        return None
    return folder


def new_run_folder(runs: Path | None) -> Path:
    """Make an empty folder for a run, below `runs` or in the folder for temporary files."""
    run_id = new_id("run")
    parent = runs if runs is not None else Path(tempfile.mkdtemp(prefix="foundry-"))
    folder = parent / run_id
    folder.mkdir(parents=True)
    return folder

"""An iteration over fakes: one gate, one agent, one repository that is a dictionary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from foundry_kernel.agents.phases import Agents
from foundry_kernel.blocks import load_blocks
from foundry_kernel.engine.permission import Permission
from foundry_kernel.events.catalogue import load_catalogue
from foundry_kernel.formations import load_formation
from foundry_kernel.gateways.shell import Command, CommandResult
from runtime_artifacts.content import Throttle
from tests.fakes.foundry_agents import USUAL, FakeAgents, Said
from tests.fakes.foundry_git import FakeGit
from tests.fakes.foundry_run import Run
from tests.fakes.foundry_shell import FakeShell, exits

CATALOGUE = load_catalogue()
ALLOWED = Permission(frozenset({"mutation", "commit"}), commit=True, push=True, by="ada", why="a test")


class Gate:
    """The one gate, which passes on the untouched tree and from a certain attempt on."""

    def __init__(self, git: FakeGit, passes_at: int) -> None:
        self.git, self.passes_at = git, passes_at

    def __call__(self, command: Command) -> CommandResult:
        attempt = int(self.git.changed.get("basket.py", "1.99").split(".")[1])
        return exits(0) if attempt >= self.passes_at else exits(1, "expected 100, got 99")


def an_iteration(
    folder: Path,
    *,
    formation: str = "iterate",
    said: Mapping[str, Said] | None = None,
    throttle: Throttle = "full",
    passes_at: int = 1,
    permission: Permission = ALLOWED,
    git: FakeGit | None = None,
    payload: dict[str, Any] | None = None,
    edits: bool = True,
) -> tuple[Run, FakeAgents]:
    """A run in `folder/run` over a tree in `folder/tree`, and the agents that it asks."""
    tree, run_dir = folder / "tree", folder / "run"
    for each in (tree, run_dir):
        each.mkdir(parents=True, exist_ok=True)
    (tree / "CHARTER.md").write_text("Tells people what their basket costs, to the cent.\n")
    (tree / "basket.py").write_text("TOTAL = 1\n")
    (tree / ".hone-gates.json").write_text(json.dumps({"gates": [{"name": "tests", "command": "tests"}]}))
    world = git or FakeGit(files={"basket.py": b"TOTAL = 0\n"})
    agents = FakeAgents(world, {**USUAL, **(said or {})}, edits=edits)
    composed = load_formation(formation, CATALOGUE)
    run = Run(
        run_dir,
        load_blocks(composed, CATALOGUE).blocks,
        throttle,
        payload or {},
        closing_events=composed.closing_events,
        catalogue=CATALOGUE,
        entry_type=composed.entry_event,
        tree=tree,
        git=world,
        shell=FakeShell({"tests": Gate(world, passes_at)}),
        environment={"PATH": "/bin"},
        services={Agents: Agents(agents)},
        permission=permission,
        branch="alloy/demo/test/12345678" if throttle == "full" else None,
    )
    return run, agents


def payload_of(run: Run, event_type: str) -> dict[str, Any]:
    """Payload of the last event of a type."""
    return next(f.payload for f in reversed(run.facts) if f.kind == "event" and f.event_type == event_type)

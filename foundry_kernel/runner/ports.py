"""The ports of a runner on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from foundry_kernel.blocks import load_blocks
from foundry_kernel.events.catalogue import load_catalogue
from foundry_kernel.formations import formation_for
from foundry_kernel.gateways.git import CommandGit
from foundry_kernel.runner.deliver import local_runner_id
from foundry_kernel.runner.prepare import RunnerPorts


def runner_ports(runner_id: str = "") -> RunnerPorts:
    """Git, the installed formations, the clock and the runner's name: that of this machine unless one is given."""
    return RunnerPorts(
        git=CommandGit(), mutates=mutates, clock=_now, runner_id=runner_id or local_runner_id()
    )


def mutates(entry_event: str, payload: Mapping[str, Any]) -> bool:
    """Say whether a run that begins like this has a block that changes the world.

    Raises:
        FoundryError: no run can begin like this.
    """
    catalogue = load_catalogue()
    catalogue.check_entry(entry_event, payload)
    registry = load_blocks(formation_for(entry_event, payload, catalogue), catalogue)
    return any(block.kind == "mutator" for block in registry.blocks)


def _now() -> datetime:
    return datetime.now(UTC)

"""A run that a person begins at the terminal, and what its journal says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from foundry_kernel.cli import main
from foundry_kernel.events.journal import read_run
from runtime_artifacts.journal import Fact


@dataclass(frozen=True)
class Emitted:
    """What came of it.

    Attributes:
        folder: of the run.
        said: `data` of the envelope.
    """

    exit_code: int
    folder: Path
    said: dict[str, Any]
    output: str

    @property
    def facts(self) -> list[Fact]:
        return list(read_run(self.folder / "journal"))

    @property
    def chain(self) -> list[str | None]:
        """Event types, in order."""
        return [fact.event_type for fact in self.facts if fact.kind == "event"]

    @property
    def simulated(self) -> list[str | None]:
        return [fact.event_type for fact in self.facts if fact.kind == "event" and fact.simulated]

    @property
    def mutators_that_ran(self) -> list[str | None]:
        return [
            fact.block for fact in self.facts if fact.kind == "block_started" and fact.block_kind == "mutator"
        ]

    def payload(self, event_type: str) -> dict[str, Any]:
        """Payload of the last event of a type."""
        return next(
            fact.payload
            for fact in reversed(self.facts)
            if fact.kind == "event" and fact.event_type == event_type
        )


def emit(
    event: str,
    project: str,
    workspace: Path,
    throttle: str = "full",
    environment: dict[str, str] | None = None,
    **payload: Any,
) -> Emitted:
    """Emit an entry event at the command line; at throttle full with a human's word."""
    arguments = ["emit", event, project, "--workspace", str(workspace), "--json", "--throttle", throttle]
    arguments += ["--payload", json.dumps(payload)]
    if throttle == "full":
        arguments += ["--i-approve", "a test wants it"]
    result = CliRunner().invoke(main, arguments, env=environment)
    if not result.stdout.strip():
        raise AssertionError(result.output) from result.exception
    said = json.loads(result.stdout)["data"] or {}
    return Emitted(result.exit_code, Path(said.get("folder", "nowhere")), said, result.output)

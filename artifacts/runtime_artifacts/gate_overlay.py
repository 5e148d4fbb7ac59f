"""Gate Overlay: extra gates that express required evidence (spec 3.5)."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from runtime_artifacts.content import Content, RelativePath
from runtime_artifacts.envelope import Kind

GateMode = Literal["advisory", "required_for_dry_run", "required_for_mutation"]
GateName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:#-]{0,199}$")]
EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]


class OverlayGate(Content):
    """One gate.

    Attributes:
        command: an argument list, run without a shell; a single string asks for a shell by explicit choice.
        working_directory: relative to the repository root.
        timeout_s: seconds, above 0.
        environment: names of variables that may pass from the runner's environment.
        applies_to: record ids, opaque to Foundry.
        evidence_id: evidence definition that this gate observes, opaque to Foundry.
        phase: the only phase in which it is run; None for every phase. What a run is to bring about cannot hold before.
    """

    name: GateName
    command: Annotated[tuple[str, ...], Field(min_length=1)] | Annotated[str, Field(min_length=1)]
    working_directory: RelativePath = "."
    timeout_s: float = Field(default=600, gt=0, le=86_400)
    environment: tuple[EnvironmentName, ...] = ()
    applies_to: tuple[str, ...] = ()
    evidence_id: str | None = None
    mode: GateMode = "advisory"
    phase: Literal["preflight", "verify"] | None = None


class GateOverlay(Content):
    """Content of `alloy.gate_overlay.v1`. An overlay never removes or loosens a gate of the repository."""

    project_id: str
    gates: tuple[OverlayGate, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = (gate.name for gate in self.gates)
        twice = sorted({name for name, count in Counter(names).items() if count > 1})
        if twice:
            raise ValueError(f"two gates are called {twice[0]!r}")
        return self


GATE_OVERLAY = Kind("alloy.gate_overlay", "gate_overlay", GateOverlay, compiled=True)

"""What payloads are made of (spec 4.1).

The name of an event type is the name of its payload class in snake_case; an entry event derives from `EntryPayload`.
Unknown fields are kept by the models. Whether they may be there is decided by the catalogue: kept in what comes from
outside (a request, an existing Foundry), refused in what a block of ours emits.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Workflow = Literal[
    "validation", "iterate", "prompt", "execution", "maintain", "remediation", "release", "pipeline"
]
"""What a chain is about; blocks that several chains share carry it on, so that each chain's own blocks know theirs."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class PayloadPart(BaseModel):
    """An object inside a payload: frozen; unknown fields survive."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Payload(PayloadPart):
    """Root of all payloads.

    Attributes:
        dry_run: True in an event that stands for what a mutator would have done; set by the engine.
    """

    dry_run: bool | None = None

    @classmethod
    def event_type(cls) -> str:
        """Name of the event type: the class's name in snake_case."""
        return _HUMP.sub("_", cls.__name__).lower()


class AlloyReference(PayloadPart):
    """Which compiled artifacts shape the run; opaque to Foundry but for ids and digests (spec 5.2, mode 3)."""

    brief_id: str
    brief_digest: str
    prompt_pack_id: str | None = None
    evidence_plan_id: str | None = None


class Actions(PayloadPart):
    """What the caller allows to follow."""

    iterate: bool | None = None
    maintain: bool | None = None
    push: bool | None = None
    audit: bool | None = None
    release: bool | None = None


class EntryPayload(Payload):
    """Root of the payloads that a run can begin with."""

    alloy: AlloyReference | None = None
    actions: Actions | None = None


class LoopContext(PayloadPart):
    """Where an inner iteration stands in the outer loop."""

    iteration: int = Field(ge=1)
    max_iterations: int = Field(ge=1)
    area: str = ""


class StepPayload(Payload):
    """Root of the payloads of a chain whose blocks are shared: which chain it is, and which round of a loop.

    The round keeps payloads of different rounds apart, so that a loop with an end is not taken for one without.
    """

    workflow: Workflow = "iterate"
    loop_context: LoopContext | None = None

    @property
    def step(self) -> dict[str, Any]:
        """Both, for the payload of the next step."""
        return {"workflow": self.workflow, "loop_context": self.loop_context}

    @property
    def step_name(self) -> str:
        """Tells the deliveries of one run apart: empty for a plain iteration, else the chain and its round."""
        parts = [self.workflow] if self.workflow != "iterate" else []
        return ".".join([*parts, *([str(self.loop_context.iteration)] if self.loop_context else [])])


class ClosingPayload(Payload):
    """Root of the payloads that can close a run and decide its status.

    Attributes:
        success: False makes the run a failed one.
        findings: how many things a human should look at; more than 0 in a successful run is
            `completed_with_findings`.
    """

    success: bool
    findings: int = Field(default=0, ge=0)
    summary: str = ""

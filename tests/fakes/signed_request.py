"""A request that a human approved by signature, carried out in this process as a kernel does: real git, real gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from foundry_kernel.gateways.gateway_set import GatewaySet
from foundry_kernel.gateways.git import CommandGit
from foundry_kernel.runner.execute import run_attempt
from foundry_kernel.runner.ports import runner_ports
from foundry_kernel.runner.prepare import Prepared, prepare_run
from foundry_kernel.runner.reopen import reopen
from foundry_kernel.runner.workspace import RunnerWorkspace
from runtime_artifacts.approval import APPROVAL, Approval, ApprovalScope
from runtime_artifacts.content import Throttle
from runtime_artifacts.envelope import Artifact, ArtifactRef, format_timestamp
from runtime_artifacts.execution_request import FoundryCall
from runtime_artifacts.formation_brief import FormationPattern
from runtime_artifacts.journal import Fact
from runtime_artifacts.run_result import RunResult
from tests.fakes.signers import Signer, sealed, signed, stated
from tests.foundry_kernel.runner.tiny_workspace import compile_request, git

ADA = Signer("ada", 1)


@dataclass(frozen=True)
class CarriedOut:
    """What came of it."""

    result: RunResult
    facts: list[Fact]

    def payload(self, event_type: str) -> dict[str, Any]:
        """Payload of the last event of a type."""
        return next(
            f.payload for f in reversed(self.facts) if f.kind == "event" and f.event_type == event_type
        )

    @property
    def asked(self) -> list[str]:
        """Recordings that were played, in order: who was asked."""
        return [
            call["remarks"][0].removeprefix("played from ").removesuffix(".json")
            for fact in self.facts
            if fact.kind == "block_finished"
            for call in (fact.payload.get("details") or {}).get("agent_calls", ())
        ]

    @property
    def chain(self) -> list[str | None]:
        """Types of the events, in order."""
        return [fact.event_type for fact in self.facts if fact.kind == "event"]


def trust_ada(root: Path) -> None:
    """Let Ada's word count in a workspace."""
    keys = root / ".alloy" / "trusted_keys"
    keys.mkdir(parents=True)
    (keys / f"{ADA.keyid}.json").write_text(ADA.trusted().model_dump_json())


def approval_of(brief: ArtifactRef, scopes: Sequence[ApprovalScope]) -> Artifact[Approval]:
    """Ada's approval of a brief for a day, signed."""
    now = datetime.now(UTC)
    stating = stated(
        brief.digest,
        brief.id,
        scopes=tuple(scopes),
        approved_at=format_timestamp(now),
        expires_at=format_timestamp(now + timedelta(days=1)),
    )
    return sealed(signed(stating, ADA))


async def carry_out(
    root: Path,
    entry_event: str,
    scopes: Sequence[ApprovalScope] = ("mutation", "commit"),
    *,
    payload: dict[str, Any] | None = None,
    controls: dict[str, Any] | None = None,
    pattern: FormationPattern = "no_agent",
    throttle: Throttle = "full",
    environment: dict[str, str] | None = None,
) -> CarriedOut:
    """Request a run of the checkout's commit, approve it for some scopes, and carry it out to its end.

    Raises:
        FoundryError: it is refused before it begins.
    """
    workspace = RunnerWorkspace(root)
    call = FoundryCall(entry_event=entry_event, throttle=throttle, payload=payload or {})
    head = git(root, "rev-parse", "HEAD")
    request = compile_request(workspace, head, call=call, controls=controls, pattern=pattern)
    workspace.mailbox.post(request)
    if scopes:
        workspace.shelf.put(APPROVAL, approval_of(request.content.brief, scopes))
    prepared = await prepare_run(request, workspace, runner_ports())
    assert isinstance(prepared, Prepared)
    opened = reopen(prepared.folder)
    assert isinstance(opened, Prepared)
    facts: list[Fact] = []
    ports = GatewaySet() if environment is None else GatewaySet(environment=environment, git=CommandGit())
    result = (await run_attempt(opened, facts.append, ports)).content
    return CarriedOut(result, facts)

"""A governed shop that is shared, with a request that waits, and what a runner elsewhere would say of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alloynb.application.compile_intent import CompileIntent, compile_intent
from alloynb.application.dispatch import accept_request, next_offer, report_started
from alloynb.application.receive_run import complete_request
from alloynb.application.request_run import RequestRun, request_run
from alloynb.application.runners import RegisterRunner, Runner, find_runner, keep_manifest, register_runner
from alloynb.application.workspace import Workspace
from runtime_artifacts.capability_manifest import CAPABILITY_MANIFEST, CapabilityManifest, FormationCapability
from runtime_artifacts.envelope import Artifact, Throttle, seal
from runtime_artifacts.execution_request import EXECUTION_REQUEST, ExecutionRequest
from runtime_artifacts.identity import new_id
from runtime_artifacts.run_result import RunResult
from runtime_artifacts.runner_protocol import (
    Acceptance,
    Completed,
    Lease,
    Offer,
    Poll,
    RequestEnded,
    Started,
)
from tests.fakes.alloy_workspace import Governed, ScriptedFoundry, governed_shop

SUPPORTED = CapabilityManifest(
    foundry_version="0.9",
    entry_events=("validation_requested", "iteration_requested"),
    formations=(
        FormationCapability(name="validation", entry_event="validation_requested"),
        FormationCapability(name="iterate", entry_event="iteration_requested", mutates=True),
    ),
    reads_schemas=(EXECUTION_REQUEST.schema,),
    resolves_briefs=True,
    resolves_prompt_packs=True,
    resolves_gate_overlays=True,
)


@dataclass
class Shared:
    """A shared Alloy and its registered runners."""

    governed: Governed
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def workspace(self) -> Workspace:
        """As the person opened it who administers it."""
        return self.governed.workspace

    def register(self, name: str, *projects: str, trusted: bool = False, manifest: bool = True) -> Runner:
        """Let a runner in, and say for it what it supports."""
        made = register_runner(self.workspace, RegisterRunner(name, projects, trusted))
        self.keys[name] = made.key
        runner = find_runner(self.workspace, name)
        if manifest:
            keep_manifest(self.workspace, runner, manifest_bytes(self.workspace))
        return runner

    def request(self, throttle: Throttle = "dry_run", **payload: Any) -> Artifact[ExecutionRequest]:
        """Ask for a run of the accepted records."""
        template = "iterate" if throttle == "full" else "validate"
        compiled = compile_intent(self.workspace, CompileIntent(template, payload=payload))
        asked = RequestRun(compiled.formation.brief.id, throttle)
        return request_run(self.workspace, asked).request


def shared_alloy(root: Path) -> Shared:
    """Govern a shop and share it."""
    return Shared(governed_shop(root, "vendor-boundary"))


def manifest_bytes(workspace: Workspace, content: CapabilityManifest = SUPPORTED) -> bytes:
    """What a runner says it supports."""
    made = seal(
        CAPABILITY_MANIFEST,
        content,
        id=new_id("manifest"),
        created_at=workspace.clock(),
        created_by="a runner",
        compiler_version="foundry-kernel 0",
    )
    return made.to_bytes()


def take(
    workspace: Workspace, runner: Runner, *, lease_s: float = 30.0, start: bool = True
) -> tuple[Offer, Lease]:
    """Poll, accept what is offered, and begin."""
    offer = next_offer(workspace, runner, Poll())
    assert offer is not None
    lease = accept_request(
        workspace, runner, str(offer.request["id"]), Acceptance(run_id=new_id("run"), lease_s=lease_s)
    )
    if start:
        report_started(workspace, runner, lease.request_id, Started(lease_id=lease.lease_id))
    return offer, lease


def result_of(workspace: Workspace, lease: Lease, **said: Any) -> Artifact[RunResult]:
    """The result that a run under this lease would have."""
    request = workspace.mailbox.request(lease.request_id)
    return ScriptedFoundry(**said)._result(request, lease.run_id, 1, workspace.shelf)


def finish(workspace: Workspace, runner: Runner, lease: Lease, **said: Any) -> RequestEnded:
    """Report the result of a run under this lease."""
    result = result_of(workspace, lease, **said)
    message = Completed(lease_id=lease.lease_id, result=result.as_json())
    return complete_request(workspace, runner, lease.request_id, message)

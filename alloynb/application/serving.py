"""May this runner have that request? One answer for offers, acceptances and the view of what waits (spec 5.3, 5.5)."""

from __future__ import annotations

from alloynb.application.compile_down import compile_down
from alloynb.application.foundry_capabilities import file_of
from alloynb.application.runners import Runner
from alloynb.application.standing_approvals import standing_approvals
from alloynb.application.workspace import Workspace
from alloynb.compiler.refusal import CompilationRefused
from alloynb.compiler.translation import Translation
from runtime_artifacts.capability_manifest import CAPABILITY_MANIFEST, CapabilityManifest
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.execution_request import EXECUTION_REQUEST, ExecutionRequest
from runtime_artifacts.formation_brief import FORMATION_BRIEF
from runtime_artifacts.kinds import read_file


def why_not_served(
    workspace: Workspace, request: ExecutionRequest, runner: Runner, manifest: CapabilityManifest | None
) -> tuple[str, ...]:
    """Every reason why a runner may not have a request; none when it may.

    A request that changes a repository for good needs a runner that is trusted for that, and an approval that holds.
    Whether one does is never left to the word of a runner that is not trusted.
    """
    reasons = []
    if runner.revoked is not None:
        reasons.append(f"{runner.name} is revoked")
    if not runner.serves(request.project_id):
        reasons.append(f"{runner.name} may not serve {request.project_id}")
    if manifest is None:
        return (*reasons, f"{runner.name} has not said what it supports")
    reasons += _not_supported(request, runner, manifest)
    reasons += _lost(workspace, request, runner, manifest)
    if changes_for_good(request, manifest if runner.trusted_for_mutation else _told(workspace)):
        if not runner.trusted_for_mutation:
            reasons.append(f"{runner.name} is not trusted to change a repository")
        if not is_approved(workspace, request):
            reasons.append("nobody has approved that it changes the repository, or the approval is over")
    return tuple(reasons)


def changes_for_good(request: ExecutionRequest, manifest: CapabilityManifest | None) -> bool:
    """Say whether a request may change a repository for good; one whose formation is unknown counts as if.

    Args:
        manifest: of somebody whose word counts; None when there is none.
    """
    if request.foundry.throttle != "full":
        return False
    if manifest is None:
        return True
    formations = [each for each in manifest.formations if each.entry_event == request.foundry.entry_event]
    return not formations or any(each.mutates for each in formations)


def _told(workspace: Workspace) -> CapabilityManifest | None:
    """What a person who manages runners told of the project's Foundry."""
    try:
        return read_file(CAPABILITY_MANIFEST, file_of(workspace)).content
    except ArtifactError:  # also when nobody told anything
        return None


def is_approved(workspace: Workspace, request: ExecutionRequest) -> bool:
    """Say whether an approval for a change holds now. One on the shelf that cannot be read counts as none."""
    try:
        brief = workspace.shelf.get(FORMATION_BRIEF, request.brief.digest)
        found = standing_approvals(workspace, brief, throttle="full", revision=request.repo.revision)
    except ArtifactError:
        return False
    return any("mutation" in each.content.scopes for each in found)


def translation_for(
    workspace: Workspace, request: ExecutionRequest, manifest: CapabilityManifest
) -> Translation | None:
    """How the brief of a request reaches a runner's Foundry; None when the brief is not on the shelf any more."""
    try:
        brief = workspace.shelf.get(FORMATION_BRIEF, request.brief.digest)
        return compile_down(workspace, brief, manifest, request.repo.revision)
    except (ArtifactError, CompilationRefused):
        return None


def _lost(
    workspace: Workspace, request: ExecutionRequest, runner: Runner, manifest: CapabilityManifest
) -> list[str]:
    """Required gates that a runner's Foundry would not run; a target that resolves overlays need not be looked at."""
    if manifest.resolves_gate_overlays:
        return []
    translation = translation_for(workspace, request, manifest)
    lost = translation.lost_required if translation is not None else ()
    return [f"{runner.name} would not run the required gate {each.gate}: {each.why}" for each in lost]


def _not_supported(request: ExecutionRequest, runner: Runner, manifest: CapabilityManifest) -> list[str]:
    call = request.foundry
    missing = []
    if call.entry_event not in manifest.entry_events:
        missing.append(f"entry event {call.entry_event}")
    if call.throttle not in manifest.throttles:
        missing.append(f"throttle {call.throttle}")
    if manifest.reads_schemas and EXECUTION_REQUEST.schema not in manifest.reads_schemas:
        missing.append(EXECUTION_REQUEST.schema)
    return [f"{runner.name} does not support {each}" for each in missing]

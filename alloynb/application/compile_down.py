"""Compile a brief down to one target, the same way whoever asks: a run, a launch, a request, files, a command line.

Says what becomes of the brief's gates and agents before anything is requested, and refuses where a required gate would
be lost (spec 3.6, 5.5).
"""

from __future__ import annotations

from alloynb.application.workspace import Workspace
from alloynb.archaeology.checkout import GitFailed, read_git
from alloynb.compiler.lowering import GATE_FILE, PROJECTION, refuse_unreachable
from alloynb.compiler.translation import Translation, gate_fates, refuse_lost_gates, translate
from runtime_artifacts.capability_manifest import CapabilityManifest
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief
from runtime_artifacts.gate_overlay import GATE_OVERLAY, GateOverlay
from runtime_artifacts.run_result import RunResult

_LARGEST_GATE_FILE_BYTES = 1024 * 1024


def compile_down(
    workspace: Workspace,
    brief: Artifact[FormationBrief],
    manifest: CapabilityManifest | None,
    revision: str,
    *,
    by_request: bool = True,
) -> Translation:
    """Say how a brief reaches a target at a revision; nothing is written.

    Args:
        manifest: what the target says of itself; None for one that cannot be asked.
        by_request: the target takes an execution request; else files or a command line.

    Raises:
        TargetCannotServe: the target lacks something that nothing makes up for.
        NotOnShelf, DigestMismatch: the overlay is missing, or was changed.
    """
    overlay = workspace.shelf.get(GATE_OVERLAY, brief.content.gate_overlay.digest).content
    translation = translate(
        manifest, brief.content, overlay, gate_file_at(workspace, revision), by_request=by_request
    )
    refuse_unreachable(translation.lowering, manifest.foundry_version if manifest else "")
    return translation


def compile_down_for_run(
    workspace: Workspace, brief: Artifact[FormationBrief], manifest: CapabilityManifest, revision: str
) -> Translation:
    """Compile down for a run by request, and refuse one that could not show what it has to show.

    Raises:
        TargetCannotServe, RequiredGateLost: with the next step.
        NotOnShelf, DigestMismatch: the overlay is missing, or was changed.
    """
    translation = compile_down(workspace, brief, manifest, revision)
    refuse_lost_gates(translation, brief.id)
    return translation


def gates_of_repository(workspace: Workspace, result: RunResult) -> frozenset[str]:
    """Gates of a run's brief that the repository's own gate file runs under their name, with the same command.

    What such a gate said in a run that took no overlay is evidence as if the overlay had asked for it.
    """
    brief = workspace.shelf.get(FORMATION_BRIEF, result.brief.digest)
    overlay = workspace.shelf.get(GATE_OVERLAY, brief.content.gate_overlay.digest).content
    return same_gates(overlay, gate_file_at(workspace, result.revision_before))


def same_gates(overlay: GateOverlay, gate_file: bytes | None) -> frozenset[str]:
    """Names of the gates of an overlay that a gate file has too."""
    fates = gate_fates(overlay, gate_file, PROJECTION, "a Foundry without overlays")
    return frozenset(each.gate for each in fates if each.becomes == "repository")


def gate_file_at(workspace: Workspace, revision: str) -> bytes | None:
    """The repository's own gates as committed; None when the revision has no such file, or none that could be read."""
    try:
        text = read_git(workspace.root, "cat-file", "blob", f"{revision}:{GATE_FILE}")
    except GitFailed:
        return None
    return text if len(text) <= _LARGEST_GATE_FILE_BYTES else None

"""What the Foundry that serves a project supports: as a runner told, or as the one beside us says (spec 3.6, 5.3)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alloynb.application.foundry_command import Foundry, find_foundry
from alloynb.application.workspace import Workspace
from runtime_artifacts.capability_manifest import CAPABILITY_MANIFEST, CapabilityManifest
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.kinds import read_as, read_file
from runtime_artifacts.write_once import make_folder, replace_whole

FILE = "foundry-capabilities.json"


@dataclass(frozen=True)
class KnownCapabilities:
    """A manifest and where it comes from: `told` by a runner, or `local`."""

    manifest: CapabilityManifest
    source: str


def foundry_capabilities(workspace: Workspace, foundry: Foundry | None = None) -> KnownCapabilities:
    """Tell what was told last; else ask the Foundry that is installed here.

    Raises:
        MalformedDocument, DigestMismatch, InvalidContent: the file was changed by hand.
        CannotRun: nothing was told, and no Foundry is here.
    """
    told = told_capabilities(workspace)
    if told is not None:
        return KnownCapabilities(told, "told")
    return KnownCapabilities((foundry or find_foundry()).manifest(), "local")


def told_capabilities(workspace: Workspace) -> CapabilityManifest | None:
    """What was told of the Foundry that serves this project; None when nobody told anything, and nobody is asked.

    Raises:
        MalformedDocument, DigestMismatch, InvalidContent: the file was changed by hand.
    """
    file = file_of(workspace)
    return read_file(CAPABILITY_MANIFEST, file).content if file.is_file() else None


def keep_capabilities(workspace: Workspace, document: bytes) -> Artifact[CapabilityManifest]:
    """Keep the manifest that a runner tells, verified, in place of the earlier one.

    Raises:
        MissingAuthority: the principal may not manage runners.
        MalformedDocument, UnknownSchema, DigestMismatch, InvalidContent: it is no unharmed manifest.
    """
    workspace.authority.require(workspace.principal, "manage_runners", workspace.settings.project)
    manifest = read_as(CAPABILITY_MANIFEST, document)
    file = file_of(workspace)
    make_folder(file.parent)
    replace_whole(file, manifest.to_bytes())
    return manifest


def file_of(workspace: Workspace) -> Path:
    """Where the told manifest lies."""
    return workspace.alloy_dir / FILE

"""Lay a brief out as files for a target that takes no briefs, or for a person (spec 3.6, 5.2 modes 0 and 4)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alloynb.application.brief_lifecycle import CLOSED, standing_of
from alloynb.application.compile_down import compile_down
from alloynb.application.compile_intent import contents_of
from alloynb.application.workspace import Workspace
from alloynb.compiler.lowering import lowered_files
from alloynb.compiler.translation import Translation
from alloynb.errors import CannotRun, Refused
from runtime_artifacts.capability_manifest import CapabilityManifest
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief
from runtime_artifacts.prompt_pack import PROMPT_PACK
from runtime_artifacts.write_once import replace_whole

_STALE = frozenset({"gates/overlay.hone-gates.json", "gates/checklist.md"})
"""Files that an earlier brief may have left, and that would speak for this one if they stayed."""


class NotOurFolder(Refused):
    """What stands where the files would go is a link, or something that is no folder."""


@dataclass(frozen=True)
class MaterializedBrief:
    """The brief, how it was compiled down, and the files that were written, relative to the repository."""

    brief: Artifact[FormationBrief]
    translation: Translation
    files: tuple[str, ...]


def materialize_brief(
    workspace: Workspace, brief_id: str, manifest: CapabilityManifest | None = None
) -> MaterializedBrief:
    """Write the files of a brief below `.alloy/`; those of an earlier brief in their place are replaced.

    Args:
        manifest: what the target says of itself; None for a target that people run.

    Raises:
        NotOnShelf: no such brief.
        IllegalBriefStep: it was rejected, cancelled or archived.
        TargetCannotServe: the target lacks something that no file makes up for; nothing was written.
        NotOurFolder, CannotRun: a file cannot be written.
    """
    brief = workspace.shelf.find(FORMATION_BRIEF, brief_id)
    standing = standing_of(workspace.alloy_dir, brief.id)
    if standing.brief in CLOSED:
        standing.after({"state": "compiled"})
    contents = contents_of(workspace, brief)
    translation = compile_down(workspace, brief, manifest, "HEAD", by_request=False)
    pack = workspace.shelf.get(PROMPT_PACK, brief.content.prompt_pack.digest)
    files = lowered_files(brief, pack, contents, translation.lowering, manifest)
    places = {workspace.alloy_dir / name: text for name, text in files.items()}
    for file in places:
        _refuse_link(workspace.alloy_dir, file)
    for stale in _STALE - files.keys():
        (workspace.alloy_dir / stale).unlink(missing_ok=True)
    for file, text in places.items():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            replace_whole(file, text.encode())
        except OSError as error:
            raise CannotRun(f"cannot be written: {error.strerror or error}", file=file) from error
    return MaterializedBrief(
        brief, translation, tuple(file.relative_to(workspace.root).as_posix() for file in places)
    )


def _refuse_link(alloy_dir: Path, file: Path) -> None:
    folder = file.parent
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()) or file.is_symlink() or file.is_dir():
        where = folder if folder.is_symlink() or not folder.is_dir() else file
        raise NotOurFolder("a link or something else stands where a file of the brief would go", file=where)

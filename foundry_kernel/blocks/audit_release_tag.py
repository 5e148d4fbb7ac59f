"""Looks whether the latest release has a vulnerability (spec 4.6)."""

from __future__ import annotations

from pathlib import Path

from foundry_kernel.engine.block import BlockContext, BlockResult, block
from foundry_kernel.events.payloads.security import ReleaseTagAudited, VulnerabilityDetected
from foundry_kernel.gates.errors import NoTree
from foundry_kernel.gateways.package_tools import PackageTools, ToolCaller, ToolFailed, manifests_among
from foundry_kernel.gateways.release_tags import latest_release


@block(
    name="audit_release_tag",
    kind="observer",
    sinks=(VulnerabilityDetected,),
    emits=(ReleaseTagAudited,),
)
async def audit_release_tag(context: BlockContext) -> BlockResult:
    """Audit the dependencies that the latest release tag names, from copies of its manifests."""
    asked = context.payload_as(VulnerabilityDetected)
    repository = context.repository or context.tree
    if repository is None:
        raise NoTree("releases are tags of a repository", next_step="name a workspace with a commit")
    latest = latest_release(await context.gateways.git.tags(repository))
    about = ReleaseTagAudited(vulnerable=False, vulnerability=asked.vulnerability, package=asked.package)
    if latest is None:
        said = "nothing was released yet"
        return BlockResult(said, about.model_copy(update={"details": said}))
    about = about.model_copy(update={"tag": latest.tag, "revision": latest.commit})
    folder = context.run_dir / "audited-release"
    copied = await _copy_manifests(context, repository, latest.commit, folder)
    if not copied:
        said = f"{latest.tag} names no dependencies"
        return BlockResult(said, about.model_copy(update={"details": said}))
    caller = ToolCaller(
        context.gateways.shell, context.gateways.environment, context.redactor, context.cancel
    )
    audit = await PackageTools(caller).audit(folder)
    found = audit.of(asked.vulnerability, asked.aliases, asked.package)
    if found is None and audit.leaves_open(asked.package):
        raise ToolFailed(f"{asked.package} of {latest.tag} could not be audited: {audit.unaudited[0]}")
    said = f"{latest.tag} has {asked.vulnerability}" if found else f"{latest.tag} is clean"
    if found is not None:
        about = about.model_copy(
            update={
                "vulnerable": True,
                "installed_version": found.installed_version,
                "fixed_versions": found.fixed_versions,
            }
        )
    return BlockResult(said, about.model_copy(update={"details": said}))


async def _copy_manifests(context: BlockContext, repository: Path, revision: str, folder: Path) -> int:
    """Put the files that say what a revision depends on into a folder of the run."""
    git, files = context.gateways.git, context.gateways.files
    paths = manifests_among(await git.paths_at(repository, revision))
    for path in paths:
        files.write(folder / path, await git.read_at(repository, revision, path) or b"")
    return len(paths)


BLOCK = audit_release_tag

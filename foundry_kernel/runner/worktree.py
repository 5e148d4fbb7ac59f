"""The work tree of a run: the requested revision, away from anyone's checkout (spec 4.8)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from foundry_kernel.engine.ground import Ground, branch_name
from foundry_kernel.gateways.git import CommandGit, Git, GitFailed
from foundry_kernel.runner.ports import mutates
from foundry_kernel.runner.run_folder import RunFolder
from runtime_artifacts.journal import Fact
from runtime_artifacts.safe_path import resolve_inside


def repository_of(folder: RunFolder, workspace: Path) -> Path:
    """Repository that the run's request names, as it was verified.

    Raises:
        UnsafePath: it leads out of the workspace.
    """
    path = folder.request().content.repo.path
    return workspace if path == "." else resolve_inside(workspace, path)


def ground_of(folder: RunFolder, workspace: Path, git: Git) -> Ground:
    """Say where the run works; only one that may change things at throttle `full` has a branch.

    Raises:
        FoundryError, ArtifactError: the request's formation or repository cannot be found.
    """
    content = folder.request().content
    call = content.foundry
    branch = None
    if call.throttle == "full" and mutates(call.entry_event, call.payload):
        title = folder.brief().content.identity.title
        branch = branch_name(content.project_id, title, folder.run_id)
    return Ground(
        git,
        repository_of(folder, workspace),
        content.repo.revision,
        folder.worktree,
        call.throttle,
        branch,
    )


def something_was_done(facts: Sequence[Fact]) -> bool:
    """Whether a mutator has begun to work in the run's tree, so that a later attempt must find the tree as it is."""
    return any(fact.kind == "block_started" and fact.block_kind == "mutator" for fact in facts)


def leave_worktree(folder: RunFolder, workspace: Path) -> None:
    """Tidy up after a kernel that died: remove the work tree, unless an agent's work is in it and the run can go on.

    Then the tree stays, off its branch, and a branch without commits goes. A failure leaves things where they are,
    which harms nothing: they lie in the run's folder.
    """
    if not folder.worktree.exists():
        return

    async def leave() -> None:
        git = CommandGit()
        ground = ground_of(folder, workspace, git)
        if something_was_done(folder.facts()):
            await ground.let_go(await git.revision(folder.worktree))
        else:
            await ground.clear(folder.path)

    try:
        asyncio.run(leave())
    except GitFailed:
        return

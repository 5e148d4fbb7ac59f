"""The work tree of a run: the requested revision, detached, away from anyone's checkout (spec 4.8)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from foundry_kernel.gateways.git import CommandGit, GitFailed
from foundry_kernel.runner.run_folder import RunFolder
from runtime_artifacts.safe_path import resolve_inside


def repository_of(folder: RunFolder, workspace: Path) -> Path:
    """Repository that the run's request names, as it was verified.

    Raises:
        UnsafePath: it leads out of the workspace.
    """
    path = folder.request().content.repo.path
    return workspace if path == "." else resolve_inside(workspace, path)


def remove_worktree(folder: RunFolder, workspace: Path) -> None:
    """Remove the run's work tree, if there is one; a failure leaves it where it is, which harms nothing."""
    if folder.worktree.exists():
        try:
            asyncio.run(CommandGit().remove_worktree(repository_of(folder, workspace), folder.worktree))
        except GitFailed:
            return

"""Looking at a registered project: whether it is where the registry says, and at which revision work begins."""

from __future__ import annotations

from dataclasses import dataclass

from foundry_kernel.gateways.git import Git, GitFailed
from foundry_kernel.gateways.project_registry import Project


@dataclass(frozen=True)
class ProjectLook:
    """What was seen.

    Attributes:
        problem: why it cannot be worked on, in one sentence; empty when it can.
        revision: commit of the default branch, where work begins; of what is checked out when none is named.
    """

    problem: str = ""
    revision: str = ""


async def look_at_project(project: Project, git: Git) -> ProjectLook:
    """Look at the folder, the repository and the branch; nothing is changed."""
    folder = project.folder
    if not folder.is_dir():
        return ProjectLook(f"there is no folder {folder}")
    try:
        head = await git.revision(folder)
    except GitFailed:
        return ProjectLook(f"{folder} is not a git repository with a commit")
    if project.branch is None:
        return ProjectLook(revision=head)
    try:
        return ProjectLook(revision=await git.revision(folder, f"refs/heads/{project.branch}"))
    except GitFailed:
        return ProjectLook(f"{folder} has no branch {project.branch}")

"""Where a run works: a worktree of its own, and what is left of it (spec 4.8).

===========  =======================================  =================================================================
throttle     worktree                                 what stays when the run is over
===========  =======================================  =================================================================
full         on the run's new branch, if it mutates   the branch if it holds commits; `undelivered.patch` if something
                                                      was changed and not committed
audit_only   detached                                 `audit.patch` if something was changed
dry_run      detached                                 nothing
===========  =======================================  =================================================================

The user's checkout, index and branches are never touched. A run that died keeps its worktree, off its branch, until
it is resumed; an empty branch goes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from foundry_kernel.gateways.git import Git
from runtime_artifacts.envelope import Throttle
from runtime_artifacts.write_once import replace_whole

AUDIT_PATCH = "audit.patch"
UNDELIVERED_PATCH = "undelivered.patch"
_ODD = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_PART = 60


@dataclass(frozen=True)
class Left:
    """What a run left in its repository.

    Attributes:
        branch: the run's branch, None when it holds no commit and so is gone.
        head: commit that the worktree stood at.
        patch: name of the file in the run's folder with what was changed and not committed.
    """

    head: str
    branch: str | None = None
    patch: str | None = None


@dataclass(frozen=True)
class Ground:
    """The worktree of a run.

    Attributes:
        repository: the user's.
        revision: commit that the run is of.
        tree: folder of the worktree.
        branch: name of the run's branch; None for a run that makes none.
    """

    git: Git
    repository: Path
    revision: str
    tree: Path
    throttle: Throttle
    branch: str | None = None

    async def lay(self, *, keep: bool = False) -> None:
        """Make the worktree.

        Args:
            keep: go on in the one that an earlier attempt left, if it is there.

        Raises:
            GitFailed: it cannot be made; the branch exists, for example.
        """
        if keep and self.tree.is_dir():
            if self.branch is not None:
                await self.git.attach(self.tree, self.branch)
            return
        await self.git.remove_worktree(self.repository, self.tree)
        if self.branch is not None:
            await self.git.delete_branch(self.repository, self.branch, self.revision)
        await self.git.add_worktree(self.repository, self.revision, self.tree, self.branch)

    async def clear(self, run_dir: Path) -> Left:
        """Keep what was changed and not committed as a patch, then remove the worktree, and the branch if it is empty.

        Raises:
            GitFailed: something of it could not be done; calling it again goes on.
        """
        head, patch = self.revision, None
        if self.tree.is_dir():
            head = await self.git.revision(self.tree)
            patch = await self._keep_patch(run_dir, head)
        branch = await self.let_go(head)
        await self.git.remove_worktree(self.repository, self.tree)
        return Left(head, branch, patch)

    async def let_go(self, head: str) -> str | None:
        """Take the worktree off the branch, and remove the branch if it holds no commit; its name if it stays."""
        if self.branch is None:
            return None
        if self.tree.is_dir():
            await self.git.detach(self.tree)
        if head != self.revision:
            return self.branch
        gone = await self.git.delete_branch(self.repository, self.branch, self.revision)
        return None if gone else self.branch

    async def _keep_patch(self, run_dir: Path, head: str) -> str | None:
        if self.throttle == "dry_run":
            return None
        patch = await self.git.patch(self.tree, head)
        if not patch:
            return None
        name = AUDIT_PATCH if self.throttle == "audit_only" else UNDELIVERED_PATCH
        replace_whole(run_dir / name, patch)
        return name


def branch_name(project: str, about: str, run_id: str) -> str:
    """Name the branch of a run: `alloy/<project>/<about>/<last eight of the run's id>`, whatever the words are.

    Args:
        about: title of the brief, or name of the formation.
    """
    return f"alloy/{_part(project)}/{_part(about).lower()}/{run_id[-8:].lower()}"


def _part(words: str) -> str:
    return _ODD.sub("-", words)[:_LONGEST_PART].strip("-") or "run"

"""The port for git: reading the tree, worktrees of a committed revision, and what a run delivers (spec 4.8).

Hooks, file-system monitors and prompts of the repository never run.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from foundry_kernel.gateways.git_changes import Commit
from foundry_kernel.gateways.git_command import LOOK_AWAY, GitFailed, git, run_git
from foundry_kernel.gateways.git_keys import GitKeys, Kept

__all__ = ["CommandGit", "Commit", "Git", "GitFailed", "Kept", "TreeState"]

_SPACES_BEFORE_PATH = {b"1": 8, b"u": 10, b"?": 1}
"""Fields of a line of `git status --porcelain=v2`, by its first letter."""


@dataclass(frozen=True)
class TreeState:
    """What a work tree holds, in short.

    Attributes:
        revision: commit that is checked out.
        changed: digest of the content of every path that differs from the commit or is new and not ignored.
    """

    revision: str
    changed: tuple[tuple[str, str], ...]

    @property
    def digest(self) -> str:
        """`sha256:` digest of the whole state."""
        found = hashlib.sha256(self.revision.encode())
        for path, content in self.changed:
            found.update(f"\0{path}\0{content}".encode(errors="surrogateescape"))
        return f"sha256:{found.hexdigest()}"

    def paths_that_differ(self, other: TreeState) -> tuple[str, ...]:
        """Paths whose content differs between two states, sorted; `HEAD` when the commit does."""
        mine, theirs = dict(self.changed), dict(other.changed)
        paths = sorted(path for path in mine.keys() | theirs.keys() if mine.get(path) != theirs.get(path))
        return (*(("HEAD",) if self.revision != other.revision else ()), *paths)


class Git(Protocol):
    """Reads repositories and makes worktrees. All raise GitFailed."""

    async def revision(self, tree: Path, name: str = "HEAD") -> str:
        """Full hash of the commit that a name stands for."""
        ...

    async def branch(self, tree: Path) -> str | None:
        """Name of the branch that is checked out, None when it is none."""
        ...

    async def uncommitted(self, tree: Path) -> tuple[str, ...]:
        """Paths that differ from the commit or are new and not ignored, sorted."""
        ...

    async def tree_state(self, tree: Path) -> TreeState:
        """State of a work tree, for comparing it with a later one. Ignored files are not looked at."""
        ...

    async def is_ancestor(self, tree: Path, older: str, newer: str) -> bool:
        """Whether `older` is `newer` or in its history."""
        ...

    async def add_worktree(
        self, repository: Path, revision: str, folder: Path, branch: str | None = None
    ) -> None:
        """Check out a revision into a new folder: detached, or on a new branch, which must not exist."""
        ...

    async def remove_worktree(self, repository: Path, folder: Path) -> None:
        """Remove a worktree and whatever is in it; that it is gone already is fine."""
        ...

    async def attach(self, tree: Path, branch: str) -> None:
        """Put a worktree on a branch that stands where the worktree is, or make it there; files stay as they are."""
        ...

    async def detach(self, tree: Path) -> None:
        """Take a worktree off its branch; files, index and commit stay as they are."""
        ...

    async def delete_branch(self, repository: Path, branch: str, expected: str) -> bool:
        """Remove a branch if it still stands at `expected`; say whether it is gone now."""
        ...

    async def commit(self, tree: Path, message: str, trailers: Mapping[str, str]) -> str | None:
        """Commit everything that differs on the branch that is checked out; None when nothing differs."""
        ...

    async def push(self, tree: Path, remote: str, branch: str) -> None:
        """Push a branch to the branch of the same name; never forced."""
        ...

    async def commit_once(
        self, tree: Path, message: str, trailers: Mapping[str, str], key: str
    ) -> Kept | None:
        """Commit everything that differs under a key, branch and key in one step; None when nothing differs.

        Where the key stands already, nothing is committed, and its commit is the answer.
        """
        ...

    async def push_once(self, tree: Path, remote: str, branch: str, key: str) -> Kept:
        """Push a branch and the key of its commit in one step; where the remote has the key, its commit is the answer.

        Nothing is forced. At a remote that knows no atomic push the key goes first.
        """
        ...

    async def commit_of_key(self, repository: Path, key: str, remote: str | None = None) -> str | None:
        """The commit that a key stands for, here or at a remote; None when the key is free."""
        ...

    async def trailer(self, repository: Path, commit: str, name: str) -> str | None:
        """Value of a trailer of a commit; None when the commit is not here, or has no such trailer."""
        ...

    async def create_tag(self, repository: Path, name: str, revision: str, message: str) -> None:
        """Make an annotated tag, which must not exist."""
        ...

    async def push_tag(self, repository: Path, remote: str, name: str) -> None:
        """Push a tag; never forced."""
        ...

    async def remotes(self, repository: Path) -> tuple[str, ...]:
        """Names of the remotes, sorted."""
        ...

    async def refs(self, repository: Path, prefix: str = "refs/") -> dict[str, str]:
        """Refs below a prefix and the object that each names."""
        ...

    async def tags(self, repository: Path) -> dict[str, str]:
        """Tags and the commit that each stands for, oldest first."""
        ...

    async def ls_remote(self, repository: Path, remote: str, *patterns: str) -> dict[str, str]:
        """Refs of a remote and the object that each names."""
        ...

    async def log(self, repository: Path, since: str | None, until: str) -> tuple[Commit, ...]:
        """Commits of `until` that are not of `since`, newest first."""
        ...

    async def changed_files(self, tree: Path, revision: str) -> tuple[str, ...]:
        """Paths of a work tree that differ from a revision, new ones that are not ignored too, sorted."""
        ...

    async def patch(self, tree: Path, revision: str) -> bytes:
        """What differs from a revision as a patch; index, branch and files stay as they are."""
        ...

    async def read_at(self, repository: Path, revision: str, path: str) -> bytes | None:
        """Bytes of a file of a revision, None when there is none; of a link, where it points to."""
        ...

    async def paths_at(self, repository: Path, revision: str) -> tuple[str, ...]:
        """Paths of all files of a revision."""
        ...


class CommandGit(GitKeys):
    """Git as installed on this machine."""

    async def revision(self, tree: Path, name: str = "HEAD") -> str:
        """Full hash of the commit that a name stands for."""
        return (
            (await git(tree, "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}"))
            .decode()
            .strip()
        )

    async def branch(self, tree: Path) -> str | None:
        """Name of the branch that is checked out, None when it is none."""
        code, out, _ = await run_git(tree, "symbolic-ref", "--quiet", "--short", "HEAD")
        return out.decode().strip() if code == 0 else None

    async def uncommitted(self, tree: Path) -> tuple[str, ...]:
        """Paths that differ from the commit or are new and not ignored, sorted."""
        _, changed = await _status(tree)
        return tuple(sorted(path for path, _ in changed))

    async def tree_state(self, tree: Path) -> TreeState:
        """State of a work tree, for comparing it with a later one."""
        revision, changed = await _status(tree)
        return TreeState(
            revision, tuple(sorted((path, _digest_of(tree / path, line)) for path, line in changed))
        )

    async def is_ancestor(self, tree: Path, older: str, newer: str) -> bool:
        """Whether `older` is `newer` or in its history."""
        code, _, errors = await run_git(tree, "merge-base", "--is-ancestor", "--end-of-options", older, newer)
        if code not in (0, 1):
            raise GitFailed(f"git merge-base: {errors.decode(errors='replace').strip()}")
        return code == 0


async def _status(tree: Path) -> tuple[str, list[tuple[str, bytes]]]:
    """Commit that is checked out, and pairs of changed path and what git says of it."""
    out = await git(
        tree,
        "status",
        "--porcelain=v2",
        "--branch",
        "-z",
        "--no-renames",
        "--untracked-files=all",
        "--",
        ".",
        LOOK_AWAY,
    )
    revision = ""
    changed: list[tuple[str, bytes]] = []
    for line in filter(None, out.split(b"\0")):
        if line.startswith(b"# branch.oid "):
            revision = line.split()[2].decode()
        elif not line.startswith(b"#"):
            spaces = _SPACES_BEFORE_PATH.get(line[:1], 0)
            changed.append((os.fsdecode(line.split(b" ", spaces)[spaces]), line))
    return revision, changed


def _digest_of(file: Path, status: bytes) -> str:
    """Digest of what is at a path: git's status line, kind, mode and content."""
    found = hashlib.sha256(status)
    try:
        facts = file.lstat()
    except OSError:
        return found.hexdigest()
    found.update(stat.filemode(facts.st_mode).encode())
    if stat.S_ISLNK(facts.st_mode):
        found.update(os.fsencode(file.readlink()))
    elif stat.S_ISREG(facts.st_mode):
        with file.open("rb") as reading:
            while piece := reading.read(1 << 20):
                found.update(piece)
    return found.hexdigest()

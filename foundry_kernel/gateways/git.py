"""The port for git: reading the tree, and worktrees of a committed revision (spec 4.8).

Hooks, file-system monitors and prompts of the repository never run.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from foundry_kernel.errors import CannotDispatch

_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
_TIME_LIMIT_S = 120.0
_OF_ANOTHER_REPOSITORY = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_WORK_TREE",
    }
)
"""Set inside a git hook, for example; they would lead every command to the wrong place."""
_LOOK_AWAY = ":(exclude,glob)**/__pycache__/**"
"""Compiled bytecode appears whenever Python reads a tree; it is not a change of it."""


_SPACES_BEFORE_PATH = {b"1": 8, b"u": 10, b"?": 1}
"""Fields of a line of `git status --porcelain=v2`, by its first letter."""


class GitFailed(CannotDispatch):
    """A git command failed, is not installed, or did not end."""


@dataclass(frozen=True)
class TreeState:
    """What a work tree holds, in short.

    Attributes:
        revision: commit that is checked out.
        changed: digest of the content of every path that differs from the commit or is new and not ignored.
    """

    revision: str
    changed: tuple[tuple[str, str], ...]

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

    async def add_worktree(self, repository: Path, revision: str, folder: Path) -> None:
        """Check out a revision, detached, into a new folder."""
        ...

    async def remove_worktree(self, repository: Path, folder: Path) -> None:
        """Remove a worktree and whatever is in it; that it is gone already is fine."""
        ...


class CommandGit:
    """Git as installed on this machine."""

    async def revision(self, tree: Path, name: str = "HEAD") -> str:
        """Full hash of the commit that a name stands for."""
        return (
            (await _git(tree, "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}"))
            .decode()
            .strip()
        )

    async def branch(self, tree: Path) -> str | None:
        """Name of the branch that is checked out, None when it is none."""
        code, out, _ = await _run(tree, "symbolic-ref", "--quiet", "--short", "HEAD")
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
        code, _, errors = await _run(tree, "merge-base", "--is-ancestor", "--end-of-options", older, newer)
        if code not in (0, 1):
            raise GitFailed(f"git merge-base: {errors.decode(errors='replace').strip()}")
        return code == 0

    async def add_worktree(self, repository: Path, revision: str, folder: Path) -> None:
        """Check out a revision, detached, into a new folder."""
        await _git(repository, "worktree", "add", "--quiet", "--detach", str(folder), revision)

    async def remove_worktree(self, repository: Path, folder: Path) -> None:
        """Remove a worktree and whatever is in it; that it is gone already is fine."""
        if folder.exists():  # noqa: ASYNC240 - one look, no wait
            await _git(repository, "worktree", "remove", "--force", "--force", str(folder))
        await _git(repository, "worktree", "prune")


async def _status(tree: Path) -> tuple[str, list[tuple[str, bytes]]]:
    """Commit that is checked out, and pairs of changed path and what git says of it."""
    out = await _git(
        tree,
        "status",
        "--porcelain=v2",
        "--branch",
        "-z",
        "--no-renames",
        "--untracked-files=all",
        "--",
        ".",
        _LOOK_AWAY,
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


async def _git(tree: Path, *arguments: str) -> bytes:
    code, out, errors = await _run(tree, *arguments)
    if code != 0:
        said = errors.decode(errors="replace").strip().splitlines()
        raise GitFailed(f"git {arguments[0]} in {tree}: {said[-1] if said else f'exit code {code}'}")
    return out


async def _run(tree: Path, *arguments: str) -> tuple[int, bytes, bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_REPOSITORY}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}
    try:
        process = await asyncio.create_subprocess_exec(
            *("git", *_QUIET, *arguments),
            cwd=tree,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise GitFailed(
            f"git in {tree}: {error.strerror}", next_step="install git, check the path"
        ) from error
    try:
        async with asyncio.timeout(_TIME_LIMIT_S):
            out, errors = await process.communicate()
    except BaseException as error:
        if process.returncode is None:
            process.kill()
            await process.wait()
        if isinstance(error, TimeoutError):
            raise GitFailed(f"git {arguments[0]} in {tree}: no end after {_TIME_LIMIT_S:g} s") from error
        raise
    assert process.returncode is not None
    return process.returncode, out, errors

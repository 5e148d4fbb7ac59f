"""A git that knows one tree: whatever a test writes into `changed`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from foundry_kernel.gateways.git import Commit, GitFailed, Kept, TreeState

REVISION = "1" * 40


@dataclass(frozen=True)
class Committed:
    """A commit that was made."""

    commit: str
    message: str
    trailers: Mapping[str, str]
    files: tuple[str, ...]


@dataclass
class FakeGit:
    """One revision, the paths that differ from it, and a book of what was asked for.

    Attributes:
        files: of the revision, by path.
        unreachable: remotes that cannot be pushed to.
        keys, keys_at_remote: what was committed or pushed under which key.
    """

    changed: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    looked: int = 0
    head: str = REVISION
    commits: list[Committed] = field(default_factory=list)
    pushed: list[tuple[str, str]] = field(default_factory=list)
    made_tags: dict[str, str] = field(default_factory=dict)
    known_remotes: tuple[str, ...] = ("origin",)
    unreachable: tuple[str, ...] = ()
    branches: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    keys_at_remote: dict[str, str] = field(default_factory=dict)

    async def revision(self, tree: Path, name: str = "HEAD") -> str:
        return self.head

    async def branch(self, tree: Path) -> str | None:
        return "main"

    async def uncommitted(self, tree: Path) -> tuple[str, ...]:
        return tuple(sorted(self.changed))

    async def tree_state(self, tree: Path) -> TreeState:
        self.looked += 1
        return TreeState(self.head, tuple(sorted(self.changed.items())))

    async def is_ancestor(self, tree: Path, older: str, newer: str) -> bool:
        return older == newer

    async def add_worktree(
        self, repository: Path, revision: str, folder: Path, branch: str | None = None
    ) -> None:
        folder.mkdir(parents=True)  # noqa: ASYNC240
        if branch is not None:
            self.branches[branch] = revision

    async def remove_worktree(self, repository: Path, folder: Path) -> None:
        if folder.exists():  # noqa: ASYNC240
            folder.rmdir()  # noqa: ASYNC240

    async def attach(self, tree: Path, branch: str) -> None:
        self.branches[branch] = self.head

    async def detach(self, tree: Path) -> None:
        pass

    async def delete_branch(self, repository: Path, branch: str, expected: str) -> bool:
        if self.branches.get(branch, expected) != expected:
            return False
        self.branches.pop(branch, None)
        return True

    async def commit(self, tree: Path, message: str, trailers: Mapping[str, str]) -> str | None:
        if not self.changed:
            return None
        self.head = hashlib.sha1(f"{self.head}{message}".encode()).hexdigest()
        self.commits.append(Committed(self.head, message, dict(trailers), tuple(sorted(self.changed))))
        self.changed = {}
        return self.head

    async def push(self, tree: Path, remote: str, branch: str) -> None:
        if remote in self.unreachable:
            raise GitFailed(f"git push in {tree}: could not read from {remote}")
        self.pushed.append((remote, branch))

    async def commit_once(
        self, tree: Path, message: str, trailers: Mapping[str, str], key: str
    ) -> Kept | None:
        if key in self.keys:
            return Kept(self.keys[key], before=True)
        commit = await self.commit(tree, message, trailers)
        if commit is None:
            return None
        self.keys[key] = commit
        return Kept(commit)

    async def push_once(self, tree: Path, remote: str, branch: str, key: str) -> Kept:
        own = self.keys[key]
        if self.keys_at_remote.get(key, own) != own:
            return Kept(self.keys_at_remote[key], before=True)
        if key in self.keys_at_remote:
            return Kept(own)
        await self.push(tree, remote, branch)
        self.keys_at_remote[key] = own
        return Kept(own)

    async def commit_of_key(self, repository: Path, key: str, remote: str | None = None) -> str | None:
        return (self.keys if remote is None else self.keys_at_remote).get(key)

    async def trailer(self, repository: Path, commit: str, name: str) -> str | None:
        return next((each.trailers.get(name) for each in self.commits if each.commit == commit), None)

    async def create_tag(self, repository: Path, name: str, revision: str, message: str) -> None:
        if name in self.made_tags:
            raise GitFailed(f"git tag in {repository}: tag {name!r} already exists")
        self.made_tags[name] = revision

    async def push_tag(self, repository: Path, remote: str, name: str) -> None:
        await self.push(repository, remote, name)

    async def remotes(self, repository: Path) -> tuple[str, ...]:
        return self.known_remotes

    async def refs(self, repository: Path, prefix: str = "refs/") -> dict[str, str]:
        return {f"refs/heads/{name}": commit for name, commit in sorted(self.branches.items())}

    async def tags(self, repository: Path) -> dict[str, str]:
        return dict(self.made_tags)

    async def ls_remote(self, repository: Path, remote: str, *patterns: str) -> dict[str, str]:
        return {}

    async def log(self, repository: Path, since: str | None, until: str) -> tuple[Commit, ...]:
        return tuple(Commit(each.commit, each.message.partition("\n")[0]) for each in reversed(self.commits))

    async def changed_files(self, tree: Path, revision: str) -> tuple[str, ...]:
        return tuple(sorted(self.changed))

    async def patch(self, tree: Path, revision: str) -> bytes:
        return "".join(f"{path}: {text}\n" for path, text in sorted(self.changed.items())).encode()

    async def read_at(self, repository: Path, revision: str, path: str) -> bytes | None:
        return self.files.get(path)

    async def paths_at(self, repository: Path, revision: str) -> tuple[str, ...]:
        return tuple(sorted(self.files))

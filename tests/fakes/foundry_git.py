"""A git that knows one tree: whatever a test writes into `changed`."""

from __future__ import annotations

from pathlib import Path

from foundry_kernel.gateways.git import TreeState

REVISION = "1" * 40


class FakeGit:
    """One revision, and the paths that differ from it."""

    def __init__(self) -> None:
        self.changed: dict[str, str] = {}
        self.looked = 0

    async def revision(self, tree: Path, name: str = "HEAD") -> str:
        return REVISION

    async def branch(self, tree: Path) -> str | None:
        return "main"

    async def uncommitted(self, tree: Path) -> tuple[str, ...]:
        return tuple(sorted(self.changed))

    async def tree_state(self, tree: Path) -> TreeState:
        self.looked += 1
        return TreeState(REVISION, tuple(sorted(self.changed.items())))

    async def is_ancestor(self, tree: Path, older: str, newer: str) -> bool:
        return older == newer

    async def add_worktree(self, repository: Path, revision: str, folder: Path) -> None:
        folder.mkdir(parents=True)  # noqa: ASYNC240

    async def remove_worktree(self, repository: Path, folder: Path) -> None:
        folder.rmdir()  # noqa: ASYNC240

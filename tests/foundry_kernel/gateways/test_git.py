"""Reading a tree, and worktrees that run nothing of the repository (spec 4.8)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from foundry_kernel.gateways.git import CommandGit, GitFailed

GIT = CommandGit()


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "a.txt").write_text("one\n")
    (folder / "ä b.txt").write_text("two\n")
    (folder / ".gitignore").write_text("ignored/\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "begin")
    return folder


async def test_revision_and_branch(repository: Path) -> None:
    assert await GIT.revision(repository) == git(repository, "rev-parse", "HEAD")
    assert await GIT.branch(repository) == "main"
    git(repository, "checkout", "--quiet", "--detach")
    assert await GIT.branch(repository) is None


async def test_an_unknown_revision_and_a_folder_that_is_no_repository_are_errors(
    repository: Path, tmp_path: Path
) -> None:
    with pytest.raises(GitFailed):
        await GIT.revision(repository, "no-such-branch")
    with pytest.raises(GitFailed):
        await GIT.revision(tmp_path / "nowhere")


async def test_uncommitted_paths_are_named_whatever_their_name(repository: Path) -> None:
    assert await GIT.uncommitted(repository) == ()
    (repository / "ä b.txt").write_text("changed")
    (repository / "new\n file").write_text("new")
    (repository / "a.txt").unlink()
    assert await GIT.uncommitted(repository) == ("a.txt", "new\n file", "ä b.txt")


@pytest.mark.parametrize(
    "change", ["edit", "edit an edited file", "add", "remove", "mode", "stage", "link", "commit"]
)
async def test_every_change_of_the_tree_is_seen(change: str, repository: Path) -> None:
    (repository / "edited.txt").write_text("before")
    before = await GIT.tree_state(repository)
    match change:
        case "edit":
            (repository / "a.txt").write_text("two\n")
        case "edit an edited file":
            (repository / "edited.txt").write_text("after!")
        case "add":
            (repository / "folder").mkdir()
            (repository / "folder" / "new").write_text("")
        case "remove":
            (repository / "a.txt").unlink()
        case "mode":
            (repository / "a.txt").chmod(0o755)
        case "stage":
            git(repository, "add", "edited.txt")
        case "link":
            (repository / "a.txt").unlink()
            (repository / "a.txt").symlink_to("/etc/passwd")
        case _:
            git(repository, "commit", "--quiet", "--allow-empty", "-m", "more")
    after = await GIT.tree_state(repository)
    assert after.paths_that_differ(before)


async def test_a_tree_that_was_only_read_is_the_same(repository: Path) -> None:
    before = await GIT.tree_state(repository)
    os.utime(repository / "a.txt", (1, 1))
    for folder in ("ignored", "package/__pycache__"):
        (repository / folder).mkdir(parents=True)
        (repository / folder / "left").write_text("by a tool")
    assert (await GIT.tree_state(repository)).paths_that_differ(before) == ()


async def test_a_worktree_is_of_the_revision_and_leaves_the_checkout_alone(
    repository: Path, tmp_path: Path
) -> None:
    revision = await GIT.revision(repository)
    (repository / "a.txt").write_text("not committed")
    folder = tmp_path / "runs" / "worktree"
    await GIT.add_worktree(repository, revision, folder)
    assert (folder / "a.txt").read_text() == "one\n"
    assert await GIT.branch(folder) is None
    (folder / "a.txt").write_text("changed in the run")
    await GIT.remove_worktree(repository, folder)
    assert not folder.exists()
    assert (repository / "a.txt").read_text() == "not committed"
    assert git(repository, "worktree", "list").count("\n") == 0
    await GIT.remove_worktree(repository, folder)


async def test_neither_hooks_nor_monitors_of_the_repository_run(repository: Path, tmp_path: Path) -> None:
    trap = repository / ".git" / "hooks" / "post-checkout"
    trap.parent.mkdir(exist_ok=True)
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/trapped\n")
    trap.chmod(0o755)
    git(repository, "config", "core.fsmonitor", str(trap))
    await GIT.add_worktree(repository, "HEAD", tmp_path / "worktree")
    await GIT.tree_state(repository)
    assert not (tmp_path / "trapped").exists()


async def test_ancestors_are_known(repository: Path) -> None:
    first = await GIT.revision(repository)
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "more")
    second = await GIT.revision(repository)
    assert await GIT.is_ancestor(repository, first, second)
    assert not await GIT.is_ancestor(repository, second, first)
    with pytest.raises(GitFailed):
        await GIT.is_ancestor(repository, "0" * 40, second)

"""What git is asked to change: on the run's own branch, never by force, and nothing of the user's (spec 4.8)."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundry_kernel.gateways.git import CommandGit, GitFailed
from tests.fakes.sample_project import Sample, sample_project

GIT = CommandGit()
BRANCH = "alloy/basket/x/12345678"


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return sample_project(tmp_path)


@pytest.fixture
async def tree(sample: Sample, tmp_path: Path) -> Path:
    await GIT.add_worktree(sample.root, sample.head, tmp_path / "tree", BRANCH)
    return tmp_path / "tree"


async def test_a_worktree_stands_on_its_new_branch(sample: Sample, tree: Path) -> None:
    assert await GIT.branch(tree) == BRANCH
    assert await GIT.branch(sample.root) == "main"
    with pytest.raises(GitFailed):
        await GIT.add_worktree(sample.root, sample.head, tree.parent / "other", BRANCH)


async def test_everything_that_is_not_ignored_is_committed_with_its_trailers(
    sample: Sample, tree: Path
) -> None:
    (tree / "new.txt").write_text("new")
    (tree / "CHARTER.md").unlink()
    (tree / "__pycache__").mkdir()
    (tree / "__pycache__" / "a.pyc").write_bytes(b"x")
    assert await GIT.changed_files(tree, sample.head) == ("CHARTER.md", "new.txt")
    message = "Say: it\n\n# not a comment\nbody"
    commit = await GIT.commit(tree, message, {"Foundry-Run": "run_1", "Alloy-Brief": "brief_1 sha256:ab"})
    assert commit == await GIT.revision(tree)
    log = await GIT.log(tree, sample.head, "HEAD")
    assert [(each.commit, each.subject) for each in log] == [(commit, "Say: it")]
    assert log[0].body == "# not a comment\nbody\n\nFoundry-Run: run_1\nAlloy-Brief: brief_1 sha256:ab"
    assert await GIT.commit(tree, "again", {}) is None, "nothing differs"
    assert await GIT.uncommitted(tree) == ()


async def test_hooks_of_the_repository_never_run(sample: Sample, tree: Path) -> None:
    for name in ("pre-commit", "commit-msg", "post-commit", "pre-push", "reference-transaction"):
        hook = sample.root / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {tree.parent}/hooked-{name}\nexit 1\n")
        hook.chmod(0o755)
    (tree / "new.txt").write_text("new")
    await GIT.commit(tree, "Add", {})
    await GIT.push(tree, "origin", BRANCH)
    assert not list(tree.parent.glob("hooked-*"))


async def test_without_a_configured_identity_foundry_commits(
    sample: Sample, tree: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    (tree / "new.txt").write_text("new")
    await GIT.commit(tree, "Add", {})
    assert sample.git("log", "-1", "--format=%an <%ae> %cn", BRANCH) == "Foundry <foundry@localhost> Foundry"
    sample.git("config", "user.name", "Grace")
    sample.git("config", "user.email", "grace@example.invalid")
    (tree / "new.txt").write_text("newer")
    await GIT.commit(tree, "Add", {})
    assert sample.git("log", "-1", "--format=%an", BRANCH) == "Grace"


async def test_a_push_arrives_and_leaves_no_tracking_ref(sample: Sample, tree: Path) -> None:
    (tree / "new.txt").write_text("new")
    commit = await GIT.commit(tree, "Add", {})
    refs = await GIT.refs(sample.root)
    await GIT.push(tree, "origin", BRANCH)
    assert sample.remote_refs()[f"refs/heads/{BRANCH}"] == commit
    assert await GIT.refs(sample.root) == refs
    assert (await GIT.ls_remote(sample.root, "origin", "refs/heads/alloy/*")) == {
        f"refs/heads/{BRANCH}": commit
    }


async def test_a_push_is_never_forced(sample: Sample, tree: Path) -> None:
    (tree / "new.txt").write_text("mine")
    await GIT.commit(tree, "Mine", {})
    sample.git("commit", "--quiet", "--allow-empty", "-m", "Theirs")
    sample.git("push", "--quiet", "origin", f"main:refs/heads/{BRANCH}")
    sample.git("config", "remote.origin.push", f"+refs/heads/{BRANCH}")
    remote = sample.remote_refs()
    with pytest.raises(GitFailed):
        await GIT.push(tree, "origin", BRANCH)
    assert sample.remote_refs() == remote
    with pytest.raises(GitFailed):
        await GIT.push(tree, "nowhere", BRANCH)


async def test_a_patch_holds_everything_and_changes_nothing(sample: Sample, tree: Path) -> None:
    (tree / "basket.py").write_text("changed\n")
    (tree / "new.bin").write_bytes(bytes(range(256)))
    before = await GIT.tree_state(tree)
    patch = tree.parent / "it.patch"
    patch.write_bytes(await GIT.patch(tree, sample.head))
    assert await GIT.tree_state(tree) == before
    sample.git("apply", str(patch))
    assert (sample.root / "new.bin").read_bytes() == bytes(range(256))
    assert (sample.root / "basket.py").read_text() == "changed\n"


async def test_a_branch_is_removed_only_where_it_was_expected(sample: Sample, tree: Path) -> None:
    base = sample.head
    (tree / "new.txt").write_text("new")
    await GIT.commit(tree, "Add", {})
    await GIT.detach(tree)
    assert await GIT.branch(tree) is None
    assert not await GIT.delete_branch(sample.root, BRANCH, base)
    assert f"refs/heads/{BRANCH}" in await GIT.refs(sample.root, "refs/heads/")
    assert await GIT.delete_branch(sample.root, BRANCH, await GIT.revision(tree))
    assert await GIT.delete_branch(sample.root, BRANCH, base), "gone is gone"


async def test_a_worktree_comes_off_its_branch_and_on_it_again_with_all_its_changes(
    sample: Sample, tree: Path
) -> None:
    (tree / "basket.py").write_text("changed\n")
    before = await GIT.tree_state(tree)
    await GIT.detach(tree)
    await GIT.delete_branch(sample.root, BRANCH, sample.head)
    await GIT.attach(tree, BRANCH)
    assert (await GIT.branch(tree), await GIT.tree_state(tree)) == (BRANCH, before)
    sample.git("commit", "--quiet", "--allow-empty", "-m", "Elsewhere")
    await GIT.detach(tree)
    sample.git("branch", "--force", BRANCH, "main")
    with pytest.raises(GitFailed, match="stands at"):
        await GIT.attach(tree, BRANCH)


async def test_files_and_paths_of_a_revision(sample: Sample) -> None:
    (sample.root / "basket.py").write_text("changed")
    assert b"Sum of the prices" in (await GIT.read_at(sample.root, "HEAD", "basket.py") or b"")
    assert await GIT.read_at(sample.root, "HEAD", "no such file") is None
    assert "basket.py" in await GIT.paths_at(sample.root, "HEAD")


async def test_tags_are_made_once_and_pushed(sample: Sample) -> None:
    await GIT.create_tag(sample.root, "v1.0.0", "HEAD", "First")
    assert await GIT.tags(sample.root) == {"v1.0.0": sample.head}
    with pytest.raises(GitFailed):
        await GIT.create_tag(sample.root, "v1.0.0", "HEAD", "Again")
    await GIT.push_tag(sample.root, "origin", "v1.0.0")
    assert "refs/tags/v1.0.0" in sample.remote_refs()
    assert await GIT.remotes(sample.root) == ("origin",)

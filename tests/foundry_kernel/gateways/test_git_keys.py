"""A key is committed once and pushed once, whoever comes, in whatever order, and whoever dies in between (spec 3.7)."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from foundry_kernel.gateways.git import CommandGit, GitFailed
from foundry_kernel.gateways.git_keys import KEYS, RUN_TRAILER, key_name
from tests.fakes.sample_project import Sample, sample_project

GIT = CommandGit()
KEY = key_name("sha256:" + "ab" * 32)


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return sample_project(tmp_path)


async def tree_of(sample: Sample, name: str, text: str = "new") -> Path:
    """A worktree with a change, as a run has it."""
    tree = sample.root.parent / name
    await GIT.add_worktree(sample.root, sample.head, tree, f"alloy/{name}")
    (tree / "new.txt").write_text(text)
    return tree


async def clone_of(sample: Sample, name: str) -> Path:
    """The same project on another machine: a clone, with a change on a branch of its own."""
    folder = sample.root.parent / f"machine-{name}"
    git(sample.root.parent, "clone", "-q", git(sample.root, "remote", "get-url", "origin"), str(folder))
    git(folder, "checkout", "-q", "-b", f"alloy/{name}")
    (folder / "new.txt").write_text(name)
    return folder


def at_remote(sample: Sample) -> dict[str, str]:
    lines = git(sample.root, "ls-remote", "origin").splitlines()
    return {line.split("\t")[1]: line.split("\t")[0] for line in lines}


async def test_branch_and_key_appear_together(sample: Sample) -> None:
    tree = await tree_of(sample, "one")
    kept = await GIT.commit_once(tree, "Say: it\n\nbody", {RUN_TRAILER: "run_1"}, KEY)

    assert kept is not None
    assert not kept.before
    assert kept.commit == git(tree, "rev-parse", "HEAD") == await GIT.commit_of_key(sample.root, KEY)
    assert git(tree, "log", "-1", "--format=%B") == "Say: it\n\nbody\n\nFoundry-Run: run_1"
    assert git(tree, "status", "--porcelain") == ""
    assert await GIT.trailer(tree, kept.commit, RUN_TRAILER) == "run_1"
    assert git(sample.root, "rev-parse", "HEAD") == sample.head, "the user's branch stands"


async def test_nothing_to_commit_takes_no_key(sample: Sample) -> None:
    tree = await tree_of(sample, "one")
    (tree / "new.txt").unlink()

    assert await GIT.commit_once(tree, "x", {}, KEY) is None
    assert await GIT.commit_of_key(tree, KEY) is None


async def test_a_second_run_here_is_answered_with_the_first_commit(sample: Sample) -> None:
    one, two = await tree_of(sample, "one"), await tree_of(sample, "two", "other")
    first = await GIT.commit_once(one, "first", {}, KEY)
    second = await GIT.commit_once(two, "second", {}, KEY)

    assert first is not None
    assert second is not None
    assert (second.commit, second.before) == (first.commit, True)
    assert git(two, "rev-parse", "HEAD") == sample.head


async def test_of_runs_at_the_same_moment_one_commits(sample: Sample) -> None:
    trees = [await tree_of(sample, f"tree{number}", str(number)) for number in range(6)]
    kept = await asyncio.gather(*(GIT.commit_once(tree, tree.name, {}, KEY) for tree in trees))

    assert sum(not each.before for each in kept if each) == 1
    assert len({each.commit for each in kept if each}) == 1
    moved = [tree for tree in trees if git(tree, "rev-parse", "HEAD") != sample.head]
    assert len(moved) == 1


@pytest.mark.parametrize("atomic", [True, False], ids=["atomic remote", "remote without atomic push"])
async def test_of_two_machines_one_delivers_and_the_other_is_answered(sample: Sample, atomic: bool) -> None:
    remote = Path(git(sample.root, "remote", "get-url", "origin"))
    git(remote, "config", "receive.advertiseAtomic", str(atomic).lower())
    one, two = await clone_of(sample, "one"), await clone_of(sample, "two")
    for machine in (one, two):
        await GIT.commit_once(machine, machine.name, {}, KEY)
    first = await GIT.push_once(one, "origin", "alloy/one", KEY)
    again = await GIT.push_once(one, "origin", "alloy/one", KEY)
    second = await GIT.push_once(two, "origin", "alloy/two", KEY)

    assert (first.before, again.before, second.before) == (False, False, True)
    assert second.commit == first.commit == at_remote(sample)[f"{KEYS}{KEY}"]
    assert "refs/heads/alloy/two" not in at_remote(sample)


@pytest.mark.parametrize("atomic", [True, False], ids=["atomic remote", "remote without atomic push"])
async def test_of_machines_that_push_at_the_same_moment_one_delivers(sample: Sample, atomic: bool) -> None:
    remote = Path(git(sample.root, "remote", "get-url", "origin"))
    git(remote, "config", "receive.advertiseAtomic", str(atomic).lower())
    machines = [await clone_of(sample, f"m{number}") for number in range(5)]
    for machine in machines:
        await GIT.commit_once(machine, machine.name, {}, KEY)
    kept = await asyncio.gather(
        *(GIT.push_once(each, "origin", f"alloy/m{n}", KEY) for n, each in enumerate(machines))
    )

    assert sum(not each.before for each in kept) == 1
    assert len({each.commit for each in kept}) == 1
    delivered = [name for name in at_remote(sample) if name.startswith("refs/heads/alloy/")]
    assert len(delivered) == 1


async def test_a_key_whose_branch_did_not_arrive_is_finished_and_not_made_again(sample: Sample) -> None:
    machine = await clone_of(sample, "one")
    kept = await GIT.commit_once(machine, "one", {}, KEY)
    assert kept is not None
    git(machine, "push", "-q", "origin", f"{kept.commit}:{KEYS}{KEY}")  # then it died

    assert not (await GIT.push_once(machine, "origin", "alloy/one", KEY)).before
    assert at_remote(sample)["refs/heads/alloy/one"] == kept.commit


async def test_a_key_is_never_moved_not_even_forward(sample: Sample) -> None:
    one = await clone_of(sample, "one")
    first = await GIT.commit_once(one, "one", {}, KEY)
    await GIT.push_once(one, "origin", "alloy/one", KEY)
    two = sample.root.parent / "machine-two"
    git(sample.root.parent, "clone", "-q", git(sample.root, "remote", "get-url", "origin"), str(two))
    git(two, "checkout", "-q", "-b", "alloy/two", "origin/alloy/one")
    (two / "more.txt").write_text("more")
    await GIT.commit_once(two, "a descendant", {}, KEY)

    assert first is not None
    assert (await GIT.push_once(two, "origin", "alloy/two", KEY)).commit == first.commit
    assert at_remote(sample)[f"{KEYS}{KEY}"] == first.commit


async def test_a_remote_that_cannot_be_reached_is_no_answer(sample: Sample) -> None:
    tree = await tree_of(sample, "one")
    await GIT.commit_once(tree, "one", {}, KEY)
    git(sample.root, "remote", "set-url", "origin", str(sample.root.parent / "nowhere"))

    with pytest.raises(GitFailed):
        await GIT.push_once(tree, "origin", "alloy/one", KEY)
    assert await GIT.commit_of_key(tree, KEY) is not None, "the commit stays, and can be pushed later"


def test_steps_of_one_run_have_keys_of_their_own() -> None:
    assert key_name("sha256:ab", "maintain.2") == "ab.maintain.2"
    assert key_name("sha256:ab") == "ab"

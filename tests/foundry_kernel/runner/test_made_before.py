"""A key answers a request only with a commit that was made for it, here or at the remote."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundry_kernel.engine.permission import Permission
from foundry_kernel.gateways.git import CommandGit
from foundry_kernel.gateways.git_keys import KEY_TRAILER, KEYS, RUN_TRAILER, KeyForged, key_name
from foundry_kernel.runner.made_before import made_before
from tests.fakes.sample_project import Sample, sample_project
from tests.foundry_kernel.gateways.test_git_keys import clone_of, git

GIT = CommandGit()
ASKED = f"sha256:{'ab' * 32}"
REF = f"{KEYS}{key_name(ASKED)}"
MAY = Permission(commit=True, push=True)


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return sample_project(tmp_path)


async def delivered(sample: Sample) -> str:
    """Another machine delivers under the key."""
    there = await clone_of(sample, "one")
    await GIT.commit_once(there, "one", {RUN_TRAILER: "run_1", KEY_TRAILER: ASKED}, key_name(ASKED))
    return (await GIT.push_once(there, "origin", "alloy/one", key_name(ASKED))).commit


async def test_what_another_machine_delivered_is_the_answer_and_leaves_no_ref_here(sample: Sample) -> None:
    commit = await delivered(sample)
    refs = git(sample.root, "for-each-ref")
    found = await made_before(GIT, sample.root, ASKED, "run_2", MAY)

    assert found is not None
    assert (found.commit, found.pushed) == (commit, True)
    assert "by run_1" in found.push_outcome
    assert git(sample.root, "for-each-ref") == refs


async def test_a_ref_that_somebody_made_beforehand_answers_nothing(sample: Sample) -> None:
    git(sample.root, "update-ref", REF, "HEAD")

    with pytest.raises(KeyForged, match="was not made for this request") as refused:
        await made_before(GIT, sample.root, ASKED, "run_2", MAY)
    assert (refused.value.failure_class, "delete it" in refused.value.next_step) == ("safety", True)


async def test_neither_does_one_that_somebody_made_at_the_remote(sample: Sample) -> None:
    there = await clone_of(sample, "eve")
    git(there, "add", ".")
    git(there, "commit", "-q", "-m", "Look, it is done")
    git(there, "push", "-q", "origin", f"HEAD:{REF}")

    with pytest.raises(KeyForged):
        await made_before(GIT, sample.root, ASKED, "run_2", MAY)


async def test_a_commit_of_another_key_under_this_one_answers_nothing(sample: Sample) -> None:
    other = f"sha256:{'cd' * 32}"
    there = await clone_of(sample, "one")
    kept = await GIT.commit_once(there, "one", {RUN_TRAILER: "run_1", KEY_TRAILER: other}, key_name(other))
    assert kept is not None
    git(there, "push", "-q", "origin", f"{kept.commit}:{REF}")

    with pytest.raises(KeyForged):
        await made_before(GIT, sample.root, ASKED, "run_2", MAY)


async def test_a_remote_that_lost_its_refs_does_not_make_the_work_be_done_twice_here(sample: Sample) -> None:
    await GIT.add_worktree(sample.root, sample.head, sample.root.parent / "tree", "alloy/one")
    tree = sample.root.parent / "tree"
    (tree / "new.txt").write_text("new")
    kept = await GIT.commit_once(tree, "one", {RUN_TRAILER: "run_1", KEY_TRAILER: ASKED}, key_name(ASKED))
    assert kept is not None
    await GIT.push_once(tree, "origin", "alloy/one", key_name(ASKED))
    git(sample.root, "push", "-q", "origin", f":{REF}", ":refs/heads/alloy/one")

    found = await made_before(GIT, sample.root, ASKED, "run_2", MAY)
    assert found is not None
    assert found.commit == kept.commit

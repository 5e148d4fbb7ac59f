"""Where a run works, and that nothing of it is left but what was delivered (spec 4.8)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_kernel.engine.ground import Ground, Left, branch_name
from foundry_kernel.gateways.git import CommandGit
from tests.fakes.sample_project import Sample, git, sample_project

GIT = CommandGit()
BRANCH = "alloy/basket/x/12345678"


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    return sample_project(tmp_path)


def ground(sample: Sample, throttle: Any = "full", branch: str | None = BRANCH) -> Ground:
    return Ground(GIT, sample.root, sample.head, sample.recordings / "worktree", throttle, branch)


async def test_a_run_that_changed_nothing_leaves_nothing(sample: Sample) -> None:
    before, place = sample.state(), ground(sample)
    await place.lay()
    assert await GIT.branch(place.tree) == BRANCH
    assert await place.clear(sample.recordings) == Left(sample.head)
    assert await place.clear(sample.recordings) == Left(sample.head), "twice is fine"
    assert sample.state() == before


@pytest.mark.parametrize(
    ("throttle", "patch"), [("full", "undelivered.patch"), ("audit_only", "audit.patch"), ("dry_run", None)]
)
async def test_what_was_not_committed_is_kept_as_a_patch(
    sample: Sample, throttle: Any, patch: str | None
) -> None:
    before = sample.state()
    place = ground(sample, throttle, BRANCH if throttle == "full" else None)
    await place.lay()
    (place.tree / "new.txt").write_text("new\n")
    assert await place.clear(sample.recordings) == Left(sample.head, None, patch)
    assert sample.state() == before
    if patch is not None:
        sample.git("apply", str(sample.recordings / patch))
        assert (sample.root / "new.txt").read_text() == "new\n"


async def test_a_branch_with_a_commit_stays(sample: Sample) -> None:
    place = ground(sample)
    await place.lay()
    (place.tree / "new.txt").write_text("new\n")
    commit = await GIT.commit(place.tree, "Add", {})
    assert await place.clear(sample.recordings) == Left(commit or "", BRANCH)
    assert sample.git("rev-parse", BRANCH) == commit
    assert not place.tree.exists()


async def test_a_run_that_broke_off_finds_its_tree_again(sample: Sample) -> None:
    before, place = sample.state(), ground(sample)
    await place.lay()
    (place.tree / "new.txt").write_text("new\n")
    await place.let_go(sample.head)
    assert "alloy" not in git(sample.root, "for-each-ref"), "an empty branch does not wait for a resume"
    await place.lay(keep=True)
    assert (place.tree / "new.txt").read_text() == "new\n"
    assert await GIT.branch(place.tree) == BRANCH
    await place.lay(keep=False)
    assert not (place.tree / "new.txt").exists()
    await place.clear(sample.recordings)
    assert sample.state() == before


@given(project=st.text(max_size=80), about=st.text(max_size=80))
def test_a_branch_name_is_one_that_git_takes_whatever_the_words_are(project: str, about: str) -> None:
    name = branch_name(project, about, "run_01JZZZZZZZZZZZZZZZZZZZZZZZ")
    first, second, third, last = name.split("/")
    assert (first, last) == ("alloy", "zzzzzzzz")
    for part in (second, third):
        assert part
        assert part.isascii()
        assert not set(part) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
        assert not part.startswith("-")

"""The sample is a real repository that works, in a folder that held nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from alloynb.application.discover_intent import DiscoverIntent, discover_intent
from alloynb.application.grown_sample import govern_sample
from alloynb.application.sample_repository import CreateSample, commit, create_sample
from alloynb.errors import AlloyError, Refused


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_the_sample_is_committed_on_main_and_its_own_tests_pass(tmp_path: Path) -> None:
    sample = create_sample(CreateSample(tmp_path / "a" / "shop"))

    assert git(sample.root, "branch", "--show-current") == "main"
    assert tuple(git(sample.root, "ls-files").splitlines()) == sample.files
    subprocess.run([sys.executable, "-m", "unittest", "-q"], cwd=sample.root, check=True, capture_output=True)
    assert git(sample.root, "status", "--porcelain") == "", "what the tests leave behind is ignored"


def test_a_folder_that_holds_something_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")

    with pytest.raises(Refused, match="is not empty"):
        create_sample(CreateSample(tmp_path))

    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_a_commit_needs_a_change(tmp_path: Path) -> None:
    sample = create_sample(CreateSample(tmp_path / "shop"))

    with pytest.raises(AlloyError, match="git commit"):
        commit(sample.root, "Nothing")


def test_in_the_grown_shop_archaeology_finds_what_its_documents_and_imports_say(tmp_path: Path) -> None:
    workspace = govern_sample(tmp_path / "shop", grown=True)

    found = discover_intent(workspace, DiscoverIntent())

    titles = [each.title.replace("`", "") for each in found.hypotheses]
    assert "checkout never imports acme" in titles
    assert any(title.startswith("sqlite3 stays out of") for title in titles)
    assert len(titles) >= 4

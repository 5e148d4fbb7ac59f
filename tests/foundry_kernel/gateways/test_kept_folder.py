"""What is kept among the temporary files to be read is there for two days, and goes with the next of its kind."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from foundry_kernel.gateways.kept_folder import KEPT_FOR_S, kept_folder
from foundry_kernel.kernel.local_run import new_run_folder
from runtime_artifacts.journal import JournalWriter


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def age(top: Path, by_s: float = KEPT_FOR_S + 60) -> Path:
    """Let everything in it have been written long ago."""
    then = time.time() - by_s
    for each in (*top.rglob("*"), top):
        os.utime(each, (then, then), follow_symlinks=False)
    return top


def test_a_new_one_takes_the_old_ones_of_its_kind_away(temporary: Path) -> None:
    old, recent = kept_folder("kind-"), kept_folder("kind-")
    (old / "gates").mkdir()
    (old / "gates" / "output.txt").write_text("told")
    age(old)
    new = kept_folder("kind-")
    assert not old.exists()
    assert recent.is_dir()
    assert new.is_dir()
    assert new.parent == temporary


def file(place: Path) -> None:
    place.write_text("no folder")


def link(place: Path) -> None:
    aim = place.parent / "aim"
    aim.mkdir()
    place.symlink_to(aim)


def written_lately(place: Path) -> None:
    (place / "deep").mkdir(parents=True)


@pytest.mark.parametrize("make", [file, link, written_lately])
def test_nothing_else_is_touched(temporary: Path, make: Callable[[Path], None]) -> None:
    place = temporary / "kind-x"
    make(place)
    age(place)
    if make is written_lately:
        (place / "deep" / "now").touch()
    other = temporary / "another-kind"
    other.mkdir()
    age(other)
    kept_folder("kind-")
    assert place.exists()
    assert other.exists()


def test_a_run_that_goes_on_keeps_its_folder_however_long_it_says_nothing(temporary: Path) -> None:
    folder = new_run_folder(None)
    with JournalWriter(folder / "journal" / "0001.jsonl"):
        age(folder.parent)
        new_run_folder(None)
        assert folder.is_dir()
    age(folder.parent)
    new_run_folder(None)
    assert not folder.exists()

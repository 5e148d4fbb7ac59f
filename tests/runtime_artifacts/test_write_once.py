"""A file appears whole or not at all, and once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runtime_artifacts.write_once import create_once, make_folder, replace_whole
from tests.runtime_artifacts.racing import leftovers, race

LIMITED = """
import resource, sys
from pathlib import Path
from runtime_artifacts import write_once
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    getattr(write_once, sys.argv[1])(Path(sys.argv[2]), b"x" * 1000)
except OSError as error:
    print(type(error).__name__, error.strerror)
"""
KILLED = """
import os, signal, sys
from pathlib import Path
from runtime_artifacts import write_once
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
write_once.create_once(Path(sys.argv[1]), b"whole")
"""


def child(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of its own."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_file_is_created_once(tmp_path: Path) -> None:
    file = tmp_path / "new" / "deep" / "a.json"

    assert create_once(file, b"first")
    assert not create_once(file, b"second")
    assert file.read_bytes() == b"first"
    assert [each.name for each in file.parent.iterdir()] == ["a.json"]
    assert file.stat().st_nlink == 1


def test_of_two_writers_at_once_one_wins_and_its_text_stands(tmp_path: Path) -> None:
    texts = (b"a" * 40_000, b"b" * 50_000)
    files = [tmp_path / f"{number % 7}" / f"{number}.json" for number in range(80)]

    answers = race(create_once, [((file, texts[0]), (file, texts[1])) for file in files])

    for file, answer in zip(files, answers, strict=True):
        assert sorted(answer) == [False, True]
        assert file.read_bytes() == texts[answer.index(True)]
    assert not leftovers(tmp_path)


def test_of_two_replacements_one_stands_whole(tmp_path: Path) -> None:
    texts = (b"a" * 40_000, b"b" * 50_000)
    file = tmp_path / "a.json"

    race(replace_whole, [((file, texts[0]), (file, texts[1]))] * 30)

    assert file.read_bytes() in texts
    assert not leftovers(tmp_path)


def test_a_replacement_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    replace_whole(file, b"old")
    replace_whole(file, b"new")

    assert file.read_bytes() == b"new"
    assert not leftovers(tmp_path)


@pytest.mark.parametrize("name", ["create_once", "replace_whole"])
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, name: str) -> None:
    done = child(LIMITED, name, str(tmp_path / "folder" / "a.json"))

    assert done.stdout == "OSError File too large\n", done.stderr
    assert list((tmp_path / "folder").iterdir()) == []


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"old")
    child(LIMITED, "replace_whole", str(tmp_path / "a.json"))

    assert (tmp_path / "a.json").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_writer_killed_in_the_middle_leaves_no_file_of_that_name(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    assert child(KILLED, str(file)).returncode == -9

    assert not file.exists()
    assert create_once(file, b"whole")


def test_a_link_is_never_followed_to_write_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "b.json").symlink_to(tmp_path / "elsewhere")

    assert not create_once(tmp_path / "a.json", b"x")
    replace_whole(tmp_path / "b.json", b"x")

    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "b.json").is_symlink()


def test_the_umask_decides_who_may_read(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        create_once(tmp_path / "private", b"x")
        os.umask(0o022)
        create_once(tmp_path / "shared", b"x")
    finally:
        os.umask(before)

    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "shared").stat().st_mode & 0o777 == 0o644


def test_a_file_in_the_way_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")

    with pytest.raises(OSError, match=r"exists|directory"):
        create_once(tmp_path / "a" / "b" / "c.json", b"x")
    with pytest.raises(OSError, match="exists"):
        make_folder(tmp_path / "a")

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from alloynb.archaeology.git_stream import GitStreamFailed
from alloynb.archaeology.path_changes import is_shallow, read_path_changes


def test_every_path_of_every_commit_is_told_parents_first(repo: Path, commit) -> None:
    first = commit({"a.py": "1\n", "b.py": "1\n"}, "Add both\n\nbody")
    second = commit({"a.py": None, "inner/c.py": "1\n", "b.py": "2\n"}, "Move a")

    one, two = read_path_changes(repo, second)

    assert (one.commit, one.subject) == (first, "Add both")
    assert one.author
    assert "@" in one.email
    assert one.paths == (("a.py", "added"), ("b.py", "added"))
    assert two.paths == (("a.py", "deleted"), ("b.py", "modified"), ("inner/c.py", "added"))
    assert one.at <= two.at


def test_only_what_came_after_the_known_tips_is_read(repo: Path, commit) -> None:
    first = commit({"a.py": "1\n"})
    second = commit({"a.py": "2\n"})

    assert [each.commit for each in read_path_changes(repo, second, known_tips=[first])] == [second]
    assert list(read_path_changes(repo, second, known_tips=[second])) == []


def test_a_known_tip_that_is_gone_does_no_harm(repo: Path, commit) -> None:
    tip = commit({"a.py": "1\n"})

    assert [each.commit for each in read_path_changes(repo, tip, known_tips=["f" * 40])] == [tip]


def test_names_that_imitate_the_format_change_nothing(repo: Path, commit) -> None:
    names = ["\x1e" + "a" * 40 + "\x1f1\x1f1.py", ":100644 100644 x", "tab\tnew\nline", "ünïcode.py"]
    tip = commit(dict.fromkeys(names, "x\n"), "subject\x1fwith\x1efields")

    (found,) = read_path_changes(repo, tip)

    assert sorted(path for path, _ in found.paths) == sorted(names)
    assert found.commit == tip


def test_a_name_that_is_not_utf_8_is_shown_by_its_bytes(repo: Path, commit) -> None:
    (repo / "x").mkdir()
    (repo / "x" / b"\xff.py".decode("utf-8", "surrogateescape")).touch()
    tip = commit({"a.py": "x"})

    (found,) = read_path_changes(repo, tip)

    assert ("x/\\xff.py", "added") in found.paths


def test_a_folder_inside_a_repository_sees_its_own_paths(repo: Path, commit) -> None:
    commit({"b.py": "y\n"})
    tip = commit({"inner/a.py": "x\n", "b.py": "z\n"})

    assert [each.paths for each in read_path_changes(repo / "inner", tip)] == [(("a.py", "added"),)]


def test_both_sides_of_a_merge_are_told_once(repo: Path, commit) -> None:
    commit({"a.py": "1\n"})
    git = ["git", "-C", str(repo), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "checkout", "-qb", "side"], check=True)
    commit({"side.py": "1\n"})
    subprocess.run([*git, "checkout", "-q", "main"], check=True)
    commit({"main.py": "1\n"})
    subprocess.run([*git, "merge", "-q", "--no-edit", "side"], check=True)
    tip = subprocess.run(
        [*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()

    found = [path for each in read_path_changes(repo, tip) for path, _ in each.paths]

    assert sorted(found) == ["a.py", "main.py", "side.py"]


def test_the_boundary_of_a_shallow_clone_is_nobodys_doing(repo: Path, commit, tmp_path: Path) -> None:
    commit({"a.py": "1\n", "b.py": "1\n"})
    commit({"a.py": "2\n"})
    tip = commit({"b.py": "2\n"})
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth=2", repo.as_uri(), str(clone)], check=True)

    assert is_shallow(clone)
    assert not is_shallow(repo)
    assert [each.commit for each in read_path_changes(clone, tip)] == [tip]


def test_what_git_cannot_tell_is_an_error_and_not_an_empty_history(tmp_path: Path) -> None:
    with pytest.raises(GitStreamFailed, match="ended with"):
        list(read_path_changes(tmp_path, "a" * 40))


def test_a_limit_on_time_is_an_error_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "git"
    slow.write_text('#!/bin/sh\ncase "$*" in *log*-z*) exec sleep 30;; esac\n')
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(GitStreamFailed, match="did not end within"):
        list(read_path_changes(tmp_path, "a" * 40, time_limit_s=0.1))

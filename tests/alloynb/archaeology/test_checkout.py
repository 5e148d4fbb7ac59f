from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from alloynb.archaeology.checkout import (
    GitFailed,
    UnknownRevision,
    changed_paths,
    head_revision,
    resolve_revision,
    tree_at,
    uncommitted_paths,
)

Commit = Callable[..., str]


def test_a_tree_is_what_was_committed_and_not_what_lies_in_the_checkout(repo: Path, commit: Commit) -> None:
    first = commit({"a.py": "one\n", "sub/b.py": b"\xff\x00raw\r\n"})
    commit({"a.py": "two\n"})
    (repo / "a.py").write_text("three\n")

    with tree_at(repo, first) as tree:
        assert tree.revision == first
        assert (tree.root / "a.py").read_text() == "one\n"
        assert (tree.root / "sub/b.py").read_bytes() == b"\xff\x00raw\r\n"
        assert not (tree.root / ".git").exists()
        kept = tree.root

    assert not kept.exists()
    assert (repo / "a.py").read_text() == "three\n"


def test_git_attributes_hide_and_rewrite_nothing(repo: Path, commit: Commit) -> None:
    commit(
        {
            ".gitattributes": "hidden.py export-ignore\nstamp.py export-subst\n*.py eol=crlf\n",
            "hidden.py": "import click\n",
            "stamp.py": "x = '$Format:%H$'\n",
        }
    )

    with tree_at(repo, "HEAD") as tree:
        assert (tree.root / "hidden.py").read_bytes() == b"import click\n"
        assert (tree.root / "stamp.py").read_bytes() == b"x = '$Format:%H$'\n"


def test_hooks_and_filters_do_not_run(repo: Path, commit: Commit, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    commit({".gitattributes": "*.py filter=trap\n", "a.py": "x\n"})
    for setting in (f"filter.trap.smudge=touch {ran}", f"core.fsmonitor=touch {ran}"):
        subprocess.run(["git", "-C", str(repo), "config", *setting.split("=", 1)], check=True)
    hook = repo / ".git/hooks/post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
    hook.chmod(0o755)

    with tree_at(repo, "HEAD"):
        pass
    head_revision(repo)

    assert not ran.exists()


def test_the_export_is_read_only_and_keeps_the_executable_bit(repo: Path, commit: Commit) -> None:
    (repo / "run").write_text("#!/bin/sh\n")
    (repo / "run").chmod(0o755)
    commit({"a.py": ""})

    with tree_at(repo, "HEAD") as tree:
        assert (tree.root / "run").stat().st_mode & 0o777 == 0o555
        assert (tree.root / "a.py").stat().st_mode & 0o777 == 0o444
        assert tree.root.stat().st_mode & 0o222 == 0


def test_links_that_lead_out_are_left_out_and_named(repo: Path, commit: Commit) -> None:
    (repo / "p/q").mkdir(parents=True)
    for link, target in [
        ("inside", "a.py"),
        ("absolute", "/etc/passwd"),
        ("climbs", "../x"),
        ("p/q/up", "../.."),
        ("twice", "p/q/up/.."),
        ("circle", "circle"),
    ]:
        (repo / link).symlink_to(target)
    commit({"a.py": "text\n"})

    with tree_at(repo, "HEAD") as tree:
        assert (tree.root / "inside").read_text() == "text\n"
        assert tree.left_out == ("absolute", "circle", "climbs", "twice")
        for path in tree.root.rglob("*"):
            assert path.resolve().is_relative_to(tree.root)


def test_an_export_is_removed_when_the_work_on_it_fails(repo: Path, commit: Commit) -> None:
    commit({"d/a.py": ""})

    seen: list[Path] = []

    def fail() -> None:
        with tree_at(repo, "HEAD") as tree:
            seen.append(tree.root)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert not seen[0].parent.exists()


def test_replacement_objects_do_not_change_what_was_committed(repo: Path, commit: Commit) -> None:
    first = commit({"a.py": "one\n"})
    second = commit({"a.py": "two\n"})
    subprocess.run(["git", "-C", str(repo), "replace", first, second], check=True)

    with tree_at(repo, first) as tree:
        assert (tree.root / "a.py").read_text() == "one\n"


def test_git_variables_of_a_surrounding_hook_do_not_lead_elsewhere(
    repo: Path, commit: Commit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    head = commit({"a.py": ""})
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))

    assert head_revision(repo) == head


@pytest.mark.parametrize("revision", ["nope", "", "--all", "HEAD~7", "a\0b", "-h"])
def test_an_unknown_revision_is_refused(repo: Path, commit: Commit, revision: str) -> None:
    commit({"a.py": ""})

    with pytest.raises(UnknownRevision):
        resolve_revision(repo, revision)


def test_a_repository_without_commits_and_a_plain_folder_say_so(repo: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownRevision, match="no commit 'HEAD'"):
        head_revision(repo)
    (tmp_path / "plain").mkdir()
    with pytest.raises(GitFailed, match="not a git repository"):
        head_revision(tmp_path / "plain")


def test_uncommitted_paths_name_every_kind_of_change(repo: Path, commit: Commit) -> None:
    commit(
        {"changed.py": "a", "gone.py": "b", "moved.py": "c" * 50, ".gitignore": "ignored\n", "same.py": ""}
    )
    (repo / "changed.py").write_text("z")
    (repo / "gone.py").unlink()
    (repo / "moved.py").rename(repo / "ünd here.py")
    (repo / "ignored").write_text("")
    (repo / "staged.py").write_text("")
    subprocess.run(["git", "-C", str(repo), "add", "staged.py"], check=True)

    assert uncommitted_paths(repo) == ("changed.py", "gone.py", "moved.py", "staged.py", "ünd here.py")


def test_changed_paths_compares_two_commits(repo: Path, commit: Commit) -> None:
    base = commit({"a.py": "1", "b.py": "2" * 60, "keep.py": ""})
    commit({"a.py": "9", "b.py": None, "moved/b.py": "2" * 60})

    assert changed_paths(repo, base) == ("a.py", "b.py", "moved/b.py")
    assert changed_paths(repo, "HEAD") == ()

"""Former names of files and modules, as git recognizes renames: in history, and not committed yet (spec 6.4)."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from alloynb.archaeology.checkout import GitFailed, read_git
from alloynb.archaeology.git_stream import git_records

MOST_COMMITS = 3000
TIME_LIMIT_S = 20.0
_RENAME = re.compile(r"R\d{1,3}")
_SUFFIX = re.compile(r"(/__init__)?\.pyi?$")


@dataclass(frozen=True)
class Renames:
    """Renames as (former path, later path), the newest first."""

    pairs: tuple[tuple[str, str], ...]

    def former_paths(self, path: str) -> tuple[str, ...]:
        """What a file was called before, the latest former name first."""
        found, now = [], path
        for former, later in self.pairs:
            if later == now and former not in found:
                found.append(former)
                now = former
        return tuple(found)

    def former_modules(self, module: str) -> tuple[str, ...]:
        """What a Python module was called before, as far as its file moved below the same source root."""
        found, now = [], module
        for former, later in self.pairs:
            root = _root_of(later, now)
            if root is None or not former.startswith(root):
                continue
            name = _dotted(former[len(root) :])
            if name and name != now and name not in found:
                found.append(name)
                now = name
        return tuple(found)


def read_renames(
    repo: Path, revision: str, *, uncommitted: bool, time_limit_s: float = TIME_LIMIT_S
) -> Renames:
    """Read the renames that led to `revision`, and those that wait in the working tree.

    Without git, or with a history that is cut off, what can be read is given.

    Args:
        revision: a commit.
        uncommitted: whether files that were moved since the last commit count, staged or not.
        time_limit_s: what was read of history by then is used.
    """
    waiting = tuple(_uncommitted(repo)) if uncommitted else ()
    arguments = ("log", f"--max-count={MOST_COMMITS}", "-M", "--diff-filter=R", "--name-status", "-z")
    told = git_records(
        repo,
        *arguments,
        "--format=",
        "--no-color",
        revision,
        "--",
        separator=b"\0",
        time_limit_s=time_limit_s,
    )
    return Renames((*waiting, *_pairs(os.fsdecode(each) for each in told)))


def _pairs(words: Iterator[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        if _RENAME.fullmatch(word.strip()):
            former, later = next(words, ""), next(words, "")
            if former and later:
                yield former, later


def _uncommitted(repo: Path) -> Iterator[tuple[str, str]]:
    """Compare the working tree with its commit through a copy of the index, in which untracked files are announced."""
    try:
        index = Path(
            os.fsdecode(read_git(repo, "rev-parse", "--path-format=absolute", "--git-path", "index").strip())
        )
        with tempfile.TemporaryDirectory(prefix="alloynb-index-") as scratch:
            copy = Path(scratch) / "index"
            shutil.copyfile(index, copy)
            given = {"GIT_INDEX_FILE": str(copy)}
            read_git(repo, "add", "--intent-to-add", "--ignore-errors", ":/", variables=given)
            told = read_git(
                repo,
                "diff",
                "-M",
                "--diff-filter=R",
                "--name-status",
                "-z",
                "--no-ext-diff",
                "HEAD",
                variables=given,
            )
    except (GitFailed, OSError):
        return
    yield from _pairs(iter(os.fsdecode(told).split("\0")))


def _root_of(path: str, module: str) -> str | None:
    """The folder, with `/`, below which `path` is the file of `module`; None when it is not."""
    name = _dotted(path)
    if name == module:
        return ""
    if not name.endswith(f".{module}"):
        return None
    folders = PurePosixPath(path).parts[: name.count(".") - module.count(".")]
    return "/".join(folders) + "/"


def _dotted(path: str) -> str:
    stem = _SUFFIX.sub("", path)
    return stem.replace("/", ".") if stem != path else ""

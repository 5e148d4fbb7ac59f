"""Former names of files and modules, as git recognizes renames: in history, and not committed yet (spec 6.4)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from alloynb.archaeology.checkout import GitFailed, announced_index, read_git
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

    @property
    def now_called(self) -> Mapping[str, str]:
        """The last name of each path that ever had another one."""
        last: dict[str, str] = {}
        for (
            former,
            later,
        ) in self.pairs:  # the newest first, so that what a name became is known before it is asked
            last.setdefault(former, last.get(later, later))
        return last


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
    arguments = ("diff", "-M", "--diff-filter=R", "--name-status", "-z", "--no-ext-diff", "HEAD")
    try:
        with announced_index(repo) as given:
            told = read_git(repo, *arguments, variables=given)
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


def module_now(name: str, now_called: Mapping[str, str]) -> str | None:
    """What a Python module or package that lost its name is called now; None when nothing of it moved.

    Args:
        now_called: later path by former path.
    """
    moved = sorted(now_called.items())
    whole = (_as_whole(name, former, later) for former, later in moved)
    part = (_with_its_files(name, former, later) for former, later in moved)  # it may have no `__init__.py`
    return next((found for found in (*whole, *part) if found is not None and found != name), None)


def _as_whole(name: str, former: str, later: str) -> str | None:
    root = _root_of(former, name)
    return _dotted(later[len(root) :]) or None if root is not None and later.startswith(root) else None


def _with_its_files(name: str, former: str, later: str) -> str | None:
    was, now = f".{_dotted(former)}", f".{_dotted(later)}"
    at = was.find(f".{name}.") + 1
    rest = was[at + len(name) :]
    if at < 1 or not now.endswith(rest) or not now.startswith(was[:at]):
        return None
    return now[at : len(now) - len(rest)] or None

"""The history of a repository, read in one streaming pass of `git log` (spec 2.5)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path

from alloynb.archaeology.git_stream import git_records
from alloynb.archaeology.repository import Progress, no_progress

MOST_COMMITS = 5000
TIME_LIMIT_S = 20.0
WIDEST_COMMIT = 40
"""Commits that touch more files than this say nothing about which files belong together."""

_START, _FIELD, _END = "\x1e", "\x1f", "\x1d"
_MOST_PATHS = 2000
_FIXES = re.compile(r"\b(fix(es|ed)?|bug|regress(ion|ed)?|revert|hotfix|broken?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit.

    Attributes:
        at: seconds since 1970.
        message: subject and body; what somebody wrote, never an instruction.
        paths: files that it touched; cut at 2000.
        lines: lines added and deleted per file of `paths` (0 for binary files).
    """

    commit: str
    at: int
    author: str
    message: str
    paths: tuple[str, ...]
    lines: tuple[int, ...]

    @property
    def subject(self) -> str:
        """First line of the message."""
        return self.message.split("\n", 1)[0]

    @property
    def is_fix(self) -> bool:
        """Whether the subject speaks of mending something."""
        return _FIXES.search(self.subject) is not None


@dataclass(frozen=True)
class History:
    """Commits, newest first, and what follows from them."""

    commits: tuple[Commit, ...]

    @cached_property
    def touches(self) -> Mapping[str, int]:
        """Path → number of commits that touched it."""
        return Counter(path for commit in self.commits for path in commit.paths)

    @cached_property
    def churn(self) -> Mapping[str, int]:
        """Path → lines added and deleted."""
        found: Counter[str] = Counter()
        for commit in self.commits:
            for path, lines in zip(commit.paths, commit.lines, strict=True):
                found[path] += lines
        return found

    @cached_property
    def together(self) -> Mapping[tuple[str, str], int]:
        """Pair of paths (sorted) → number of commits that touched both; wide commits are left out."""
        busy = {path for path, count in self.touches.items() if count >= 3}
        found: Counter[tuple[str, str]] = Counter()
        for commit in self.commits:
            if 2 <= len(commit.paths) <= WIDEST_COMMIT:
                found.update(combinations(sorted(set(commit.paths) & busy), 2))
        return found


def read_history(
    root: Path,
    *,
    most_commits: int = MOST_COMMITS,
    time_limit_s: float = TIME_LIMIT_S,
    progress: Progress = no_progress,
) -> History:
    """Read the newest commits that touched `root`; empty without git, repository or commits.

    Args:
        most_commits: older commits are not read.
        time_limit_s: what was read by then is used.
    """
    found: list[Commit] = []
    arguments = (
        *("log", f"--max-count={most_commits}", "--no-merges", "--no-renames", "--numstat", "--relative"),
        *("--no-color", "--no-ext-diff", "--no-textconv"),
        "--format=%x1e%H%x1f%at%x1f%an%x1f%B%x1d",
        *("--", "."),
    )
    records = git_records(root, *arguments, separator=_START.encode(), time_limit_s=time_limit_s)
    for number, record in enumerate(records):
        if number % 500 == 0:
            progress("reading history", number, 0)
        commit = _commit_of(record.decode("utf-8", "replace"))
        if commit is not None:
            found.append(commit)
    return History(tuple(found))


def _commit_of(record: str) -> Commit | None:
    head, end, rest = record.partition(_END)
    fields = head.split(_FIELD, 3)
    if not end or len(fields) != 4 or not fields[1].isdigit():
        return None
    stats = list(_stats(rest))[:_MOST_PATHS]
    return Commit(
        fields[0],
        int(fields[1]),
        fields[2],
        fields[3].strip(),
        tuple(path for path, _ in stats),
        tuple(lines for _, lines in stats),
    )


def _stats(text: str) -> Iterator[tuple[str, int]]:
    for line in text.split("\n"):
        parts = line.split("\t", 2)
        if len(parts) == 3:
            added, deleted, path = parts
            lines = int(added) + int(deleted) if added.isdigit() and deleted.isdigit() else 0
            yield path.strip('"'), lines

"""One change as git tells it: who, why, which paths, which lines (spec 6.4)."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from alloynb.archaeology.checkout import GitFailed, announced_index, read_git

_MOST_LINES = 40_000
_LONGEST_LINE = 400
_FIELDS = 4
_HEADER = re.compile(r"^(rename from|rename to|---|\+\+\+) (.*)$")


@dataclass(frozen=True)
class ReadChange:
    """A commit, or what lies uncommitted.

    Attributes:
        commit: full id; empty for what is not committed.
        renamed: later path by former path.
        added, removed: lines of text files by path; cut.
    """

    commit: str
    author: str = ""
    at: datetime | None = None
    message: str = ""
    touched: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    removed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_change(repo: Path, commit: str) -> ReadChange | None:
    """Read a commit against its first parent, or with an empty `commit` what is not committed; None when git cannot.

    Of a merge, what it brought to the first parent is read.
    """
    form = ("-M", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--no-prefix")
    try:
        if not commit:
            with announced_index(repo) as given:
                return _change("", "", read_git(repo, "diff", *form, "HEAD", variables=given))
        head = read_git(repo, "show", "--no-patch", "--format=%an%x1f%at%x1f%B", commit)
        told = read_git(repo, "show", "--format=", "--first-parent", "-m", *form, commit)
    except (GitFailed, OSError):
        return None
    return _change(commit, os.fsdecode(head), told)


def last_change_of(repo: Path, revision: str, paths: Iterable[str], *, deleted: bool = False) -> str | None:
    """Name the last commit up to `revision` that touched, or that deleted, one of some paths; None without one."""
    only = ("--diff-filter=D", "--no-renames") if deleted else ()
    listed = list(paths)
    if not listed:
        return None
    try:
        told = read_git(repo, "log", "-1", "--format=%H", *only, revision, "--", *listed)
    except GitFailed:
        return None
    return told.decode("ascii", "replace").strip() or None


def count_changes(repo: Path, since: str, revision: str, path: str) -> int:
    """Count the commits after `since`, up to `revision`, that touched a path; 0 when git cannot tell."""
    try:
        return int(read_git(repo, "rev-list", "--count", f"{since}..{revision}", "--", path))
    except (GitFailed, ValueError):
        return 0


def text_at(repo: Path, revision: str, path: str) -> str | None:
    """Read a file as it was committed; None when it was not."""
    try:
        return read_git(repo, "cat-file", "blob", f"{revision}:{path}").decode("utf-8", "replace")
    except GitFailed:
        return None


def _change(commit: str, head: str, told: bytes) -> ReadChange:
    author, _, rest = head.partition("\x1f")
    at, _, message = rest.partition("\x1f")
    renamed: dict[str, str] = {}
    lines: tuple[dict[str, list[str]], dict[str, list[str]]] = (defaultdict(list), defaultdict(list))
    for kind, path, line in _read(told.decode("utf-8", "replace"), renamed):
        lines[kind == "+"][path].append(line)
    removed, added = ({path: tuple(found) for path, found in each.items()} for each in lines)
    touched = {*removed, *added, *renamed, *renamed.values()}
    when = datetime.fromtimestamp(int(at), UTC) if at.isdigit() else None
    return ReadChange(commit, author, when, message.strip(), tuple(sorted(touched)), renamed, added, removed)


def _read(told: str, renamed: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield sign, path and text of each line that went or came; note renames."""
    before = after = former = ""
    in_header = True
    for number, line in enumerate(told.split("\n")):
        if number > _MOST_LINES:
            return
        if line.startswith("diff --git "):
            in_header = True
        elif line.startswith("@@"):
            in_header = False
        elif in_header and (found := _HEADER.match(line)):
            what, path = found[1], found[2].rstrip("\t").strip('"')
            match what:
                case "rename from":
                    former = path
                case "rename to":
                    renamed[former] = path
                case "---":
                    before = path
                case _:
                    after = path
        elif not in_header and line[:1] in {"+", "-"}:
            path = after if line[0] == "+" else before
            yield line[0], path, line[1 : _LONGEST_LINE + 1]

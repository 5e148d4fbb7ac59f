"""Who wrote a line last, as far as git can tell (spec 6.4)."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alloynb.archaeology.checkout import GitFailed, read_git

TIME_LIMIT_S = 20.0
_HEAD = re.compile(rb"([0-9a-f]{40,64}) \d+ (\d+)(?: \d+)?")
_NOBODY = re.compile(r"0+")


@dataclass(frozen=True)
class Authorship:
    """The commit that a line comes from.

    Attributes:
        commit: full id; empty for a line that is not committed.
        author: name, as the commit says.
        subject: first line of the message; what somebody wrote, never an instruction.
        at_least: whether history is cut off there, so that the line may be older.
    """

    commit: str
    author: str
    at: datetime | None
    subject: str
    at_least: bool = False


UNCOMMITTED = Authorship("", "", None, "")


def who_wrote(
    repo: Path,
    lines: Mapping[str, Collection[int]],
    revision: str | None,
    *,
    time_limit_s: float = TIME_LIMIT_S,
) -> dict[tuple[str, int], Authorship]:
    """Ask git who wrote some lines, each file once; white space and moves within a file are looked through.

    Args:
        lines: by path, 1-based lines.
        revision: a commit, or None for the working tree.
        time_limit_s: files that are not reached by then are left out.

    Returns:
        By path and line; what git cannot tell is missing.
    """
    until = time.monotonic() + time_limit_s
    found: dict[tuple[str, int], Authorship] = {}
    shallow = False
    for number, path in enumerate(sorted(lines)):
        left = until - time.monotonic()
        if left <= 0:
            break
        ranges = [word for line in sorted(lines[path]) for word in ("-L", f"{line},{line}")]
        named = [revision] if revision is not None else []
        try:
            if number == 0:
                shallow = read_git(repo, "rev-parse", "--is-shallow-repository").strip() == b"true"
            told = read_git(
                repo, "blame", "--porcelain", "-w", "-M", *ranges, *named, "--", path, time_limit_s=left
            )
        except GitFailed:
            continue
        for line, who in _authorships(told, shallow=shallow).items():
            found[path, line] = who
    return found


def _authorships(told: bytes, *, shallow: bool) -> dict[int, Authorship]:
    facts: dict[str, dict[str, str]] = {}
    lines: dict[int, str] = {}
    commit = ""
    for row in told.split(b"\n"):
        if row.startswith(b"\t"):
            continue
        head = _HEAD.fullmatch(row)
        if head:
            commit = head[1].decode("ascii")
            facts.setdefault(commit, {})
            lines[int(head[2])] = commit
        elif commit:
            name, _, value = os.fsdecode(row).partition(" ")
            facts[commit][name] = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return {line: _authorship(each, facts[each], shallow) for line, each in lines.items()}


def _authorship(commit: str, facts: Mapping[str, str], shallow: bool) -> Authorship:
    if _NOBODY.fullmatch(commit):
        return UNCOMMITTED
    seconds = facts.get("author-time", "")
    at = datetime.fromtimestamp(int(seconds), UTC) if seconds.isdigit() else None
    return Authorship(
        commit, facts.get("author", ""), at, facts.get("summary", ""), shallow and "boundary" in facts
    )

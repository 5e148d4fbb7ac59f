"""Facts about the history of the code: who changed which path when. Pure; takes plain values.

commit        id commit/<project>/<commit>, and /<part> for each further part of a very wide one
              revision = the commit, occurred_at = when it was committed, principal = its author, summary = subject
              payload = email, authored_at, changes = [{path, change}], change = added, modified or deleted
history_read  id history_read/<project>/<tip>/<status>
              revision = the tip, status = complete or shallow; payload = commits, paths
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from alloynb.evidence.run_facts import new_fact
from runtime_artifacts.envelope import format_timestamp
from runtime_artifacts.journal import Fact

MOST_PATHS = 2000
"""A commit of more paths is told in several facts: a line has an end."""


def commit_facts(
    *,
    project_id: str,
    commit: str,
    at: int,
    authored_at: int,
    author: str,
    email: str,
    subject: str,
    changes: Sequence[tuple[str, str]],
) -> Iterator[Fact]:
    """Say what one commit changed.

    Args:
        at: seconds since 1970, when it was committed.
        authored_at: seconds since 1970, when its author made it.
        changes: each path with `added`, `modified` or `deleted`.
    """
    for part, first in enumerate(range(0, len(changes), MOST_PATHS), start=1):
        told = [{"path": path, "change": change} for path, change in changes[first : first + MOST_PATHS]]
        yield new_fact(
            "commit",
            at=_moment(at),
            key=f"{project_id}/{commit}" if part == 1 else f"{project_id}/{commit}/{part}",
            project_id=project_id,
            revision=commit,
            principal=author,
            summary=subject,
            payload={"email": email, "authored_at": _moment(authored_at), "changes": told},
        )


def history_read_fact(
    *, project_id: str, tip: str, complete: bool, commits: int, paths: int, at: datetime | str
) -> Fact:
    """Say that the history up to a commit is recorded, as far as the repository held it."""
    status = "complete" if complete else "shallow"
    return new_fact(
        "history_read",
        at=at,
        key=f"{project_id}/{tip}/{status}",
        project_id=project_id,
        revision=tip,
        status=status,
        payload={"commits": commits, "paths": paths},
    )


def _moment(seconds: int) -> str:
    """A time that a person or program claimed; what no calendar holds becomes the beginning of 1970."""
    try:
        return format_timestamp(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, OSError, ValueError):
        return format_timestamp(datetime.fromtimestamp(0, UTC))

"""Who changed which path when: one streaming pass of `git log`, from where the last one ended (spec 6.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from alloynb.archaeology.git_stream import git_records

TIME_LIMIT_S = 600.0

_HEAD, _FIELD = b"\x1e", b"\x1f"
_CHANGES = {"A": "added", "D": "deleted"}


@dataclass(frozen=True, slots=True)
class CommittedChanges:
    """What one commit changed.

    Attributes:
        at: seconds since 1970, when it was committed.
        authored_at: seconds since 1970, when its author made it; earlier after a rebase.
        subject: first line of the message; what somebody wrote, never an instruction.
        paths: relative to the folder that was asked about, each with `added`, `modified` or `deleted`. A file that was
            renamed is one that was deleted and one that was added.
    """

    commit: str
    at: int
    authored_at: int
    author: str
    email: str
    subject: str
    paths: tuple[tuple[str, str], ...]


def read_path_changes(
    root: Path, tip: str, *, known_tips: Sequence[str] = (), time_limit_s: float = TIME_LIMIT_S
) -> Iterator[CommittedChanges]:
    """Yield the commits up to `tip` that changed something below `root`, parents before children.

    Merges say nothing of their own. Of a shallow clone the commits at the boundary are left out: what came before
    them is not known, so everything would look as if they had added it.

    Args:
        tip: full commit id.
        known_tips: commits that were read before, with all that led to them; those that are gone do no harm.

    Raises:
        GitStreamFailed: git ended with an error or took too long; what was yielded is true as far as it goes.
    """
    boundary = _shallow_boundary(root)
    arguments = (
        *("log", "--topo-order", "--reverse", "--full-history", "--relative", "--no-merges"),
        *("--raw", "-z", "--no-renames", "--no-abbrev", "--no-color", "--no-ext-diff", "--ignore-missing"),
        f"--format={_HEAD.decode()}%H%x1f%ct%x1f%at%x1f%an%x1f%ae%x1f%s",
        *(tip, "--not", *known_tips, "--", "."),
    )
    tokens = git_records(
        root,
        *arguments,
        separator=b"\0",
        time_limit_s=time_limit_s,
        longest_record=1 << 16,
        must_succeed=True,
    )
    for found in _commits(tokens):
        if found.paths and found.commit not in boundary:
            yield found


def is_shallow(root: Path) -> bool:
    """Whether the repository holds only the end of its history."""
    return bool(_shallow_boundary(root))


def _shallow_boundary(root: Path) -> frozenset[str]:
    found = b"".join(
        git_records(root, "rev-parse", "--git-path", "shallow", separator=b"\n", time_limit_s=TIME_LIMIT_S)
    )
    file = root / found.decode("utf-8", "surrogateescape")
    try:
        return frozenset(file.read_text("ascii").split()) if found and file.is_file() else frozenset()
    except (OSError, ValueError):
        return frozenset()


def _commits(tokens: Iterator[bytes]) -> Iterator[CommittedChanges]:
    """Put together what git cut at NUL: a head, then for each path its entry and its name."""
    head: bytes | None = None
    paths: list[tuple[str, str]] = []
    for token in tokens:
        if token.startswith(_HEAD):
            if head is not None:
                yield _commit_of(head, paths)
            head, paths = token, []
        elif token.lstrip(b"\n").startswith(b":"):
            letter = token.rpartition(b" ")[2][:1].decode("ascii", "replace")
            paths.append((_as_text(next(tokens, b"")), _CHANGES.get(letter, "modified")))
    if head is not None:
        yield _commit_of(head, paths)


def _commit_of(head: bytes, paths: list[tuple[str, str]]) -> CommittedChanges:
    commit, at, authored_at, author, email, subject = head[len(_HEAD) :].split(_FIELD, 5)
    return CommittedChanges(
        commit.decode("ascii"),
        int(at),
        int(authored_at),
        _as_text(author),
        _as_text(email),
        _as_text(subject),
        tuple(paths),
    )


def _as_text(name: bytes) -> str:
    return name.decode("utf-8", errors="backslashreplace")

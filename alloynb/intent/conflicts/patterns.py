"""Code patterns of which one record demands that they occur, and another one that they do not (spec 2.3, 6.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from alloynb.intent.conflicts.conflict import Verdict
from alloynb.intent.evidence_definition import CodePattern

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_UNNAMED = "…unnamed"


def conflicting_patterns(
    patterns: Sequence[CodePattern],
) -> Iterator[tuple[CodePattern, CodePattern, Verdict]]:
    """Find patterns that must occur, with each one that must not occur there.

    A pattern that must occur *somewhere* cannot as soon as all of its paths lie within those where it must not. One
    that must occur in *every file* cannot in any file that both speak of: `opposed`, since there may be no such file,
    or `unsatisfiable` when the paths of one lie within those of the other. Queries are the same when they differ in
    white space alone.

    Args:
        patterns: different from each other.

    Yields:
        The pattern that must occur, the one that forbids it, and what they are together.
    """
    demanded: dict[tuple[str, str], list[CodePattern]] = {}
    for pattern in patterns:
        if pattern.must == "occur":
            demanded.setdefault(_asked(pattern), []).append(pattern)
    for pattern in patterns:
        if pattern.must == "not_occur":
            for other in demanded.get(_asked(pattern), ()):
                verdict = _verdict(other, pattern)
                if verdict is not None:
                    yield other, pattern, verdict


def _asked(pattern: CodePattern) -> tuple[str, str]:
    return pattern.language, " ".join(pattern.query.split())


def _verdict(demanded: CodePattern, forbidden: CodePattern) -> Verdict | None:
    """What two patterns of one query are together; None when they can hold, or when it cannot be told."""
    if demanded.paths == forbidden.paths:
        return "unsatisfiable"
    if any(
        glob.startswith("!") or "[" in glob or "\\" in glob for glob in (*demanded.paths, *forbidden.paths)
    ):
        return None
    from pathspec import GitIgnoreSpec

    ours, theirs = GitIgnoreSpec.from_lines(demanded.paths), GitIgnoreSpec.from_lines(forbidden.paths)
    of_ours, of_theirs = (
        _meant(demanded.paths, ours, forbidden.paths),
        _meant(forbidden.paths, theirs, demanded.paths),
    )
    if of_ours and all(theirs.match_file(path) for path in of_ours):
        return "unsatisfiable"
    if demanded.spread == "somewhere":
        return None
    if of_theirs and all(ours.match_file(path) for path in of_theirs):
        return "unsatisfiable"
    both = any(theirs.match_file(path) for path in of_ours) or any(
        ours.match_file(path) for path in of_theirs
    )
    return "opposed" if both else None


def _meant(globs: Sequence[str], spec: GitIgnoreSpec, others: Sequence[str]) -> list[str]:
    folders = sorted({folder for other in others if (folder := _fixed_folder(other))})
    return [path for glob in globs for path in _stand_ins(glob, folders) if spec.match_file(path)]


def _fixed_folder(glob: str) -> str:
    """The folders that a glob names before its first wildcard."""
    *folders, _ = glob.strip("/").split("/")
    cut = next((number for number, part in enumerate(folders) if set(part) & {"*", "?"}), len(folders))
    return "/".join(folders[:cut])


def _stand_ins(glob: str, folders: Sequence[str]) -> Iterator[str]:
    """Paths that stand for all that a glob means: at the top and in other folders, as a file and as a folder.

    Args:
        folders: that other globs name, besides unnamed ones.
    """
    anchored = "/" in glob.rstrip("/")
    fixed = glob.strip("/").replace("?", "…")
    for stars in ("", _UNNAMED, f"{_UNNAMED}/{_UNNAMED}", *folders):
        spread = re.sub(r"\*\*/?", f"{stars}/" if stars else "", fixed) if "**" in fixed else fixed
        for text in ("", _UNNAMED):
            named = re.sub(r"/+", "/", spread.replace("*", text)).strip("/")
            for before in ("",) if anchored else ("", f"{_UNNAMED}/", *(f"{each}/" for each in folders)):
                for after in ("", f"/{_UNNAMED}", f"/{_UNNAMED}/{_UNNAMED}"):
                    yield f"{before}{named}{after}".strip("/")

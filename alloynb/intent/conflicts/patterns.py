"""Code patterns of which one record demands that they occur, and another one that they do not (spec 2.3, 6.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from alloynb.intent.evidence_definition import CodePattern

_UNNAMED = "…unnamed"


def impossible_patterns(patterns: Sequence[CodePattern]) -> Iterator[tuple[CodePattern, CodePattern]]:
    """Find patterns that must occur somewhere, with each one that may occur nowhere of that.

    A pattern that must occur in `paths` occurs in at least one of the files; so there is no conflict as long as the
    other pattern leaves some of these paths free. Queries are the same when they differ in white space alone.

    Args:
        patterns: different from each other.

    Yields:
        The pattern that must occur, and the one that forbids it wherever it may.
    """
    demanded: dict[tuple[str, str], list[CodePattern]] = {}
    for pattern in patterns:
        if pattern.must == "occur":
            demanded.setdefault(_asked(pattern), []).append(pattern)
    for pattern in patterns:
        if pattern.must == "not_occur":
            for other in demanded.get(_asked(pattern), ()):
                if _lies_within(other.paths, pattern.paths):
                    yield other, pattern


def _asked(pattern: CodePattern) -> tuple[str, str]:
    return pattern.language, " ".join(pattern.query.split())


def _lies_within(inner: Sequence[str], outer: Sequence[str]) -> bool:
    """Whether every path that `inner` means is one that `outer` means; False when that cannot be told."""
    if tuple(inner) == tuple(outer):
        return True
    if any(glob.startswith("!") or "[" in glob or "\\" in glob for glob in (*inner, *outer)):
        return False
    from pathspec import GitIgnoreSpec

    meant, covering = GitIgnoreSpec.from_lines(inner), GitIgnoreSpec.from_lines(outer)
    tried = [path for glob in inner for path in _stand_ins(glob) if meant.match_file(path)]
    return bool(tried) and all(covering.match_file(path) for path in tried)


def _stand_ins(glob: str) -> Iterator[str]:
    """Paths that stand for all that a glob means: at the top and in unnamed folders, as a file and as a folder."""
    anchored = "/" in glob.rstrip("/")
    fixed = glob.strip("/").replace("?", "…")
    for stars in ("", f"{_UNNAMED}", f"{_UNNAMED}/{_UNNAMED}"):
        spread = re.sub(r"\*\*/?", f"{stars}/" if stars else "", fixed) if "**" in fixed else fixed
        for text in ("", _UNNAMED):
            named = re.sub(r"/+", "/", spread.replace("*", text)).strip("/")
            for before in ("",) if anchored else ("", f"{_UNNAMED}/"):
                for after in ("", f"/{_UNNAMED}", f"/{_UNNAMED}/{_UNNAMED}"):
                    yield f"{before}{named}{after}".strip("/")

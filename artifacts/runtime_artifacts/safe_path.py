"""Paths that come from artifacts cannot leave the workspace (spec 3.1, 5.6)."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from runtime_artifacts.errors import Place, UnsafePath

MAX_PATH_CHARACTERS = 1024
# The same rule as `why_unsafe`, for readers in other languages.
SAFE_PATH_PATTERN = (
    r"^(?![/~])(?![A-Za-z]:)(?!(.*/)?\.\.(/|$))"
    rf"[^\\\u0000-\u001f\u007f-\u009f\ud800-\udfff]{{1,{MAX_PATH_CHARACTERS}}}$"
)
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\\\\]|^[A-Za-z]:")


def why_unsafe(path: str) -> str:
    """Say why an untrusted path may lead out of a folder, by its text alone; empty if it cannot."""
    if not path or len(path) > MAX_PATH_CHARACTERS or _ODD.search(path):
        return f"not a plain relative path: {path[:200]!r}"
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or path.startswith("~"):
        return f"leaves the workspace: {path[:200]!r}"
    return ""


def resolve_inside(root: Path, path: str, place: Place | None = None) -> Path:
    """Find where an untrusted relative path leads below `root`; links are followed and must stay inside.

    The answer holds no link. Whoever may change the tree in the meantime can still exchange a folder for a link;
    what must not happen then is left to the caller.

    Args:
        root: existing folder.
        path: POSIX path, relative, such as `.alloy/shelf/formation_brief/ab12.json`; what it names need not exist.
        place: where the path was written, for the error.

    Raises:
        UnsafePath: absolute, empty, too long, with `..`, `~` in front, a drive letter, a backslash or a control
            character, or leading out through a link.
    """
    reason = why_unsafe(path)
    if reason:
        raise UnsafePath(reason, place=place)
    shown = repr(path[:200])
    try:
        top = root.resolve(strict=True)
        found = (top / path).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise UnsafePath(f"cannot be followed: {shown} ({error})", place=place) from error
    if not found.is_relative_to(top):
        raise UnsafePath(f"a link leads out of the workspace: {shown}", place=place)
    return found

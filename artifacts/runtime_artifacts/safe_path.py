"""Paths that come from artifacts cannot leave the workspace (spec 3.1, 5.6)."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from runtime_artifacts.errors import Place, UnsafePath

_ODD = re.compile(r"[\x00-\x1f\x7f\\:]")
MAX_PATH_CHARACTERS = 1024


def resolve_inside(root: Path, path: str, place: Place | None = None) -> Path:
    """Find where an untrusted relative path leads below `root`; links are followed and must stay inside.

    Args:
        root: existing folder.
        path: POSIX path, relative, such as `.alloy/shelf/formation_brief/ab12.json`.
        place: where the path was written, for the error.

    Raises:
        UnsafePath: absolute, empty, too long, with `..`, a backslash, colon or control character, or leading out
            through a link.
    """
    shown = repr(path[:200])
    if not path or len(path) > MAX_PATH_CHARACTERS or _ODD.search(path):
        raise UnsafePath(f"not a plain relative path: {shown}", place=place)
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or path.startswith("~"):
        raise UnsafePath(f"leaves the workspace: {shown}", place=place)
    try:
        top = root.resolve(strict=True)
        found = (top / pure).resolve()
    except (OSError, RuntimeError) as error:
        raise UnsafePath(f"cannot be followed: {shown} ({error})", place=place) from error
    if not found.is_relative_to(top):
        raise UnsafePath(f"a link leads out of the workspace: {shown}", place=place)
    return found

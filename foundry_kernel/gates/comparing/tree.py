"""A tree of files as a comparison sees it: paths and bytes, nothing else."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

MAX_FILE_BYTES = 2 * 1024 * 1024
"""A file of which more than this is there is not judged."""

_MAX_PATHS = 200_000
_PASSED_OVER = {".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".nox", ".mypy_cache"}


class Tree(Protocol):
    """Files of one state of a repository. Paths are relative, with `/`."""

    def read(self, path: str) -> bytes | None:
        """Bytes of a file, None when there is none; of a link, the path that it points to.

        More than `MAX_FILE_BYTES` need not be read; the answer is then longer than that by at least one byte.
        """
        ...

    def paths(self) -> Iterable[str]:
        """Paths of all files that belong to the tree."""
        ...


class FolderTree:
    """The files of a folder, such as a work tree. Links are never followed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str) -> bytes | None:
        """Bytes of a plain file or target of a link; None for all else, and for paths that lead out."""
        if not is_plain_path(path):
            return None
        file = self._root / path
        try:
            if file.parent.resolve() != self._root.resolve() / Path(path).parent:
                return None
            if file.is_symlink():
                return os.fsencode(file.readlink())
            descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, RuntimeError):  # RuntimeError: a loop of links
            return None
        try:
            return _first_bytes(descriptor) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def paths(self) -> Iterable[str]:
        """Paths of all files outside of version control, environments and caches."""
        found: list[str] = []
        for folder, inner, files in os.walk(self._root):
            inner[:] = sorted(name for name in inner if name not in _PASSED_OVER)
            here = Path(folder).relative_to(self._root)
            found.extend((here / name).as_posix() for name in sorted(files))
            if len(found) > _MAX_PATHS:
                break
        return found[:_MAX_PATHS]


class RevisionTree:
    """The files of a committed revision, through whatever reads the repository; each question is asked once."""

    def __init__(
        self, read_at: Callable[[str], bytes | None], list_paths: Callable[[], Iterable[str]]
    ) -> None:
        self._read_at = read_at
        self._list_paths = list_paths
        self._read: dict[str, bytes | None] = {}
        self._paths: dict[str, None] | None = None

    def read(self, path: str) -> bytes | None:
        """Bytes of a file of the revision, None when there is none."""
        if path not in self._read:
            self._read[path] = self._read_at(path) if path in self._listed() else None
        return self._read[path]

    def paths(self) -> Iterable[str]:
        """Paths of all files of the revision."""
        return tuple(self._listed())

    def _listed(self) -> dict[str, None]:
        if self._paths is None:
            self._paths = dict.fromkeys(path for path in self._list_paths() if is_plain_path(path))
        return self._paths


def _first_bytes(descriptor: int) -> bytes:
    """As much of a file as is judged, and one byte more when there is more."""
    pieces = []
    left = MAX_FILE_BYTES + 1
    while left and (piece := os.read(descriptor, left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def is_plain_path(path: str) -> bool:
    """Whether a path is relative, stays inside, and is written in one way only."""
    if not path or path.startswith("/") or "\0" in path or "\\" in path:
        return False
    return all(part not in ("", ".", "..") for part in path.split("/"))


def changed_between(before: Tree, after: Tree) -> tuple[str, ...]:
    """Paths whose bytes differ, sorted. Reads both trees whole: for small trees and where git cannot be asked."""
    paths = {*before.paths(), *after.paths()}
    return tuple(sorted(path for path in paths if before.read(path) != after.read(path)))

"""The port for files: bounded reading below a root, whole writing."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Protocol

from foundry_kernel.errors import CannotDispatch
from runtime_artifacts.safe_path import resolve_inside
from runtime_artifacts.write_once import replace_whole


class FileUnreadable(CannotDispatch):
    """The file is there and cannot be read: not a plain file, too large, or not permitted."""


class Files(Protocol):
    """Reads and writes files."""

    def read(self, root: Path, path: str, max_bytes: int) -> bytes | None:
        """Read a file below `root`, None when there is none.

        Args:
            path: relative, untrusted; links that lead out of `root` are refused.

        Raises:
            UnsafePath: it leads out of `root`.
            FileUnreadable: not a plain file, larger than `max_bytes`, or not permitted.
        """
        ...

    def write(self, file: Path, text: bytes) -> None:
        """Write a whole file, or replace it; a reader never sees a part of it.

        Raises:
            OSError: the disk is full, or the folder may not be written.
        """
        ...


class SystemFiles:
    """The files of this machine."""

    def read(self, root: Path, path: str, max_bytes: int) -> bytes | None:
        """Read a plain file below `root`, None when there is none."""
        return read_plain(resolve_inside(root, path), path, max_bytes)

    def write(self, file: Path, text: bytes) -> None:
        """Write a whole file, or replace it."""
        replace_whole(file, text)


def read_plain(file: Path, shown: str, max_bytes: int) -> bytes | None:
    """Read a plain file, None when there is none. Never waits, whatever stands there.

    Args:
        shown: how errors name it.

    Raises:
        FileUnreadable: a link, not a plain file, larger than `max_bytes`, or not permitted.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileUnreadable(f"{shown}: cannot be read: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileUnreadable(f"{shown}: not a plain file")
        text = b""
        while len(text) <= max_bytes and (piece := os.read(descriptor, max_bytes + 1 - len(text))):
            text += piece
    finally:
        os.close(descriptor)
    if len(text) > max_bytes:
        raise FileUnreadable(f"{shown}: more than {max_bytes} bytes")
    return text

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
        file = resolve_inside(root, path)
        try:
            descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FileUnreadable(f"{path}: {error.strerror}") from error
        with os.fdopen(descriptor, "rb") as reading:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileUnreadable(f"{path}: not a plain file")
            text = reading.read(max_bytes + 1)
        if len(text) > max_bytes:
            raise FileUnreadable(f"{path}: more than {max_bytes} bytes")
        return text

    def write(self, file: Path, text: bytes) -> None:
        """Write a whole file, or replace it."""
        replace_whole(file, text)

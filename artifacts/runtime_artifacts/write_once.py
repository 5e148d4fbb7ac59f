"""Files that appear whole or not at all, and files that are created once (spec 2.1, 3.1)."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


def create_once(file: Path, text: bytes) -> bool:
    """Create a file with its whole text, durably, unless it exists.

    The text is written beside it under another name, then linked: nobody sees a part of it, and of several writers
    exactly one wins.

    Returns:
        True if this call created it, False if it was there.

    Raises:
        OSError: the disk is full, or the folder may not be written; nothing is left behind.
    """
    with _written_beside(file, text) as beside:
        try:
            os.link(beside, file)
        except FileExistsError:
            return False
    _sync_folder(file.parent)
    return True


def replace_whole(file: Path, text: bytes) -> None:
    """Replace a file, or create it, so that a reader sees the old text or the new text, never a mixture.

    Raises:
        OSError: the disk is full, or the folder may not be written; the old file stands, nothing is left behind.
    """
    with _written_beside(file, text) as beside:
        beside.replace(file)
    _sync_folder(file.parent)


@contextlib.contextmanager
def _written_beside(file: Path, text: bytes) -> Iterator[Path]:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name[:100]}.", suffix=".part", dir=file.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(text)
            out.flush()
            os.fchmod(out.fileno(), 0o644)
            os.fsync(out.fileno())
        yield beside
    finally:
        beside.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

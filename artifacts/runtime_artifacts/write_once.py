"""Files that appear whole or not at all, and files that are created once (spec 2.1, 3.1)."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path


def create_once(file: Path, text: bytes) -> bool:
    """Create a file with its whole text, durably, unless something of this name exists, be it a dangling link.

    The text is written beside it under another name, then linked: nobody sees a part of it, and of several writers
    exactly one wins. The umask of the process decides who may read it.

    Returns:
        True if this call created it, False if it was there.

    Raises:
        OSError: the disk is full, or the folder may not be written, or its file system knows no hard links; nothing
            is left behind.
    """
    if os.path.lexists(file):
        return False
    with _written_beside(file, text) as beside:
        try:
            os.link(beside, file)
        except FileExistsError:
            return False
    sync_folder(file.parent)
    return True


def replace_whole(file: Path, text: bytes) -> None:
    """Replace a file, or create it, so that a reader sees the old text or the new text, never a mixture.

    Raises:
        OSError: the disk is full, or the folder may not be written; the old file stands, nothing is left behind.
    """
    with _written_beside(file, text) as beside:
        beside.replace(file)
    sync_folder(file.parent)


def make_folder(folder: Path) -> None:
    """Create a folder with its parents, durably; one that exists is fine.

    Raises:
        OSError: it may not be created, or a file is in the way.
    """
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder would survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def name_beside(file: Path) -> Path:
    """Make a new hidden name in a file's folder, for a file that will be linked or moved to it."""
    return file.with_name(f".{secrets.token_hex(16)}.part")


@contextlib.contextmanager
def _written_beside(file: Path, text: bytes) -> Iterator[Path]:
    make_folder(file.parent)
    beside = name_beside(file)
    # O_EXCL also refuses a link of this name, so nobody can lead the text elsewhere.
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        yield beside
    finally:
        beside.unlink(missing_ok=True)

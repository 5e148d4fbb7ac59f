"""Reading files that somebody else may have put there (spec 3.1)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from runtime_artifacts.canonical import MAX_DOCUMENT_BYTES
from runtime_artifacts.errors import MalformedDocument, Place


def read_untrusted(file: Path, at_most: int = MAX_DOCUMENT_BYTES) -> bytes:
    """Read a regular file of bounded size; a pipe or a device neither blocks nor fills the memory.

    Args:
        at_most: bytes; a larger file is refused before it is read.

    Raises:
        FileNotFoundError: there is no such file.
        MalformedDocument: it is larger, is not a regular file, or cannot be read.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise MalformedDocument("not a regular file", place=Place(file))
            with os.fdopen(descriptor, "rb", closefd=False) as opened:
                text = opened.read(at_most + 1)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a name that no file system can hold
        reason = getattr(error, "strerror", None) or str(error)
        raise MalformedDocument(f"cannot be read: {reason}", place=Place(file)) from error
    if len(text) > at_most:
        raise MalformedDocument(f"more than {at_most} bytes", place=Place(file))
    return text

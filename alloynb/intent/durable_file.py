"""Files that are whole or not there: temporary file, fsync, rename, fsync of the folder; locks between writers."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from alloynb.intent.errors import CannotRead, CannotSave, UnsafeIntentPath


class Disk(Protocol):
    """The two calls through which bytes reach the disk; a test can let them fail."""

    def write(self, descriptor: int, content: bytes) -> int:
        """Write some bytes and say how many."""
        ...

    def fsync(self, descriptor: int) -> None:
        """Wait until what was written survives a power loss."""
        ...


class RealDisk:
    """The operating system's calls."""

    def write(self, descriptor: int, content: bytes) -> int:
        """Write some bytes and say how many."""
        return os.write(descriptor, content)

    def fsync(self, descriptor: int) -> None:
        """Wait until what was written survives a power loss."""
        os.fsync(descriptor)


def read_plain_file(file: Path, limit_bytes: int) -> tuple[bytes, os.stat_result]:
    """Read a regular file, following no link and waiting for no pipe.

    Args:
        limit_bytes: at most one byte more than this is read, so that the caller can see that it is too long.

    Raises:
        UnsafeIntentPath: a link, folder, pipe or device.
        FileNotFoundError: nothing is there.
        CannotRead: it cannot be read.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENXIO):
            raise UnsafeIntentPath("a link or a pipe; intent lives in plain files", file=file) from error
        raise CannotRead(f"cannot be read: {error.strerror}", file=file) from error
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise UnsafeIntentPath("not a plain file", file=file)
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            return opened.read(limit_bytes + 1), facts
    except OSError as error:
        raise CannotRead(f"cannot be read: {error.strerror}", file=file) from error
    finally:
        os.close(descriptor)


def write_whole_file(file: Path, content: bytes, disk: Disk) -> None:
    """Replace `file` by `content`: readers see the old bytes or the new ones, never a part.

    Raises:
        CannotSave: a full disk, a read-only folder; the old file is unharmed and nothing is left behind.
    """
    temporary = file.with_name(f".{file.name}.{os.getpid()}.{os.urandom(4).hex()}.part")
    try:
        mode = stat.S_IMODE(file.lstat().st_mode) if file.exists() else 0o644
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode
        )
        try:
            write_all(descriptor, content, disk)
            disk.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(file)
        sync_folder(file.parent, disk)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise CannotSave(f"cannot be written: {error.strerror or error}", file=file) from error


def write_all(descriptor: int, content: bytes, disk: Disk) -> None:
    """Write every byte, however many calls it takes."""
    written = 0
    while written < len(content):
        written += disk.write(descriptor, content[written:])


def sync_folder(folder: Path, disk: Disk) -> None:
    """Make a rename or a new name in `folder` survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        disk.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Hold the writers' lock of a folder: on the folder itself, so that no lock file is ever left behind."""
    import fcntl

    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise CannotSave(f"cannot be opened: {error.strerror}", file=folder) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)

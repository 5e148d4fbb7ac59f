"""Disks that fail."""

from __future__ import annotations

import errno
import os


class FullDisk:
    """Takes `room` bytes, then no more; with `room` None it takes all, but cannot make them last."""

    def __init__(self, room: int | None) -> None:
        self._room = room

    def write(self, descriptor: int, content: bytes) -> int:
        if self._room is None:
            return os.write(descriptor, content)
        if self._room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = os.write(descriptor, content[: self._room])
        self._room -= taken
        return taken

    def fsync(self, descriptor: int) -> None:
        if self._room is None:
            raise OSError(errno.EIO, "Input/output error")
        os.fsync(descriptor)

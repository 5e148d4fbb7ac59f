"""One at a time, across processes: a lock that ends with the process that holds it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from alloynb.evidence.errors import StoreBusy

_POLL_EVERY_S = 0.02


@contextlib.contextmanager
def held(file: Path, *, wait_s: float) -> Iterator[None]:
    """Hold the lock of a file while the context lasts.

    Args:
        wait_s: seconds to wait for another holder, 0 to not wait at all.

    Raises:
        StoreBusy: another process held it all that time.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise StoreBusy(
                        f"another process holds {file.name} for more than {wait_s:g} s", next_step="try again"
                    ) from error
                time.sleep(_POLL_EVERY_S)
        yield
    finally:
        os.close(descriptor)

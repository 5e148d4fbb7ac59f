"""A kernel that a runner started ends with it at once, and not only when it notices (spec 4.10, 5.4)."""

from __future__ import annotations

import os
import signal
import sys

FOLLOW_PARENT = "FOUNDRY_FOLLOW_PARENT"
_PR_SET_PDEATHSIG = 1


def follow_parent() -> None:
    """Ask the system to end this process when its parent dies, if whoever started it wants that (Linux)."""
    if os.environ.pop(FOLLOW_PARENT, "") != "1" or sys.platform != "linux":
        return
    import ctypes

    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died just before
        os.kill(os.getpid(), signal.SIGKILL)

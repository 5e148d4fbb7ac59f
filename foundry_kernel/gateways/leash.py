"""Runs one command on a leash; started as a script, with nothing but the standard library.

    python -I -S leash.py LEASH_FD STATUS_FD GRACE_S PROGRAM ARGUMENT…

The command becomes a child in this process's group. Whatever happens, nothing of it outlives this process:

* The other end of the leash is closed (the caller wants it to end, or is dead): the group gets SIGTERM, after
  `GRACE_S` seconds SIGKILL.
* The command ends and leaves others behind: they get SIGTERM, after a short grace SIGKILL. On Linux this process
  adopts orphans, so a daemon that made its own session is found as well.

One line of JSON goes to the status pipe: `{"exit": code}`, a negative code for a signal, or `{"failed": reason}` when
the command could not be started.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import time
from pathlib import Path
from types import FrameType

_ON_LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LEFT_BEHIND_GRACE_S = 0.5
_POLL_S = 0.02


def main(arguments: list[str]) -> int:
    """Run the command to its end, or end it."""
    leash, status, grace_s = int(arguments[0]), int(arguments[1]), float(arguments[2])
    command = arguments[3:]
    for descriptor in (leash, status):
        os.set_inheritable(descriptor, False)
    if _ON_LINUX:
        _adopt_orphans_and_follow_parent()
    wake_reader, wake_writer = os.pipe()
    os.set_blocking(wake_writer, False)
    signal.set_wakeup_fd(wake_writer)
    signal.signal(signal.SIGCHLD, _nothing)
    signal.signal(signal.SIGTERM, _nothing)
    child = _start(command, status, keep_locale="LC_CTYPE" in _environment_given())
    if child is None:
        return 127
    code = _wait(child, leash, wake_reader, grace_s)
    if _ON_LINUX:
        _end_others(_LEFT_BEHIND_GRACE_S)
    _say(status, {"exit": code})
    if not _ON_LINUX:
        os.killpg(0, signal.SIGKILL)
    return 0


def _start(command: list[str], status: int, *, keep_locale: bool) -> int | None:
    failure_reader, failure_writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(ignored, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            if not keep_locale:  # Python may have added it for itself
                os.environ.pop("LC_CTYPE", None)
            os.execvp(command[0], command)
        except OSError as error:
            os.write(failure_writer, (error.strerror or str(error)).encode())
        finally:
            os._exit(127)
    os.close(failure_writer)
    reason = os.read(failure_reader, 4096).decode(errors="replace")
    os.close(failure_reader)
    if reason:
        os.waitpid(child, 0)
        _say(status, {"failed": f"{command[0]}: {reason}"})
        return None
    return child


def _wait(child: int, leash: int, wake_reader: int, grace_s: float) -> int:
    """Wait for the command's own end; end it when the leash is dropped."""
    watched = [leash, wake_reader]
    kill_at: float | None = None
    while True:
        timeout = None if kill_at is None else max(0.0, kill_at - time.monotonic())
        ready, _, _ = select.select(watched, [], [], timeout)
        asked_to_end = False
        if leash in ready:
            watched.remove(leash)
            asked_to_end = True
        if wake_reader in ready and signal.SIGTERM in os.read(wake_reader, 4096):
            asked_to_end = True
        if asked_to_end and kill_at is None:
            _signal(child, signal.SIGTERM)
            kill_at = time.monotonic() + grace_s
        code = _reap(child)
        if code is not None:
            return code
        if kill_at is not None and time.monotonic() >= kill_at:
            _signal(child, signal.SIGKILL)
            kill_at = time.monotonic() + _POLL_S


def _reap(child: int) -> int | None:
    """Collect everyone who ended; answer with the exit code of `child` if it was among them."""
    code: int | None = None
    with contextlib.suppress(ChildProcessError):
        while True:
            ended, state = os.waitpid(-1, os.WNOHANG)
            if ended == 0:
                break
            if ended == child:
                code = os.waitstatus_to_exitcode(state)
    return code


def _end_others(grace_s: float) -> None:
    """End whoever the command left behind."""
    if not _others():
        return
    _signal_others(signal.SIGTERM)
    kill_at = time.monotonic() + grace_s
    while _others():
        if time.monotonic() >= kill_at:
            _signal_others(signal.SIGKILL)
        time.sleep(_POLL_S)
        _reap(-1)


def _signal(child: int, number: signal.Signals) -> None:
    """Signal the command and all that belongs to it."""
    if _ON_LINUX:
        _signal_others(number)
    elif number == signal.SIGTERM:
        os.killpg(0, number)  # this process only takes note of it
    else:
        os.kill(child, number)  # the group follows at the very end


def _signal_others(number: signal.Signals) -> None:
    """Signal every descendant, each by itself: this process stays to see them end."""
    for each in _others():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(each, number)


def _others() -> set[int]:
    """All live descendants of this process."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208 - a script that starts quickly
        if entry.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                fields = Path(f"/proc/{entry}/stat").read_text(errors="replace").rpartition(")")[2].split()
                if fields[0] not in "ZX":
                    children.setdefault(int(fields[1]), []).append(int(entry))
    found: set[int] = set()
    waiting = [os.getpid()]
    while waiting:
        for each in children.get(waiting.pop(), ()):
            if each not in found:
                found.add(each)
                waiting.append(each)
    return found


def _adopt_orphans_and_follow_parent() -> None:
    import ctypes

    parent = os.getppid()
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died just before
        os.kill(os.getpid(), signal.SIGTERM)


def _environment_given() -> frozenset[str]:
    """Names of the variables that this process was started with, before Python touched them."""
    with contextlib.suppress(OSError):
        given = Path("/proc/self/environ").read_bytes()
        return frozenset(each.partition(b"=")[0].decode(errors="replace") for each in given.split(b"\0"))
    return frozenset(os.environ)


def _say(status: int, said: dict[str, object]) -> None:
    with contextlib.suppress(OSError):
        os.write(status, json.dumps(said).encode() + b"\n")


def _nothing(number: int, frame: FrameType | None) -> None:
    """Let the wake-up pipe tell of the signal."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Asking git for long lists, record by record, with nothing of the repository run and a limit on time (spec 2.5)."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from alloynb.errors import CannotRun

_SETTINGS = (
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never"),
    *("-c", "core.quotePath=false", "-c", "submodule.recurse=false", "-c", "log.showSignature=false"),
    *("-c", "diff.external=", "-c", "core.pager=cat", "-c", "log.mailmap=false"),
)
_KEPT_VARIABLES = ("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR")
_CHUNK_BYTES = 1 << 16
_LONGEST_RECORD = 1 << 20


class GitStreamFailed(CannotRun):
    """A git command did not start, ended with an error, or was ended at its time limit."""


def git_records(
    folder: Path,
    *arguments: str,
    separator: bytes,
    time_limit_s: float,
    longest_record: int = _LONGEST_RECORD,
    must_succeed: bool = False,
) -> Iterator[bytes]:
    """Run a reading git command in `folder` and yield its output cut at `separator`; nothing when it fails.

    The output is never held whole; a record longer than `longest_record` bytes is cut. At the time limit git is ended
    and the stream stops. A folder without repository, or a machine without git, gives an empty stream.

    Args:
        must_succeed: for whoever needs to know that the stream is whole.

    Raises:
        GitStreamFailed: only when it `must_succeed`, at the end of what could be read.
    """
    environment = {name: value for name, value in os.environ.items() if name in _KEPT_VARIABLES}
    environment |= {name: value for name, value in os.environ.items() if name.startswith("GIT_CONFIG_")}
    environment |= {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
    }
    try:
        process = subprocess.Popen(
            ["git", "--no-pager", *_SETTINGS, "-C", str(folder), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
    except OSError as error:
        if must_succeed:
            raise GitStreamFailed(f"git did not start: {error}") from error
        return
    timer = threading.Timer(time_limit_s, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield from _cut(process, separator, longest_record)
        if must_succeed and (code := process.wait()) != 0:
            told = f"did not end within {time_limit_s:g} s" if code < 0 else f"ended with {code}"
            raise GitStreamFailed(f"git {arguments[0]} {told}", file=folder)
    finally:
        timer.cancel()
        process.kill()
        if process.stdout is not None:
            process.stdout.close()
        process.wait()


def _cut(process: subprocess.Popen[bytes], separator: bytes, longest: int) -> Iterator[bytes]:
    assert process.stdout is not None  # asked for above
    rest = b""
    while chunk := process.stdout.read1(_CHUNK_BYTES):  # type: ignore[attr-defined]
        *whole, rest = (rest + chunk).split(separator)
        for record in whole:
            yield record[:longest]
        rest = rest[:longest]
    if rest:
        yield rest

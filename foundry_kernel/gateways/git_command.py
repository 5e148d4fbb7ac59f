"""Running one git command: quiet, without hooks, prompts or a foreign repository in its environment (spec 4.8)."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from pathlib import Path

from foundry_kernel.errors import CannotDispatch

_QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
_TIME_LIMIT_S = 120.0
_OF_ANOTHER_REPOSITORY = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_WORK_TREE",
    }
)
"""Set inside a git hook, for example; they would lead every command to the wrong place."""

LOOK_AWAY = ":(exclude,glob)**/__pycache__/**"
"""Compiled bytecode appears whenever Python reads a tree; it is not a change of it."""
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


class GitFailed(CannotDispatch):
    """A git command failed, is not installed, or did not end.

    Attributes:
        said: everything that git said of it; may hold an address with credentials, so it is not for showing.
    """

    said: str = ""


async def git(
    tree: Path, *arguments: str, stdin: bytes | None = None, environment: Mapping[str, str] | None = None
) -> bytes:
    """Run git in a tree and return what it printed.

    Raises:
        GitFailed: with its last words, without credentials.
    """
    code, out, errors = await run_git(tree, *arguments, stdin=stdin, environment=environment)
    if code != 0:
        failed = GitFailed(f"git {_verb(arguments)} in {tree}: {last_words(errors) or f'exit code {code}'}")
        failed.said = errors.decode(errors="replace")
        raise failed
    return out


async def run_git(
    tree: Path, *arguments: str, stdin: bytes | None = None, environment: Mapping[str, str] | None = None
) -> tuple[int, bytes, bytes]:
    """Run git in a tree; its exit code, output and errors.

    Args:
        environment: variables beside those of this process.

    Raises:
        GitFailed: it cannot be started, or did not end.
    """
    given = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_REPOSITORY}
    given |= {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C.UTF-8",
        **(environment or {}),
    }
    try:
        process = await asyncio.create_subprocess_exec(
            *("git", *_QUIET, *arguments),
            cwd=tree,
            env=given,
            stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise GitFailed(
            f"git in {tree}: {error.strerror}", next_step="install git, check the path"
        ) from error
    try:
        async with asyncio.timeout(_TIME_LIMIT_S):
            out, errors = await process.communicate(stdin)
    except BaseException as error:
        if process.returncode is None:
            process.kill()
            await process.wait()
        if isinstance(error, TimeoutError):
            raise GitFailed(f"git {_verb(arguments)} in {tree}: no end after {_TIME_LIMIT_S:g} s") from error
        raise
    assert process.returncode is not None
    return process.returncode, out, errors


def last_words(errors: bytes) -> str:
    """The last line that git said, without the credentials of an address."""
    said = errors.decode(errors="replace").strip().splitlines()
    return _CREDENTIALS.sub("", said[-1]) if said else ""


def _verb(arguments: tuple[str, ...]) -> str:
    """The command's name, behind settings such as `-c name=value`."""
    words = list(arguments)
    while len(words) > 2 and words[0] == "-c":
        words = words[2:]
    return words[0]

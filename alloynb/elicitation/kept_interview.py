"""Interviews that are not finished: `.alloy/drafts/<name>.json`, local to one checkout (spec 2.4).

Not committed: half-said thoughts belong to the person who is thinking. What is shared is the record that they save.
Not in the cache either: a cache may be thrown away, and nobody wants to be asked twice.
"""

from __future__ import annotations

import re
from pathlib import Path

from alloynb.elicitation.interview import State, state_of
from alloynb.errors import AlloyError
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.write_once import create_once, replace_whole

FOLDER = "drafts"
LARGEST_BYTES = 4 << 20
_IGNORE = b"# Interviews that are not finished; they belong to one person.\n*\n"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,120}")


class UnreadableInterview(AlloyError):
    """The file of an unfinished interview holds something else."""


def name_of(mode: str, about: str) -> str:
    """The name under which an interview is kept: one for each mode and thing that it is about."""
    if not about:
        return mode
    words = re.sub(r"[^a-z0-9]+", "-", about.lower()).strip("-")[:40].strip("-")
    return f"{mode}-{words}-{digest_of([mode, about]).removeprefix('sha256:')[:6]}"


class KeptInterviews:
    """The unfinished interviews of a repository."""

    def __init__(self, alloy_dir: Path) -> None:
        self._folder = alloy_dir / FOLDER

    def file_of(self, name: str) -> Path:
        """The file of a name.

        Raises:
            UnreadableInterview: the name cannot be that of an interview.
        """
        if not _NAME.fullmatch(name):
            raise UnreadableInterview(f"{name!r} cannot name an interview")
        return self._folder / f"{name}.json"

    def keep(self, name: str, state: State) -> Path:
        """Write a state down; the next `load` gives it back.

        Raises:
            OSError: it cannot be written; what was kept before stands.
        """
        file = self.file_of(name)
        create_once(self._folder / ".gitignore", _IGNORE)
        replace_whole(file, state.to_json().encode())
        return file

    def load(self, name: str) -> State | None:
        """Read a state; None when nothing is kept under this name.

        Raises:
            UnreadableInterview: the file is damaged, with what to do.
        """
        from alloynb.intent.durable_file import read_plain_file

        file = self.file_of(name)
        if not file.exists():
            return None
        content, _ = read_plain_file(file, LARGEST_BYTES)
        try:
            return state_of(content.decode())
        except (ValueError, RecursionError) as error:
            raise UnreadableInterview(
                "this is no unfinished interview", file=file, next_step="delete it to begin anew"
            ) from error

    def names(self) -> tuple[str, ...]:
        """Everything that is kept, sorted."""
        return (
            tuple(sorted(file.stem for file in self._folder.glob("*.json"))) if self._folder.is_dir() else ()
        )

    def forget(self, name: str) -> None:
        """Let an interview go; one that is not there is fine."""
        self.file_of(name).unlink(missing_ok=True)

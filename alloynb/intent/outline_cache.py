"""Outlines of all records of a folder, so that those out of scope need not be built to be left out (spec 2.1).

An outline is believed only of a file that has not changed since, beside the very parse cache that it was written with,
and under the very rules: it stands for a record that was valid, and another program may judge otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from alloynb import __version__
from alloynb.intent.durable_file import Disk, write_whole_file
from alloynb.intent.errors import CannotSave
from alloynb.intent.outline import Outline, outline_of
from alloynb.intent.parse_cache import Entry, Place, stamp_of
from alloynb.intent.record import IntentRecord, Status
from alloynb.intent.relationship import RelationshipType

_FORMAT = 1


class Row(NamedTuple):
    """One file: what the file system said of it, the digest of its bytes, where its body is kept, and its outline."""

    stamp: tuple[int, int, int, int]
    digest: str
    place: Place
    outline: Outline


class OutlineCache:
    """The cache file of outlines: a line that says what it stands for, and one of JSON.

    Args:
        file: where it lies.
        bodies: the parse cache whose entries its rows point into.
        folder: whose files it is about.
        rules: names what judged the records; by default this very program.
    """

    def __init__(
        self, file: Path, bodies: Path, folder: Path, disk: Disk, *, rules: str | None = None
    ) -> None:
        self._file = file
        self._bodies = bodies
        self._folder = folder
        self._disk = disk
        self._rules = rules

    def load(self) -> dict[str, Row]:
        """Read all rows by file name; empty when there are none, or when they are damaged, outdated or not ours."""
        try:
            seal, _, content = self._file.read_bytes().partition(b"\n")
            if seal != self.seal(content):
                return {}
            found = _shape().validate_json(content)
        except (OSError, ValueError):
            return {}
        return {
            name: Row(stamp, digest, place, Outline(*outline))
            for name, (stamp, digest, place, outline) in found.items()
        }

    def store(self, entries: Mapping[str, Entry[IntentRecord]], places: Mapping[str, Place]) -> None:
        """Replace the rows; that they cannot be written is no fault of the reader."""
        rows = {
            name: (each.stamp, each.digest, places[name], tuple(outline_of(each.model)))
            for name, each in entries.items()
        }
        try:
            content = _shape().dump_json(rows)
            write_whole_file(self._file, self.seal(content) + b"\n" + content, self._disk)
        except (OSError, CannotSave):
            return

    def seal(self, content: bytes) -> bytes:
        """Name rows together with everything that they depend on beside the files themselves."""
        bound = (
            _FORMAT,
            self._folder.stat().st_ino,
            stamp_of(self._bodies.stat()),
            self._rules or _program(),
        )
        return hashlib.sha256(repr(bound).encode() + content).hexdigest().encode()


@cache
def _program() -> str:
    """Name the program that judged the records: its version, and the state of the modules that hold the rules."""
    from pydantic import VERSION

    modules = sorted(Path(__file__).parent.glob("*.py"))
    facts = [(module.name, *stamp_of(module.stat())[:2]) for module in modules]
    return repr((__version__, VERSION, facts))


@cache
def _shape() -> Any:
    from pydantic import TypeAdapter

    texts = tuple[str, ...]
    links = tuple[tuple[RelationshipType, str], ...]
    outline = tuple[str, Status, texts, texts, str | None, links, str | None, str | None]
    return TypeAdapter(dict[str, tuple[tuple[int, int, int, int], str, tuple[int, int], outline]])

"""What the files of a folder meant when they were last read, so that unchanged ones need not be parsed again.

The cache holds parsed JSON, never judgements: every entry is validated by the model again when it is read. It is
disposable, and it is bound to the very folder it was made for (by inode), so a cache that came with a checkout from
somewhere else cannot speak for the files.

Spec: 2.1.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from alloynb.intent.durable_file import Disk, write_whole_file
from alloynb.intent.errors import CannotSave

ModelT = TypeVar("ModelT", bound=BaseModel)

Place = tuple[int, int]
"""Where an entry stands in the cache file: its first byte, and how many there are."""

_FORMAT = 1
_SETTLED_AFTER_NS = 2_000_000_000
"""A file younger than this, seen from when it was read, may still change without a new modification time."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[ModelT]):
    """One file as it was read: what the file system said of it, the digest of its bytes, and what it means."""

    stamp: tuple[int, int, int, int]
    digest: str
    model: ModelT


@dataclass(frozen=True, slots=True)
class _Cache(Generic[ModelT]):
    format: int
    folder_inode: int
    entries: dict[str, Entry[ModelT]]


@dataclass(frozen=True, slots=True)
class _Shapes:
    """How a whole cache, and a single entry of it, are read and written."""

    cache: TypeAdapter[Any]
    entry: TypeAdapter[Any]


def stamp_of(facts: os.stat_result, read_at_ns: int | None = None) -> tuple[int, int, int, int]:
    """Take what shows that a file did not change: size, modification and change time, inode.

    Args:
        read_at_ns: when the file was read; a file changed within two seconds before gets a stamp that matches nothing.
    """
    if read_at_ns is not None and read_at_ns - max(facts.st_mtime_ns, facts.st_ctime_ns) < _SETTLED_AFTER_NS:
        return (0, 0, 0, 0)
    return (facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino)


def digest_of_bytes(content: bytes) -> str:
    """Name the bytes of a file: `sha256:` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


class ParseCache(Generic[ModelT]):
    """The cache file of one folder of models.

    Args:
        file: where it lies.
        folder: whose files it is about.
        model: what each file holds.
    """

    def __init__(self, file: Path, folder: Path, model: type[ModelT], disk: Disk) -> None:
        self._file = file
        self._folder = folder
        self._disk = disk
        self._shape: _Shapes | None = None
        self._model = model

    def load(self) -> dict[str, Entry[ModelT]]:
        """Read all entries by file name; empty when there is no cache, or when it is damaged or not ours."""
        try:
            cache = self._adapter().cache.validate_json(self._file.read_bytes())
            inode = self._folder.stat().st_ino
        except (OSError, ValidationError):
            return {}
        if cache.format != _FORMAT or cache.folder_inode != inode:
            return {}
        entries: dict[str, Entry[ModelT]] = cache.entries
        return entries

    def read(self, places: Mapping[str, Place]) -> dict[str, Entry[ModelT]]:
        """Read single entries; left out is what does not stand where it should, or breaks a rule of the model."""
        found: dict[str, Entry[ModelT]] = {}
        try:
            with self._file.open("rb") as opened:
                for name, (begin, length) in places.items():
                    opened.seek(begin)
                    with suppress(ValidationError):
                        found[name] = self._adapter().entry.validate_json(opened.read(length))
        except OSError:
            return {}
        return found

    def store(self, entries: Mapping[str, Entry[ModelT]]) -> dict[str, Place] | None:
        """Replace the cache; a cache that cannot be written is no fault of the reader.

        Returns:
            where each entry stands now, or None when nothing was written.
        """
        try:
            content, places = self._written(entries)
            if not self._file.parent.exists():
                self._file.parent.mkdir(parents=True)
                (self._file.parent / ".gitignore").write_text(
                    "*\n", "utf-8"
                )  # reading leaves no trace in git
            write_whole_file(self._file, content, self._disk)
        except (OSError, CannotSave):
            return None
        return places

    def _written(self, entries: Mapping[str, Entry[ModelT]]) -> tuple[bytes, dict[str, Place]]:
        dump = self._adapter().entry.dump_json
        inode = self._folder.stat().st_ino
        content = bytearray(b'{"format":%d,"folder_inode":%d,"entries":{' % (_FORMAT, inode))
        places: dict[str, Place] = {}
        for name, entry in entries.items():
            content += (b"," if places else b"") + json.dumps(name).encode() + b":"
            body = dump(entry)
            places[name] = (len(content), len(body))
            content += body
        return bytes(content + b"}}"), places

    def _adapter(self) -> _Shapes:
        if self._shape is None:
            self._shape = _Shapes(
                TypeAdapter(_Cache[self._model]),  # type: ignore[name-defined]
                TypeAdapter(Entry[self._model]),  # type: ignore[name-defined]
            )
        return self._shape


def now_ns() -> int:
    """Say the time of the file system's clock, in nanoseconds."""
    return time.time_ns()

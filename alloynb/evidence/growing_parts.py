"""What is kept of a journal that is still growing: Parquet of its beginning, and how to know that it is still that.

All of it is a cache, below `evidence/growing/`: whoever deletes it loses time alone. One folder for each journal holds
the parts, each with the rows of some bytes, and a memo that lists them, from the first byte on without a gap.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Self

from runtime_artifacts.write_once import replace_whole

_FORMAT = 1
MEMO = "memo.json"
REWRITTEN = "was rewritten, where a journal only grows"
_BLOCK_BYTES = 4096
_BLOCKS = 16
_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Part:
    """Rows of some whole lines of a journal.

    Attributes:
        name: of the Parquet file.
        size: of the Parquet file, in bytes.
        begin, end: the bytes of the journal that it holds the rows of.
        sample: digest of blocks that lie evenly over those bytes; looked at by every query.
        digest: of all of them; looked at when parts are joined, and by `verify`.
    """

    name: str
    size: int
    begin: int
    end: int
    sample: str
    digest: str

    @property
    def bytes(self) -> int:
        """How much of the journal it holds."""
        return self.end - self.begin


@dataclass(frozen=True)
class Memo:
    """What is known of the beginning of one journal.

    Attributes:
        inode: of the file that it was taken from.
        parts: in the order of the journal, without a gap.
    """

    inode: int
    parts: tuple[Part, ...] = ()

    @property
    def end(self) -> int:
        """Bytes that need not be read again."""
        return self.parts[-1].end if self.parts else 0

    @classmethod
    def load(cls, folder: Path) -> Self | None:
        """Read the memo of a journal's folder; None when there is none, or none that can be used."""
        try:
            kept = json.loads((folder / MEMO).read_bytes())
            if kept["format"] != _FORMAT:
                return None
            memo = cls(int(kept["inode"]), tuple(Part(**part) for part in kept["parts"]))
            whole = all((folder / part.name).stat().st_size == part.size for part in memo.parts)
        except (OSError, ValueError, TypeError, KeyError):
            return None
        begins = [0, *(part.end for part in memo.parts)]
        return memo if whole and begins[:-1] == [part.begin for part in memo.parts] else None

    def store(self, folder: Path) -> None:
        """Replace the memo.

        Raises:
            OSError: it cannot be written; the old one stands.
        """
        kept = {"format": _FORMAT, "inode": self.inode, "parts": [asdict(part) for part in self.parts]}
        replace_whole(folder / MEMO, json.dumps(kept).encode())

    def change_of(self, journal: BinaryIO) -> str:
        """Say how the journal is no longer what was taken in, as far as samples show; empty when it only grew."""
        facts = os.fstat(journal.fileno())
        if facts.st_ino != self.inode:
            return "was replaced by another file"
        if facts.st_size < self.end:
            return f"was cut to {facts.st_size} of {self.end} bytes"
        if any(sample_of(journal, part.begin, part.end) != part.sample for part in self.parts):
            return REWRITTEN
        return ""

    def hidden_change_of(self, journal: BinaryIO) -> str:
        """Say the same after reading every byte."""
        change = self.change_of(journal)
        if change or all(digest_of(journal, part.begin, part.end) == part.digest for part in self.parts):
            return change
        return REWRITTEN


def sample_of(journal: BinaryIO, begin: int, end: int) -> str:
    """Digest of some blocks that lie evenly from `begin` to `end`, the first and the last bytes among them."""
    length = end - begin
    if length <= _BLOCKS * _BLOCK_BYTES:
        return digest_of(journal, begin, end)
    found = hashlib.sha256()
    for number in range(_BLOCKS):
        journal.seek(begin + number * (length - _BLOCK_BYTES) // (_BLOCKS - 1))
        found.update(journal.read(_BLOCK_BYTES))
    return found.hexdigest()


def digest_of(journal: BinaryIO, begin: int, end: int) -> str:
    """Digest of all bytes from `begin` to `end`."""
    found = hashlib.sha256()
    journal.seek(begin)
    left = end - begin
    while left and (piece := journal.read(min(left, _PIECE_BYTES))):
        found.update(piece)
        left -= len(piece)
    return found.hexdigest()


def copy_bytes(journal: BinaryIO, begin: int, end: int, file: Path) -> None:
    """Write the bytes from `begin` to `end` to a new file.

    Raises:
        OSError: they cannot be read, are not there, or cannot be written.
    """
    journal.seek(begin)
    left = end - begin
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("xb") as out:
        while left:
            piece = journal.read(min(left, _PIECE_BYTES))
            if not piece:
                raise OSError(f"cut while it was read: {left} bytes are gone")
            out.write(piece)
            left -= len(piece)


def end_of_last_line(journal: BinaryIO, begin: int, end: int) -> int:
    """Position after the last whole line between `begin` and `end`; `begin` when there is none."""
    here = end
    while here > begin:
        before = max(begin, here - _PIECE_BYTES)
        journal.seek(before)
        found = journal.read(here - before).rfind(b"\n")
        if found >= 0:
            return before + found + 1
        here = before
    return begin

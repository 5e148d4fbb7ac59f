"""The mark around a projection: what is ours in a file, whether a hand was in it, and what stands around it (spec 2.8).

Works on bytes: what is not ours is never decoded, and never changed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from alloynb.compiler.projection import Projection
from alloynb.errors import AlloyError

State = Literal["absent", "current", "stale", "edited", "foreign"]

_BEGIN = re.compile(
    rb"^[ \t]*(?:<!--|\#) alloynb export (?P<name>[a-z0-9-]+): begin; sha256:(?P<digest>[0-9a-f]{64});[^\n]*(?:\n|\Z)",
    re.MULTILINE,
)
_END = re.compile(
    rb"^[ \t]*(?:<!--|\#) alloynb export (?P<name>[a-z0-9-]+): end\b[^\n]*(?:\n|\Z)", re.MULTILINE
)


class DamagedMark(AlloyError):
    """The marks of a projection do not fit together: one is missing, or there are several."""


@dataclass(frozen=True)
class FoundRegion:
    """A projection within a file.

    Attributes:
        begin, end: bounds of the region with its marks, in bytes.
        body: what stands between the marks.
        marked_digest: digest that the mark tells.
    """

    begin: int
    end: int
    body: bytes
    marked_digest: str

    @property
    def is_edited(self) -> bool:
        """Whether somebody changed what stands between the marks."""
        return digest_of_body(self.body) != self.marked_digest


def digest_of_body(body: bytes) -> str:
    """Name a body; how a checkout ends its lines does not count."""
    return hashlib.sha256(body.replace(b"\r\n", b"\n")).hexdigest()


def framed(projection: Projection, body: str) -> bytes:
    """Put the marks around a body."""
    content = body.encode()
    begin = f"alloynb export {projection.name}: begin; sha256:{digest_of_body(content)}; generated from"
    begin = f"{begin} .alloy/intent: edit the records, then export again"
    end = f"alloynb export {projection.name}: end"
    closing = " -->" if projection.comment == "<!--" else ""
    opening = projection.comment
    return f"{opening} {begin}{closing}\n".encode() + content + f"{opening} {end}{closing}\n".encode()


def find_region(projection: Projection, content: bytes) -> FoundRegion | None:
    """Find the projection in a file; None when the file has no mark of it.

    Raises:
        DamagedMark: a mark is missing or there are several, so that nobody can tell what is ours.
    """
    name = projection.name.encode()
    begins = [each for each in _BEGIN.finditer(content) if each["name"] == name]
    ends = [each for each in _END.finditer(content) if each["name"] == name]
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or ends[0].start() < begins[0].end():
        raise DamagedMark(
            f"the marks of `alloynb export {projection.name}` do not fit together: "
            f"{len(begins)} begin, {len(ends)} end",
            next_step="restore both marks, or remove them and export again",
        )
    begin, end = begins[0], ends[0]
    return FoundRegion(begin.start(), end.end(), content[begin.end() : end.start()], begin["digest"].decode())


def state_of(projection: Projection, content: bytes | None, wanted: bytes) -> State:
    """Say how a file stands to what would be written now (`wanted`, with its marks).

    Raises:
        DamagedMark: nobody can tell what is ours.
    """
    if content is None:
        return "absent"
    region = find_region(projection, content)
    if region is None:
        return "foreign" if content.strip() else "absent"
    if region.is_edited:
        return "edited"
    standing = content[region.begin : region.end].replace(b"\r\n", b"\n")
    return "current" if standing.rstrip(b"\n") == wanted.rstrip(b"\n") else "stale"


def put_into(projection: Projection, content: bytes | None, wanted: bytes) -> bytes:
    """Put a projection into a file: in the place of its region, else at the end; all else stays, byte for byte.

    Raises:
        DamagedMark: nobody can tell what is ours.
    """
    if content is None or not content.strip():
        return wanted
    region = find_region(projection, content)
    like = content[region.begin : region.end] if region is not None else content
    written = wanted.replace(b"\n", b"\r\n") if b"\r\n" in like else wanted
    if region is not None:
        return content[: region.begin] + written + content[region.end :]
    ending = b"\r\n" if b"\r\n" in content else b"\n"
    gap = b"" if content.endswith(b"\n") else ending
    return content + gap + ending + written

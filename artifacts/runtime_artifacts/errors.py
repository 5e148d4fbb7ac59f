"""What can be wrong with an artifact, each with its place, its facts and the next step (spec 3.1, 5.5)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

FailureClass: TypeAlias = Literal["validation", "dispatch", "execution", "safety", "semantic"]

_MAX_POINTER_CHARACTERS = 200


@dataclass(frozen=True)
class Place:
    """Where in a document something was found.

    Attributes:
        file: path of the document, or None for text in memory.
        pointer: JSON pointer such as `/content/repo/revision`, or empty for the whole document.
        line: 1-based line, or None when it is not known.
        column: 1-based column, or None when it is not known.
    """

    file: Path | None = None
    pointer: str = ""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        where = str(self.file) if self.file is not None else "document"
        if self.line is not None:
            where += f":{self.line}"
            if self.column is not None:
                where += f":{self.column}"
        if self.pointer:
            long = len(self.pointer) > _MAX_POINTER_CHARACTERS
            where += f" at {self.pointer[:_MAX_POINTER_CHARACTERS]}{'…' if long else ''}"
        return where


class ArtifactError(Exception):
    """Root of all errors of the seam.

    Attributes:
        exit_code: what a command line ends with (2 bad input, 3 refused for safety, 4 environment).
        failure_class: how a run that stops for it is classified, the same on both sides (spec 5.5).
        place: where it was found.
        next_step: what the reader can do about it; empty when the message already says it.
    """

    exit_code: ClassVar[int] = 2
    failure_class: ClassVar[FailureClass] = "validation"

    def __init__(self, message: str, *, place: Place | None = None, next_step: str = "") -> None:
        self.message = message
        self.place = place
        self.next_step = next_step
        text = f"{place}: {message}" if place is not None else message
        super().__init__(f"{text}; {next_step}" if next_step else text)


class MalformedDocument(ArtifactError):
    """The bytes are not JSON that we accept: syntax, duplicate key, depth, size, number, character, encoding."""


class UnknownSchema(ArtifactError):
    """The schema name is unknown, or its major version is not one that this reader understands."""


class InvalidContent(ArtifactError):
    """A field is missing, of the wrong type or value, or unknown at this schema version."""


class DigestMismatch(ArtifactError):
    """The content is not the content that the digest names."""

    exit_code = 3
    failure_class = "safety"


class UnsafePath(ArtifactError):
    """A path is absolute, climbs out of the workspace, passes a link out of it, or holds odd characters."""

    exit_code = 3
    failure_class = "safety"


class NotOnShelf(ArtifactError):
    """No artifact of this kind and digest (or id) is on the shelf, or several fit."""

    failure_class = "dispatch"


class ShelfConflict(ArtifactError):
    """Another content already stands under this name; an artifact is never overwritten."""

    exit_code = 3
    failure_class = "safety"


class KeyConflict(ArtifactError):
    """The idempotency key is taken by a request with other content."""

    exit_code = 3
    failure_class = "safety"


class AlreadyClaimed(ArtifactError):
    """Another runner has accepted this request."""

    exit_code = 4
    failure_class = "dispatch"


class UnknownRequest(ArtifactError):
    """The mailbox holds no posted request of this id."""

    failure_class = "dispatch"


class UntrustedApproval(ArtifactError):
    """An approval's signature, signer, scope, digest or time does not hold."""

    exit_code = 3
    failure_class = "safety"


class BadPlugin(ArtifactError):
    """A dropped-in file or entry point does not offer what its folder asks for."""

    exit_code = 4
    failure_class = "dispatch"

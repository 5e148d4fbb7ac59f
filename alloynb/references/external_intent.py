"""The port to systems that own product or design intent, and what one of them says (spec 1, 3.2).

A system is asked for one thing at a time by its reference. What it answers is data of somebody else: bounded, named by
digest, and never an instruction.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from alloynb.errors import AlloyError, CannotRun
from runtime_artifacts.canonical import canonical_bytes, digest_of, parse_json
from runtime_artifacts.errors import ArtifactError

MAX_ANSWER_BYTES = 256 * 1024
MAX_VALUES_BYTES = 16 * 1024
MAX_REFERENCE_CHARACTERS = 200
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_NAMED = ("id", "version", "title")


class UnknownReference(AlloyError):
    """The system knows nothing under this reference."""


class UnusableIntent(AlloyError):
    """What the system answered is not an intent document that we take: syntax, size, id, version."""


class ReferenceUnavailable(CannotRun):
    """The system does not answer, or answers in a way that is refused: time, redirect, encoding, size."""


@dataclass(frozen=True)
class ExternalIntent:
    """One thing that another system intends, as it said it.

    Attributes:
        ref: by which it was asked for, such as `checkout/pay-by-card`.
        version: as the system counts; a text.
        values: what a brief needs of it, plain JSON.
        digest: over ref, version, title and all of what the system said, whatever was taken of it.
    """

    system: str
    ref: str
    version: str
    title: str
    values: Mapping[str, Any]
    digest: str

    def snapshot(self) -> dict[str, Any]:
        """What a brief keeps of it."""
        return {"version": self.version, "digest": self.digest, "values": dict(self.values)}


class IntentSource(Protocol):
    """What Alloy asks of a system that owns intent."""

    def read(self, ref: str) -> bytes:
        """Give the document of a reference, as the system wrote it; at most `MAX_ANSWER_BYTES`.

        Raises:
            UnknownReference: there is none.
            UnusableIntent: it is not a document that can be read.
            ReferenceUnavailable: it cannot be asked now.
        """


def check_reference(ref: str) -> str:
    """Refuse a reference that could mean another place than it says.

    Raises:
        UnusableIntent: too long, with odd characters, or climbing.
    """
    if len(ref) > MAX_REFERENCE_CHARACTERS or not _REFERENCE.fullmatch(ref) or ".." in ref or "//" in ref:
        raise UnusableIntent(
            f"{ref[:MAX_REFERENCE_CHARACTERS]!r} is no reference: letters, digits, `.`, `_`, `-`, and `/` between parts"
        )
    return ref


def intent_of(system: str, ref: str, document: bytes, take: Sequence[str] = ()) -> ExternalIntent:
    """Read an answer: a JSON object with `id`, `version`, perhaps `title`, and whatever else the system says.

    Args:
        take: which of the other fields a brief keeps; all of them when empty.

    Raises:
        UnusableIntent: with what is wrong; nothing of a hostile document is repeated but short pieces.
    """
    try:
        value = parse_json(document)
    except ArtifactError as error:
        raise UnusableIntent(f"{system}:{ref} is not JSON that we take: {error.message}") from error
    if not isinstance(value, dict):
        raise UnusableIntent(f"{system}:{ref} is not a JSON object")
    if value.get("id") != ref:
        raise UnusableIntent(f"{system} was asked for {ref}, and answered with {str(value.get('id'))[:80]!r}")
    version, title = value.get("version"), value.get("title", "")
    if isinstance(version, bool) or not isinstance(version, str | int) or not str(version).strip():
        raise UnusableIntent(f"{system}:{ref} says no version")
    if not isinstance(title, str):
        raise UnusableIntent(f"{system}:{ref} has a title that is no text")
    others = {name: child for name, child in value.items() if name not in _NAMED}
    values = {name: others[name] for name in take if name in others} if take else others
    if missing := sorted(set(take) - others.keys()):
        raise UnusableIntent(f"{system}:{ref} does not say {', '.join(missing)}, which briefs shall keep")
    size = len(canonical_bytes(values))
    if size > MAX_VALUES_BYTES:
        raise UnusableIntent(
            f"{system}:{ref} says {size} bytes, a brief keeps at most {MAX_VALUES_BYTES}",
            next_step="name the fields that briefs need under `take` in .alloy/project.yaml",
        )
    return ExternalIntent(
        system, ref, str(version).strip(), " ".join(title.split())[:300], values, digest_of(value)
    )

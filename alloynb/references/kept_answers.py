"""What systems said, kept by digest: a system that is out of reach does not stop a compilation (spec 3.2).

    <folder>/<system>/<64 hex digits of the answer>.json    the document
    <folder>/<system>/refs/<64 hex digits of the reference> the digest of the last answer

Disposable. Nothing in it is believed before it is read and named anew.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from alloynb.references.external_intent import MAX_ANSWER_BYTES
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.untrusted_file import read_untrusted
from runtime_artifacts.write_once import create_once, replace_whole


@dataclass(frozen=True)
class KeptAnswers:
    """The last answers of one system."""

    folder: Path

    def keep(self, ref: str, document: bytes) -> None:
        """Keep an answer; a full disk loses the copy, not the answer."""
        name = hashlib.sha256(document).hexdigest()
        try:
            create_once(self.folder / f"{name}.json", document)
            pointer = self._pointer(ref)
            pointer.parent.mkdir(parents=True, exist_ok=True)
            replace_whole(pointer, name.encode())
        except OSError:
            return

    def last(self, ref: str) -> bytes | None:
        """The last answer, or None when there is none, or it was changed since it was kept."""
        try:
            name = read_untrusted(self._pointer(ref), 64).decode("ascii")
            document = read_untrusted(self.folder / f"{name}.json", MAX_ANSWER_BYTES)
        except (FileNotFoundError, ArtifactError, ValueError):
            return None
        return document if hashlib.sha256(document).hexdigest() == name else None

    def _pointer(self, ref: str) -> Path:
        return self.folder / "refs" / hashlib.sha256(ref.encode()).hexdigest()

"""Which approvals of an artifact lie on a shelf. Whether they are genuine, and hold now, is not decided here."""

from __future__ import annotations

from collections.abc import Iterator

from runtime_artifacts.approval import APPROVAL, Approval
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.shelf import Shelf


def approvals_on_shelf(shelf: Shelf, subject_digest: str) -> Iterator[Artifact[Approval]]:
    """Yield the readable approvals of one digest, in order of their own digests.

    A file that is damaged allows nothing, and so it is passed over: it must not stop what others approved.
    """
    for file in sorted((shelf.folder / APPROVAL.folder).glob("*.json")):
        try:
            found = shelf.get(APPROVAL, f"sha256:{file.stem}")
        except ArtifactError:
            continue
        if found.content.subject_digest == subject_digest:
            yield found

"""The shelf: artifacts by digest, written once, verified on every read (spec 3.1)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from runtime_artifacts.envelope import Artifact, ContentT, Kind
from runtime_artifacts.errors import DigestMismatch, NotOnShelf, Place, ShelfConflict
from runtime_artifacts.kinds import read_file
from runtime_artifacts.write_once import create_once


class Shelf:
    """Artifacts below one folder: `<folder>/<kind>/<64 hex digits of the digest>.json`."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which need not exist yet."""
        self.folder = folder

    def path_of(self, kind: Kind[ContentT], digest: str) -> Path:
        """Where the artifact of this digest stands, or would stand."""
        return self.folder / kind.folder / f"{digest.removeprefix('sha256:')}.json"

    def put(self, kind: Kind[ContentT], artifact: Artifact[ContentT]) -> Artifact[ContentT]:
        """Lay an artifact on the shelf; the same content laid again changes nothing.

        Returns:
            The artifact that stands there: the first one of this digest.

        Raises:
            ShelfConflict: what stands there is damaged or of another id.
            OSError: it cannot be written; nothing is left behind.
        """
        file = self.path_of(kind, artifact.digest)
        if create_once(file, artifact.to_bytes()):
            return artifact
        try:
            standing = self.get(kind, artifact.digest)
        except DigestMismatch as error:
            raise ShelfConflict(
                "the file on the shelf was changed by hand",
                place=Place(file),
                next_step="remove it and compile again",
            ) from error
        if not kind.compiled and standing.id != artifact.id:
            raise ShelfConflict(f"the same content stands here as {standing.id}", place=Place(file))
        return standing

    def get(self, kind: Kind[ContentT], digest: str) -> Artifact[ContentT]:
        """Take the artifact of this digest, verified.

        Raises:
            NotOnShelf: there is none.
            DigestMismatch: the file was changed.
            MalformedDocument, UnknownSchema, InvalidContent: the file is damaged.
        """
        file = self.path_of(kind, digest)
        if not file.is_file():
            raise NotOnShelf(f"{kind.folder}: no artifact {digest}", place=Place(file), next_step="compile it again")
        artifact = read_file(kind, file)
        if artifact.digest != digest:
            raise DigestMismatch(f"{kind.folder}: expected {digest}, found {artifact.digest}", place=Place(file))
        return artifact

    def find(self, kind: Kind[ContentT], id_or_digest: str) -> Artifact[ContentT]:
        """Take an artifact by its id, its digest, or the unambiguous beginning of either.

        Raises:
            NotOnShelf: none fits, or more than one does.
        """
        found = [
            artifact
            for artifact in self.all(kind)
            if artifact.id.startswith(id_or_digest)
            or artifact.digest.removeprefix("sha256:").startswith(id_or_digest.removeprefix("sha256:"))
        ]
        if len(found) != 1:
            several = ", ".join(artifact.id for artifact in found[:5])
            reason = f"{id_or_digest!r} could be {several}" if found else f"no artifact {id_or_digest!r}"
            raise NotOnShelf(f"{kind.folder}: {reason}", place=Place(self.folder / kind.folder))
        return found[0]

    def all(self, kind: Kind[ContentT]) -> Iterator[Artifact[ContentT]]:
        """Yield every artifact of a kind, verified, oldest first.

        Raises:
            DigestMismatch, MalformedDocument, UnknownSchema, InvalidContent: a file is damaged.
        """
        files = (self.folder / kind.folder).glob("[0-9a-f]*.json")
        yield from sorted((read_file(kind, file) for file in files), key=lambda each: (each.created_at, each.id))

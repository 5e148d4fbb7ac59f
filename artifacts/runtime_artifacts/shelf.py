"""The shelf: artifacts by digest, written once, verified on every read (spec 3.1)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from runtime_artifacts.canonical import is_digest
from runtime_artifacts.envelope import Artifact, ContentT, Kind, parse_timestamp
from runtime_artifacts.errors import ArtifactError, DigestMismatch, NotOnShelf, Place, ShelfConflict
from runtime_artifacts.identity import id_of_digest
from runtime_artifacts.kinds import read_as
from runtime_artifacts.untrusted_file import read_untrusted
from runtime_artifacts.write_once import create_once


class Shelf:
    """Artifacts below one folder: `<folder>/<kind>/<64 hex digits of the digest>.json`."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which need not exist yet."""
        self.folder = folder

    def path_of(self, kind: Kind[ContentT], digest: str) -> Path:
        """Where the artifact of this digest stands, or would stand.

        Raises:
            NotOnShelf: this is not a digest, so nothing can stand under it.
        """
        if not is_digest(digest):
            raise NotOnShelf(f"{kind.folder}: {digest[:80]!r} is not a digest")
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
        except ArtifactError as error:
            raise ShelfConflict(
                f"what stands on the shelf is damaged: {error.message}",
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
            MalformedDocument, UnknownSchema, InvalidContent, UnsafePath: the file is damaged.
        """
        file = self.path_of(kind, digest)
        try:
            text = read_untrusted(file)
        except FileNotFoundError as error:
            reason = f"{kind.folder}: no artifact {digest}"
            raise NotOnShelf(reason, place=Place(file), next_step="compile it again") from error
        artifact = read_as(kind, text, file)
        if artifact.digest != digest:
            raise DigestMismatch(
                f"{kind.folder}: expected {digest}, found {artifact.digest}",
                place=Place(file),
                next_step="the file was put in the place of another; remove it and compile again",
            )
        return artifact

    def find(self, kind: Kind[ContentT], id_or_digest: str) -> Artifact[ContentT]:
        """Take an artifact by its id, its digest, or the unambiguous beginning of either.

        Raises:
            NotOnShelf: none fits, or more than one does.
            DigestMismatch, MalformedDocument, UnknownSchema, InvalidContent, UnsafePath: the file is damaged.
        """
        found = [] if not id_or_digest else self._fitting(kind, id_or_digest)
        if len(found) != 1:
            several = ", ".join(artifact.id for artifact in found[:5])
            reason = (
                f"{id_or_digest[:80]!r} could be {several}" if found else f"no artifact {id_or_digest[:80]!r}"
            )
            raise NotOnShelf(f"{kind.folder}: {reason}", place=Place(self.folder / kind.folder))
        return found[0]

    def all(self, kind: Kind[ContentT]) -> Iterator[Artifact[ContentT]]:
        """Yield every artifact of a kind, verified, oldest first.

        Raises:
            DigestMismatch, MalformedDocument, UnknownSchema, InvalidContent, UnsafePath: a file is damaged.
        """
        found = (self.get(kind, digest) for digest in self.digests(kind))
        yield from sorted(found, key=lambda each: (parse_timestamp(each.created_at), each.id))

    def digests(self, kind: Kind[ContentT]) -> list[str]:
        """Digests that the shelf holds of a kind, by file name; files of other names do not belong to it."""
        names = (f"sha256:{file.stem}" for file in sorted((self.folder / kind.folder).glob("*.json")))
        return [name for name in names if is_digest(name)]

    def _fitting(self, kind: Kind[ContentT], beginning: str) -> list[Artifact[ContentT]]:
        """Read no more files than needed, so that damage to one does not hide another."""
        fitting = []
        for digest in self.digests(kind):
            by_digest = digest.startswith(beginning) or digest.removeprefix("sha256:").startswith(beginning)
            if by_digest or (kind.compiled and id_of_digest(kind.id_prefix, digest).startswith(beginning)):
                fitting.append(self.get(kind, digest))
            elif not kind.compiled and kind.id_prefix.startswith(beginning[: len(kind.id_prefix)]):
                artifact = self.get(kind, digest)
                if artifact.id.startswith(beginning):
                    fitting.append(artifact)
        return fitting

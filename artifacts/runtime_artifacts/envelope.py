"""The envelope of every artifact: schema, id, digest, who and when, around a content that never changes (spec 3.1).

The digest covers the schema name and the content exactly as written. Id, time, author and compiler version stand
outside, so the same snapshot gives the same digest, byte for byte, on every machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from runtime_artifacts.canonical import (
    canonical_bytes,
    digest_of_bytes,
    escape_pointer,
    is_digest,
    parse_json,
    refuse_odd_values,
)
from runtime_artifacts.content import UNSAFE_PATH, ArtifactRef, Content, Digest, Throttle, Timestamp
from runtime_artifacts.errors import DigestMismatch, InvalidContent, Place, UnknownSchema, UnsafePath
from runtime_artifacts.identity import id_of_digest, is_id
from runtime_artifacts.timestamp import format_timestamp, parse_timestamp

__all__ = [
    "Artifact",
    "ArtifactRef",
    "Content",
    "ContentT",
    "Digest",
    "Kind",
    "Throttle",
    "Timestamp",
    "content_digest",
    "format_timestamp",
    "parse_timestamp",
    "read_artifact",
    "seal",
    "validate_content",
]

MAX_TEXT_FIELD_CHARACTERS = 1000
_SCHEMA_PATTERN = re.compile(
    r"(?P<family>[a-z][a-z0-9_.]*)\.v(?P<major>[1-9][0-9]{0,5})(?:\.(?P<minor>[1-9][0-9]{0,5}))?"
)
_TEXT_FIELDS = ("schema", "id", "digest", "created_at", "created_by", "compiler_version")
_ENVELOPE_FIELDS = frozenset({*_TEXT_FIELDS, "content"})

ContentT = TypeVar("ContentT", bound=Content)


@dataclass(frozen=True)
class Kind(Generic[ContentT]):
    """One kind of artifact.

    Attributes:
        family: schema name without its version, such as `alloy.formation_brief`.
        id_prefix: type prefix of its ids, such as `brief`.
        model: what its content must be.
        major, minor: the schema version that this code writes; a reader refuses another major.
        compiled: compiled artifacts have ids that follow from their digest.
        folder: name of its folder on a shelf, and of its schema and golden files.
    """

    family: str
    id_prefix: str
    model: type[ContentT]
    compiled: bool = False
    major: int = 1
    minor: int = 0

    @property
    def schema(self) -> str:
        """Schema name as written into new artifacts: `alloy.formation_brief.v1`."""
        return f"{self.family}.v{self.major}" + (f".{self.minor}" if self.minor else "")

    @property
    def folder(self) -> str:
        """Last part of the family name: `formation_brief`."""
        return self.family.rsplit(".", 1)[-1]


@dataclass(frozen=True)
class Artifact(Generic[ContentT]):
    """One immutable artifact: the envelope's fields, the content as a model, and the content as it was written.

    Attributes:
        raw_content: plain JSON value, with fields of a newer minor version that `content` passes over.
        other_fields: envelope fields of a newer minor version, kept as they were.
    """

    schema: str
    id: str
    digest: str
    created_at: str
    created_by: str
    compiler_version: str
    content: ContentT
    raw_content: Mapping[str, Any]
    other_fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ref(self) -> ArtifactRef:
        """Reference to this artifact, as other artifacts write it."""
        return ArtifactRef(id=self.id, digest=self.digest)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON value of the whole envelope, content exactly as it was written."""
        return {
            **{name: getattr(self, name) for name in _TEXT_FIELDS},
            **self.other_fields,
            "content": dict(self.raw_content),
        }

    def to_bytes(self) -> bytes:
        """Text for the file: UTF-8, two spaces of indent, keys as written, one final newline."""
        return (json.dumps(self.as_json(), ensure_ascii=False, indent=2) + "\n").encode()


def content_digest(schema: str, raw_content: Mapping[str, Any]) -> str:
    """Digest of a schema name and a raw content: the name by which everything else refers to the artifact.

    Raises:
        InvalidContent: a value that canonical JSON cannot say.
    """
    return _digest_of_canonical(schema, canonical_bytes(dict(raw_content)))


def seal(
    kind: Kind[ContentT],
    content: ContentT,
    *,
    id: str | None = None,
    created_at: datetime,
    created_by: str,
    compiler_version: str,
) -> Artifact[ContentT]:
    """Make an artifact: write the content down, name it by its digest, and read it as everybody else will.

    A field that is None is left out; None inside of a JSON object such as a payload stays.

    Args:
        id: required unless the kind is compiled; a compiled artifact takes its id from its digest.
        created_at: aware time.
        compiler_version: name and version of the program that made it.

    Raises:
        InvalidContent: no id where one is needed, or a value that JSON cannot say or that a reader would refuse.
        MalformedDocument: too deep, too large, a number too large, a forbidden character.
        UnsafePath: a path that could leave the workspace.
    """
    try:
        raw = content.model_dump(mode="json", by_alias=True, exclude_none=True, warnings=False)
        refuse_odd_values(raw)
        created = format_timestamp(created_at)
    except ValueError as error:
        raise InvalidContent(f"{kind.folder}: cannot be written: {error}") from error
    digest = content_digest(kind.schema, raw)
    if kind.compiled:
        id = id_of_digest(kind.id_prefix, digest)
    elif id is None:
        raise InvalidContent(f"{kind.folder} needs an id")
    written = Artifact(kind.schema, id, digest, created, created_by, compiler_version, content, raw)
    try:
        text = written.to_bytes()
    except UnicodeEncodeError as error:
        raise InvalidContent(f"{kind.folder}: cannot be written: {error}") from error
    return read_artifact(text, {kind.family: kind})


def read_artifact(text: bytes, kinds: Mapping[str, Kind[Any]], file: Path | None = None) -> Artifact[Any]:
    """Read one artifact from untrusted bytes and verify it: syntax, schema, digest, id, fields.

    Fields that we do not know are kept when the document declares a newer minor version than ours, and refused
    otherwise.

    Args:
        kinds: known kinds by family name.
        file: named in errors.

    Raises:
        MalformedDocument, UnknownSchema, InvalidContent, DigestMismatch, UnsafePath: with the place.
    """
    value = parse_json(text, file)
    if not isinstance(value, dict):
        raise InvalidContent("an artifact is a JSON object", place=Place(file))
    schema = _text_field(value, "schema", file)
    kind, newer_minor = _kind_of(schema, kinds, file)
    fields = {name: _text_field(value, name, file) for name in _TEXT_FIELDS}
    others = {name: child for name, child in value.items() if name not in _ENVELOPE_FIELDS}
    if others and not newer_minor:
        raise _unknown_field(kind, f"/{escape_pointer(next(iter(others)))}", file)
    raw = value.get("content")
    if not isinstance(raw, dict):
        raise InvalidContent("content must be an object", place=Place(file, "/content"))
    canonical = canonical_bytes(raw)
    _check_envelope(kind, fields, _digest_of_canonical(schema, canonical), file)
    content = _validated(kind, raw, canonical, file, allow_unknown=newer_minor)
    return Artifact(**fields, content=content, raw_content=raw, other_fields=others)


def validate_content(
    kind: Kind[ContentT], raw: Mapping[str, Any], file: Path | None = None, *, allow_unknown: bool = False
) -> ContentT:
    """Turn a raw content into its model. Values are read from the canonical form, so 1.0 and 1 mean the same.

    Raises:
        InvalidContent: the first offence with its JSON pointer, and how many more there are.
        UnsafePath: the first offence is a path that could leave the workspace.
    """
    return _validated(kind, raw, canonical_bytes(dict(raw)), file, allow_unknown=allow_unknown)


def _validated(
    kind: Kind[ContentT], raw: Mapping[str, Any], canonical: bytes, file: Path | None, *, allow_unknown: bool
) -> ContentT:
    try:
        return kind.model.model_validate_json(
            canonical, strict=True, extra="ignore" if allow_unknown else "forbid"
        )
    except ValidationError as error:
        offences = error.errors(include_url=False, include_input=False, include_context=False)
        first = offences[0]
        missing = first["type"] == "missing"
        pointer = "/content" + _pointer_into(raw, first["loc"], ends_outside=missing)
        more = f" (and {len(offences) - 1} more)" if len(offences) > 1 else ""
        if first["type"] == "extra_forbidden":
            raise _unknown_field(kind, pointer, file, more) from error
        raised = UnsafePath if first["type"] == UNSAFE_PATH else InvalidContent
        raise raised(f"{kind.folder}: {first['msg']}{more}", place=Place(file, pointer)) from error


def _pointer_into(raw: Any, steps: Sequence[int | str], *, ends_outside: bool) -> str:
    """JSON pointer along the steps that exist; the validator also names alternatives of a union, which do not."""
    pointer = ""
    for index, step in enumerate(steps):
        try:
            raw = raw[step]
        except (KeyError, IndexError, TypeError):
            if not (ends_outside and index == len(steps) - 1):
                continue
        pointer += f"/{escape_pointer(str(step))}"
    return pointer


def _unknown_field(kind: Kind[Any], pointer: str, file: Path | None, more: str = "") -> InvalidContent:
    name = pointer.rsplit("/", 1)[-1][:80]
    return InvalidContent(
        f"{kind.folder}: unknown field {name!r} at {kind.schema}{more}", place=Place(file, pointer)
    )


def _digest_of_canonical(schema: str, canonical: bytes) -> str:
    """Digest of `{"content": …, "schema": …}`, whose canonical form is put together here, keys in order."""
    return digest_of_bytes(b'{"content":%b,"schema":%b}' % (canonical, canonical_bytes(schema)))


def _kind_of(schema: str, kinds: Mapping[str, Kind[Any]], file: Path | None) -> tuple[Kind[Any], bool]:
    """Known kind of a schema name, and whether its minor version is newer than ours."""
    place = Place(file, "/schema")
    found = _SCHEMA_PATTERN.fullmatch(schema)
    kind = kinds.get(found["family"]) if found else None
    if found is None or kind is None:
        known = ", ".join(sorted(each.schema for each in kinds.values()))
        raise UnknownSchema(f"unknown schema {schema[:200]!r}; known: {known}", place=place)
    if int(found["major"]) != kind.major:
        raise UnknownSchema(
            f"{kind.family}: major version {found['major']} is not readable here, only {kind.major}",
            place=place,
            next_step="install a version of this package that reads it, or compile the artifact again",
        )
    return kind, int(found["minor"] or 0) > kind.minor


def _text_field(value: Mapping[str, Any], name: str, file: Path | None) -> str:
    found = value.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= MAX_TEXT_FIELD_CHARACTERS:
        reason = f"{name} must be a text of 1 to {MAX_TEXT_FIELD_CHARACTERS} characters"
        raise InvalidContent(reason, place=Place(file, f"/{name}"))
    return found


def _check_envelope(kind: Kind[Any], fields: Mapping[str, str], digest: str, file: Path | None) -> None:
    if not is_digest(fields["digest"]):
        raise InvalidContent("digest must be `sha256:` and 64 hex digits", place=Place(file, "/digest"))
    if fields["digest"] != digest:
        raise DigestMismatch(
            f"{kind.folder}: expected {fields['digest']}, found {digest}",
            place=Place(file, "/digest"),
            next_step="the file was edited after it was made; compile it again",
        )
    if not is_id(fields["id"], kind.id_prefix):
        raise InvalidContent(f"id must be {kind.id_prefix}_ and a ULID", place=Place(file, "/id"))
    if kind.compiled and fields["id"] != id_of_digest(kind.id_prefix, digest):
        raise DigestMismatch(
            f"{kind.folder}: the id does not follow from the digest", place=Place(file, "/id")
        )
    try:
        parse_timestamp(fields["created_at"])
    except ValueError as error:
        raise InvalidContent(f"created_at: {error}", place=Place(file, "/created_at")) from error

"""The envelope of every artifact: schema, id, digest, who and when, around a content that never changes (spec 3.1).

The digest covers the schema name and the content exactly as written. Id, time, author and compiler version stand
outside, so the same snapshot gives the same digest, byte for byte, on every machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from runtime_artifacts.canonical import (
    DIGEST_PATTERN,
    canonical_bytes,
    digest_of,
    escape_pointer,
    parse_json,
    refuse_odd_values,
)
from runtime_artifacts.errors import DigestMismatch, InvalidContent, Place, UnknownSchema
from runtime_artifacts.identity import is_id

_SCHEMA_PATTERN = re.compile(r"(?P<family>[a-z][a-z0-9_.]*)\.v(?P<major>[1-9][0-9]{0,5})(?:\.(?P<minor>[0-9]{1,6}))?")
_ENVELOPE_FIELDS = frozenset({"schema", "id", "digest", "created_at", "created_by", "compiler_version", "content"})

Digest = Annotated[str, Field(pattern=DIGEST_PATTERN, description="`sha256:` and 64 hex digits")]
Throttle = Literal["full", "audit_only", "dry_run"]


def parse_timestamp(text: str) -> datetime:
    """Read an RFC 3339 time with its zone; the answer is in UTC.

    Raises:
        ValueError: not such a time.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a time needs its zone, such as 2026-01-31T12:00:00Z")
    return found.astimezone(UTC)


def format_timestamp(moment: datetime) -> str:
    """Write an aware time as RFC 3339 in UTC with microseconds, ending in `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _check_timestamp(text: str) -> str:
    parse_timestamp(text)
    return text


Timestamp = Annotated[str, AfterValidator(_check_timestamp), Field(description="RFC 3339 time with zone")]


class Content(BaseModel):
    """Root of everything inside an artifact: frozen; unknown fields survive, and are judged by `read_artifact`."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=False, ser_json_inf_nan="constants")


class ArtifactRef(Content):
    """Names one artifact by id and digest.

    Attributes:
        local_path: where a copy lies, relative to the workspace; never absolute, never climbing out.
    """

    id: str
    digest: Digest
    version: int | None = None
    local_path: str | None = None


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
    """One immutable artifact: the envelope's fields, the content as a model, and the content as it was written."""

    schema: str
    id: str
    digest: str
    created_at: str
    created_by: str
    compiler_version: str
    content: ContentT
    raw_content: Mapping[str, Any]

    @property
    def ref(self) -> ArtifactRef:
        """Reference to this artifact, as other artifacts write it."""
        return ArtifactRef(id=self.id, digest=self.digest)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON value of the whole envelope, content exactly as it was written."""
        return {
            "schema": self.schema,
            "id": self.id,
            "digest": self.digest,
            "created_at": self.created_at,
            "created_by": self.created_by,
            "compiler_version": self.compiler_version,
            "content": dict(self.raw_content),
        }

    def to_bytes(self) -> bytes:
        """Text for the file: UTF-8, two spaces of indent, keys as written, one final newline."""
        return (json.dumps(self.as_json(), ensure_ascii=False, indent=2) + "\n").encode()


def content_digest(schema: str, raw_content: Mapping[str, Any]) -> str:
    """Digest of a schema name and a raw content: the name by which everything else refers to the artifact."""
    return digest_of({"schema": schema, "content": dict(raw_content)})


def seal(
    kind: Kind[ContentT],
    content: ContentT,
    *,
    id: str | None = None,
    created_at: datetime,
    created_by: str,
    compiler_version: str,
) -> Artifact[ContentT]:
    """Make an artifact: write the content down, name it by its digest.

    Args:
        id: required unless the kind is compiled; a compiled artifact takes its id from its digest.
        created_at: aware time.
        compiler_version: name and version of the program that made it.

    Raises:
        InvalidContent: no id where one is needed, or a value that canonical JSON cannot say.
    """
    from runtime_artifacts.identity import id_of_digest

    raw = content.model_dump(mode="json", by_alias=True, exclude_none=True)
    refuse_odd_values(raw)
    digest = content_digest(kind.schema, raw)
    if kind.compiled:
        id = id_of_digest(kind.id_prefix, digest)
    elif id is None:
        raise InvalidContent(f"{kind.folder} needs an id")
    return Artifact(kind.schema, id, digest, format_timestamp(created_at), created_by, compiler_version, content, raw)


def read_artifact(text: bytes, kinds: Mapping[str, Kind[Any]], file: Path | None = None) -> Artifact[Any]:
    """Read one artifact from untrusted bytes and verify it: syntax, schema, fields, digest, id.

    Fields that the model does not know are kept when the document declares a newer minor version than ours, and
    refused otherwise.

    Args:
        kinds: known kinds by family name.
        file: named in errors.

    Raises:
        MalformedDocument, UnknownSchema, InvalidContent, DigestMismatch: with the place.
    """
    value = parse_json(text, file)
    if not isinstance(value, dict):
        raise InvalidContent("an artifact is a JSON object", place=Place(file))
    schema = _text_field(value, "schema", file)
    kind, newer_minor = _kind_of(schema, kinds, file)
    fields = {name: _text_field(value, name, file) for name in sorted(_ENVELOPE_FIELDS - {"content"})}
    unknown = sorted(set(value) - _ENVELOPE_FIELDS)
    if unknown and not newer_minor:
        raise InvalidContent(f"unknown field {unknown[0]!r}", place=Place(file, f"/{escape_pointer(unknown[0])}"))
    raw = value.get("content")
    if not isinstance(raw, dict):
        raise InvalidContent("content must be an object", place=Place(file, "/content"))
    found = content_digest(schema, raw)
    if fields["digest"] != found:
        raise DigestMismatch(
            f"{kind.folder}: expected {fields['digest']}, found {found}",
            place=Place(file, "/digest"),
            next_step="the file was edited after it was made; compile it again",
        )
    content = validate_content(kind, raw, file, allow_unknown=newer_minor)
    _check_envelope(kind, fields, file)
    return Artifact(
        schema,
        fields["id"],
        found,
        fields["created_at"],
        fields["created_by"],
        fields["compiler_version"],
        content,
        raw,
    )


def validate_content(
    kind: Kind[ContentT], raw: Mapping[str, Any], file: Path | None = None, *, allow_unknown: bool = False
) -> ContentT:
    """Turn a raw content into its model.

    Raises:
        InvalidContent: the first offence with its JSON pointer, and how many more there are.
    """
    try:
        content = kind.model.model_validate_json(canonical_bytes(dict(raw)))
    except ValidationError as error:
        offences = error.errors(include_url=False, include_input=False, include_context=False)
        first = offences[0]
        pointer = "/content" + "".join(f"/{escape_pointer(str(step))}" for step in first["loc"])
        more = f" (and {len(offences) - 1} more)" if len(offences) > 1 else ""
        raise InvalidContent(f"{kind.folder}: {first['msg']}{more}", place=Place(file, pointer)) from error
    if not allow_unknown:
        pointer = _first_unknown(content, "/content")
        if pointer:
            raise InvalidContent(
                f"{kind.folder}: unknown field {pointer.rsplit('/', 1)[-1]!r} at {kind.schema}",
                place=Place(file, pointer),
            )
    return content


def _first_unknown(value: Any, pointer: str) -> str:
    """JSON pointer of the first field that no model declares, or empty."""
    if isinstance(value, BaseModel):
        for name in value.model_extra or {}:
            return f"{pointer}/{escape_pointer(name)}"
        fields = {info.alias or name: getattr(value, name) for name, info in type(value).model_fields.items()}
        return next(filter(None, (_first_unknown(child, f"{pointer}/{name}") for name, child in fields.items())), "")
    if isinstance(value, tuple | list):
        return next(filter(None, (_first_unknown(child, f"{pointer}/{i}") for i, child in enumerate(value))), "")
    return ""


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
    if not isinstance(found, str) or not found:
        raise InvalidContent(f"{name} must be a text that is not empty", place=Place(file, f"/{name}"))
    return found


def _check_envelope(kind: Kind[Any], fields: Mapping[str, str], file: Path | None) -> None:
    from runtime_artifacts.identity import id_of_digest

    if not is_id(fields["id"], kind.id_prefix):
        raise InvalidContent(f"id must be {kind.id_prefix}_ and a ULID", place=Place(file, "/id"))
    if kind.compiled and fields["id"] != id_of_digest(kind.id_prefix, fields["digest"]):
        raise DigestMismatch(f"{kind.folder}: the id does not follow from the digest", place=Place(file, "/id"))
    try:
        parse_timestamp(fields["created_at"])
    except ValueError as error:
        raise InvalidContent(f"created_at: {error}", place=Place(file, "/created_at")) from error

"""What contents are made of: the root of their models, references, digests, times, paths, plain JSON (spec 3.1)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from runtime_artifacts.canonical import DIGEST_PATTERN, MAX_DEPTH
from runtime_artifacts.safe_path import SAFE_PATH_PATTERN, why_unsafe
from runtime_artifacts.timestamp import TIMESTAMP_PATTERN, parse_timestamp

UNSAFE_PATH = "unsafe_path"


def _check_timestamp(text: str) -> str:
    parse_timestamp(text)
    return text


def _check_path(path: str) -> str:
    reason = why_unsafe(path)
    if reason:
        raise PydanticCustomError(UNSAFE_PATH, "{reason}", {"reason": reason})
    return path


def _check_plain(value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
    return value if info.mode == "json" else {key: _plain(child, 2) for key, child in value.items()}


def _plain(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _plain(child, depth + 1) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(child, depth + 1) for child in value]
    raise ValueError(f"{type(value).__name__} {str(value)[:80]!r} is not plain JSON")


Throttle = Literal["full", "audit_only", "dry_run"]

Digest = Annotated[str, Field(pattern=DIGEST_PATTERN, description="`sha256:` and 64 hex digits.")]

Timestamp = Annotated[
    str,
    AfterValidator(_check_timestamp),
    Field(
        description="RFC 3339 time with its zone.",
        json_schema_extra={"format": "date-time", "pattern": TIMESTAMP_PATTERN},
    ),
]

RelativePath = Annotated[
    str,
    AfterValidator(_check_path),
    Field(
        description="Relative path that never climbs out of its folder.",
        json_schema_extra={"pattern": SAFE_PATH_PATTERN},
    ),
]

JsonObject = Annotated[dict[str, Any], AfterValidator(_check_plain)]


class Content(BaseModel):
    """Root of everything inside an artifact: frozen, and without fields that no model declares.

    Only the reader of a newer minor version passes unknown fields over; the raw content keeps them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, ser_json_inf_nan="constants")


class ArtifactRef(Content):
    """Names one artifact by id and digest.

    Attributes:
        id: type prefix and ULID.
        version: revision of a brief.
        local_path: where a copy lies, relative to the workspace; never absolute, never climbing out.
    """

    id: str
    digest: Digest
    version: int | None = None
    local_path: RelativePath | None = None

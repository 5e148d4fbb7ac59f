"""The model that all intent models derive from, and the few value types that they share (spec 2.1)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
)

_SLUG = r"[a-z0-9][a-z0-9_-]*"
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)")


class StrictModel(BaseModel):
    """Immutable, and closed: a field that the model does not know is an error, never silently dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NamedModel(StrictModel):
    """A model that has an id, and a file named after the last part of it."""

    id: str

    @property
    def slug(self) -> str:
        """The last part of the id; the file is `<slug>.yaml`."""
        return slug_of(self.id)


def timestamp_text(at: datetime) -> str:
    """Write an aware moment as RFC 3339 in UTC with microseconds, ending in `Z`."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _moment_of(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and _RFC_3339.fullmatch(value):
        return datetime.fromisoformat(value.upper())
    raise ValueError("a moment is written as 2026-01-31T12:00:00Z, with its zone")


def _refuse_path_outside(value: str) -> str:
    if value.startswith("/") or "\\" in value or ".." in PurePosixPath(value).parts:
        raise ValueError("a path is relative to the repository, with forward slashes and without '..'")
    return value


def _refuse_climbing_glob(value: str) -> str:
    if ".." in value.split("/"):
        raise ValueError("a glob stays inside the repository: no '..'")
    return value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""Text for humans: never blank; white space around it means nothing and is dropped."""

Slug = Annotated[str, StringConstraints(pattern=rf"^{_SLUG}$", max_length=120)]
RecordId = Annotated[str, StringConstraints(pattern=rf"^{_SLUG}\.intent\.{_SLUG}$", max_length=250)]
ExpectationId = Annotated[str, StringConstraints(pattern=rf"^{_SLUG}\.expectation\.{_SLUG}$", max_length=250)]
StrategyId = Annotated[str, StringConstraints(pattern=rf"^{_SLUG}\.strategy\.{_SLUG}$", max_length=250)]
EvidenceId = Annotated[str, StringConstraints(pattern=rf"^{_SLUG}\.intent\.{_SLUG}#{_SLUG}$", max_length=400)]
"""The global id of an evidence definition: `<record id>#<evidence slug>`."""

Confidence = Annotated[float, Field(ge=0.0, le=1.0)]
Timestamp = Annotated[
    AwareDatetime,
    BeforeValidator(_moment_of),
    PlainSerializer(timestamp_text, return_type=str, when_used="json"),
]
RepositoryPath = Annotated[Text, AfterValidator(_refuse_path_outside)]
"""A file or folder of the governed repository, relative to its root."""

PathGlob = Annotated[Text, AfterValidator(_refuse_climbing_glob)]
"""A gitignore-style pattern over paths of the governed repository."""


def slug_of(any_id: str) -> str:
    """Give the last part of an id such as `shop.intent.offline-first`: the name of its file without suffix."""
    return any_id.rsplit(".", 1)[-1]


def text_or_mapping(value: Any) -> str:
    """Tell apart the two forms of a field that is either one word or a mapping (a pydantic discriminator)."""
    return "(text)" if isinstance(value, str) else "(mapping)"

"""What use cases answer, as plain JSON values for programs: one mapping for the server and for agents."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from runtime_artifacts.envelope import Artifact


def json_value(value: Any, *, root: Path | None = None) -> Any:
    """Turn an answer of a use case into what `json.dumps` takes.

    Dataclasses and models become objects, tuples and sets become lists, times RFC 3339, durations milliseconds,
    errors an object with type, message and next step; paths below `root` become relative to it, with `/`, so that no
    answer tells where on this machine a repository lies.
    """

    def plain(each: Any) -> Any:
        match each:
            case None | bool() | int() | float() | str():
                return each
            case Artifact():
                return each.as_json()
            case BaseModel():
                return each.model_dump(mode="json")
            case datetime():
                return each.isoformat()
            case timedelta():
                return each.total_seconds() * 1000
            case Path():
                below = root is not None and each.is_absolute() and each.is_relative_to(root)
                return (each.relative_to(root) if below and root is not None else each).as_posix()
            case BaseException():
                return error_value(each, root=root)
            case Mapping():
                return {str(key): plain(child) for key, child in each.items()}
            case list() | tuple():
                return [plain(child) for child in each]
            case set() | frozenset():
                return sorted(plain(child) for child in each)
            case _ if dataclasses.is_dataclass(each):
                return {field.name: plain(getattr(each, field.name)) for field in dataclasses.fields(each)}
            case _:
                return str(each)

    return plain(value)


def error_value(error: BaseException, *, root: Path | None = None) -> dict[str, Any]:
    """Describe an error for programs: type, message, next step, and its place when it has one."""
    place = getattr(error, "place", None)
    file = getattr(error, "file", None) or getattr(place, "file", None)
    line = getattr(error, "line", None) or getattr(place, "line", None)
    told: dict[str, Any] = {
        "type": type(error).__name__,
        "message": getattr(error, "message", None) or str(error),
        "next_step": getattr(error, "next_step", ""),
        "exit_code": getattr(error, "exit_code", 4),
    }
    if file is not None:
        told["file"] = json_value(Path(file), root=root)
    if line is not None:
        told["line"] = line
    return told

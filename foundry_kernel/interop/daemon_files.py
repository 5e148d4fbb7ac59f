"""Files that the existing daemon wrote: traces (one JSON file each) and monthly lines of events. Untrusted data.

A trace is `YYYY-MM-DD/<root event id>.json` with `events`, `block_executions` and `total_duration_ms`; events are also
appended to `YYYY-MM.jsonl`. What does not fit is named with file and line, and hides nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from runtime_artifacts.canonical import parse_json
from runtime_artifacts.content import Throttle
from runtime_artifacts.envelope import format_timestamp, parse_timestamp
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.untrusted_file import read_untrusted

LARGEST_EVENTS_BYTES = 1 << 30
_LONGEST_LINE = 1 << 20

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
ModelT = TypeVar("ModelT", bound=BaseModel)


class DaemonEvent(BaseModel):
    """One event, as the daemon writes it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Name
    event_type: Name
    project: Name
    occurred_at: Name
    recorded_at: Name | None = None
    throttle: Throttle = "full"
    trace_id: str | None = None
    payload: Any = None

    @property
    def at(self) -> str:
        """When it occurred, in UTC."""
        return format_timestamp(parse_timestamp(self.occurred_at))


class DaemonBlock(BaseModel):
    """One block execution; the daemon tells neither when it began nor whether it was a mutator."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    block_name: Name
    trigger_event_id: Name
    success: bool
    summary: str = ""
    emitted_event_ids: tuple[str, ...] = ()
    duration_ms: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    raw_output: str | None = None
    exit_code: int | None = Field(default=None, ge=-(2**31), lt=2**31)


class DaemonTrace(BaseModel):
    """One whole trace."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    events: tuple[DaemonEvent, ...] = Field(min_length=1)
    block_executions: tuple[DaemonBlock, ...] = ()
    total_duration_ms: float = Field(default=0.0, ge=0, allow_inf_nan=False)

    @property
    def root(self) -> DaemonEvent:
        """The event that began it: the first that no block emitted."""
        emitted = {event_id for block in self.block_executions for event_id in block.emitted_event_ids}
        return next((event for event in self.events if event.id not in emitted), self.events[0])


@dataclass(frozen=True)
class Unfit:
    """Something that is not what it should be, and where.

    Attributes:
        line: 1-based in a file of events, 0 for a whole file.
    """

    file: Path
    line: int
    reason: str


def daemon_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files below the given files and folders that could be the daemon's, links left out, sorted."""
    for path in paths:
        if path.is_dir():
            found = (each for each in path.rglob("*.json*") if each.suffix in {".json", ".jsonl"})
            yield from sorted(each for each in found if not each.is_symlink() and each.is_file())
        else:
            yield path


def read_trace(file: Path, refuse: Callable[[Unfit], None]) -> DaemonTrace | None:
    """Read one trace; None when it is none, and then `refuse` was told."""
    try:
        return _checked(DaemonTrace, read_untrusted(file), file)
    except (ArtifactError, FileNotFoundError, ValueError) as error:
        refuse(Unfit(file, 0, _told(error)))
        return None


def read_events(file: Path, refuse: Callable[[Unfit], None]) -> Iterator[DaemonEvent]:
    """Yield the events of a monthly file; a torn last line and lines that are no events are told to `refuse`."""
    try:
        with file.open("rb") as opened:
            number, line = 0, opened.readline(_LONGEST_LINE)
            while line:
                number += 1
                try:
                    if not line.endswith(b"\n"):
                        raise ValueError("cut off, or too long")
                    yield _checked(DaemonEvent, line, file)
                except (ArtifactError, ValueError) as error:
                    refuse(Unfit(file, number, _told(error)))
                while line and not line.endswith(b"\n"):
                    line = opened.readline(_LONGEST_LINE)
                line = opened.readline(_LONGEST_LINE)
    except OSError as error:
        refuse(Unfit(file, 0, error.strerror or str(error)))


def _checked(model: type[ModelT], text: bytes, file: Path) -> ModelT:
    found = model.model_validate(parse_json(text, file))
    events = found.events if isinstance(found, DaemonTrace) else (found,)
    for event in events:
        if isinstance(event, DaemonEvent):
            parse_timestamp(event.occurred_at)
    return found


def _told(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        return f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}"
    return "there is no such file" if isinstance(error, FileNotFoundError) else str(error)

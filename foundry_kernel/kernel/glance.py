"""A run at a glance, from its journal alone: for lists of runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from foundry_kernel.events.journal import read_run
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.journal import Fact, is_being_written

BEGINNINGS = frozenset({"run_started", "run_resumed"})


@dataclass(frozen=True)
class Glance:
    """What a list says of one run.

    Attributes:
        began_at: RFC 3339, of the first attempt; empty when the journal is.
        throttle: empty when the journal is.
        status: how it ended; `running`, or `died` when nobody writes its journal any more.
        duration_ms: time that its attempts worked, milliseconds; None while it runs.
        reason: why it ended so; may be empty.
    """

    run_id: str
    folder: Path
    began_at: str
    project: str
    event: str
    throttle: str
    status: str
    duration_ms: float | None
    attempts: int
    reason: str


def glance_at(folder: Path) -> Glance | None:
    """Look at a run's folder.

    Returns:
        None when it holds no journal that can be read.
    """
    try:
        facts = list(read_run(folder / "journal"))
    except (OSError, ArtifactError):
        return None
    if not facts:
        return None
    last_file = max((folder / "journal").glob("[0-9]*.jsonl"))
    alive = is_being_written(last_file)
    first, end = facts[0], _end_of(facts)
    status = "running" if alive else (end.status or "completed") if end else "died"
    return Glance(
        run_id=folder.name,
        folder=folder,
        began_at=first.recorded_at,
        project=first.project_id or "",
        event=first.event_type or "",
        throttle=first.throttle or "",
        status=status,
        duration_ms=None if alive else _worked_ms(facts),
        attempts=sum(1 for fact in facts if fact.kind in BEGINNINGS),
        reason=(end.summary or "") if end else "",
    )


def runs_of(folder: Path) -> list[Glance]:
    """Look at every run below a folder of runs, oldest first."""
    return [found for each in sorted(folder.glob("run_*")) if (found := glance_at(each)) is not None]


def runs_near(start: Path) -> Path | None:
    """Folder of the runs of the workspace that `start` lies in; None when it lies in none."""
    here = start.resolve()
    return next(
        (each / ".alloy" / "runs" for each in (here, *here.parents) if (each / ".alloy" / "runs").is_dir()),
        None,
    )


def _end_of(facts: list[Fact]) -> Fact | None:
    """The end of the last attempt, if it has one."""
    for fact in reversed(facts):
        if fact.kind == "run_finished":
            return fact
        if fact.kind in BEGINNINGS:
            return None
    return None


def _worked_ms(facts: list[Fact]) -> float:
    """Sum of the attempts, each from its first fact to its last."""
    total, began, last = 0.0, None, None
    for fact in facts:
        at = datetime.fromisoformat(fact.recorded_at)
        if fact.kind in BEGINNINGS:
            if began is not None and last is not None:
                total += (last - began).total_seconds()
            began = at
        last = at
    if began is not None and last is not None:
        total += (last - began).total_seconds()
    return total * 1000

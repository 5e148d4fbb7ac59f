"""Dependencies kept fresh, for one project or for all of them at night (spec 4.6)."""

from __future__ import annotations

from pydantic import Field

from foundry_kernel.events.payload import ClosingPayload, EntryPayload, PayloadPart


class ProjectOutcome(PayloadPart):
    """How one project of a nightly run went.

    Attributes:
        status: `completed`, `failed`, `invalid` (it cannot be worked on), `skipped`, `idle` (nothing is allowed) or
            `simulated`.
        runs: ids of the runs that worked on it.
    """

    project: str
    status: str
    success: bool
    summary: str = ""
    runs: tuple[str, ...] = ()


class MaintenanceRunStarted(EntryPayload):
    """The nightly run over registered projects has begun; no names means all."""

    projects: tuple[str, ...] = ()


class MaintenanceRequested(EntryPayload):
    """The dependencies of one project should be brought up to date."""


class ProjectMaintenanceCompleted(ClosingPayload):
    """The maintenance of one project is over, however it went.

    Attributes:
        attempts: executions; 0 when it ended before there was one.
        commit: what was delivered; empty when nothing was.
        run_id: of the run that did it, when it was another than the one that tells.
    """

    attempts: int = Field(default=1, ge=0)
    reason: str = ""
    changed_files: tuple[str, ...] = ()
    commit: str = ""
    run_id: str = ""


class MaintenanceRunCompleted(ClosingPayload):
    """The nightly run is over: one result for all projects."""

    projects: tuple[ProjectOutcome, ...] = ()


EVENTS = (MaintenanceRunStarted, MaintenanceRequested, ProjectMaintenanceCompleted, MaintenanceRunCompleted)

"""The port for runs of other projects: a nightly run starts one per project and waits for it (spec 4.6, 4.9).

Which machinery carries such a run is up to whoever makes the service; a block only says what it wants.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from foundry_kernel.gateways.project_registry import Project
from foundry_kernel.gateways.shell import CancelToken
from runtime_artifacts.envelope import Throttle


@dataclass(frozen=True)
class ProjectRun:
    """A run that is wanted.

    Attributes:
        revision: commit of the project's repository that it is of.
        correlation_id: ties the run to the one that wants it.
        approval: why a human allows it to change things; empty: it may not.
        approved_by: who says so.
        may_commit: whether what is approved covers a commit on the run's own branch.
        time_limit_s: seconds, > 0.
    """

    project: Project
    revision: str
    entry_event: str
    throttle: Throttle
    correlation_id: str
    payload: dict[str, Any] = field(default_factory=dict)
    approval: str = ""
    approved_by: str = ""
    may_commit: bool = True
    time_limit_s: float = 3600.0


@dataclass(frozen=True)
class ProjectRunSummary:
    """What came of it.

    Attributes:
        status: as in a run result.
        reason: one sentence.
        findings: whether a human should look at something.
        commits: made on the run's own branch.
        changed_files: paths that were changed, delivered or not.
    """

    run_id: str
    status: str
    reason: str = ""
    commits: tuple[str, ...] = ()
    changed_files: tuple[str, ...] = ()

    @property
    def success(self) -> bool:
        """Whether it did what was asked, with or without findings."""
        return self.status in ("completed", "completed_with_findings")


StartProjectRun = Callable[[ProjectRun, CancelToken | None], Awaitable[ProjectRunSummary]]


class ProjectRuns:
    """Runs of other projects; the service that blocks are given."""

    def __init__(self, start: StartProjectRun) -> None:
        """Take what carries a run to its end."""
        self._start = start

    async def run(self, wanted: ProjectRun, cancel: CancelToken | None = None) -> ProjectRunSummary:
        """Carry a run to its end, whatever that is.

        Args:
            cancel: ends it when it is set.

        Raises:
            FoundryError: it could not begin.
        """
        return await self._start(wanted, cancel)

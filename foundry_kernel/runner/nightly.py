"""What the nightly notebook calls: open the registry, run the night, conclude (spec 4.6, 7.3)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import Field

from foundry_kernel.engine.outcome import Outcome
from foundry_kernel.errors import FoundryError
from foundry_kernel.gateways.project_registry import REGISTRY_VARIABLE, Project, RegistryFile, registry_path
from foundry_kernel.kernel.beside import follow_beside
from foundry_kernel.kernel.live import LiveTree, Shown, in_notebook
from foundry_kernel.kernel.local_run import LocalRun, new_run_folder
from foundry_kernel.kernel.parameters import Parameters, check_parameters
from foundry_kernel.kernel.progress import ProgressTree
from foundry_kernel.kernel.table_view import TableView
from foundry_kernel.runner.run_folder import RunFolder
from foundry_kernel.runner.workspace import NoWorkspace, find_workspace, open_workspace
from runtime_artifacts.envelope import Throttle

ENTRY_EVENT = "maintenance_run_started"
CLOSING_EVENT = "maintenance_run_completed"


class NightlyParameters(Parameters):
    """Parameters of `nightly.ipynb`."""

    registry: str = ""
    workspace: str = ""
    projects: list[str] = Field(default_factory=list)
    throttle: Throttle = "dry_run"
    i_approve: str = ""
    fail_on_findings: bool = True


class NightDidNotSucceed(FoundryError):
    """The night ended otherwise than completed; its outcomes say how."""


class NotRun(FoundryError):
    """The outcomes were asked for before anything ran."""


class Night:
    """One night over a registry: shown by itself, run once, concluded with one outcome for each project."""

    def __init__(self, given: NightlyParameters, registry: RegistryFile) -> None:
        """Take parameters that were checked."""
        self._given, self._registry = given, registry
        self.projects: tuple[Project, ...] = _chosen(registry, given.projects)
        self.outcome: Outcome | None = None
        self.folder: RunFolder | None = None

    def run(self, show: Callable[[object], Shown] | None = None) -> None:
        """Work on every project as far as the registry allows; shows the progress. A night is run once.

        Args:
            show: puts an object on the screen; the notebook's own display when None.

        Raises:
            FoundryError: the night could not begin.
        """
        if self.outcome is not None:
            return
        try:
            named = self._given.workspace
            place = open_workspace(Path(named)) if named else find_workspace(Path.cwd())
        except NoWorkspace:
            if self._given.workspace:
                raise
            place = None
        local = LocalRun(
            event_type=ENTRY_EVENT,
            project="night",
            throttle=self._given.throttle,
            payload={"projects": [each.name for each in self.projects]},
            folder=new_run_folder(place.runs if place else None),
            tree=place.root if place else None,
            approval=self._given.i_approve,
            approved_by=os.environ.get("USER") or f"user {os.getuid()}",
        )
        self.folder = RunFolder(local.folder)
        self.outcome = follow_beside(local.run, LiveTree(ProgressTree(local.folder.name), show))

    def outcomes(self) -> TableView:
        """How each project went.

        Raises:
            NotRun: nothing ran yet.
        """
        if self.outcome is None or self.folder is None:
            raise NotRun("there is no outcome yet", next_step="`night.run()` first")
        told: list[dict[str, object]] = []
        for fact in self.folder.facts():
            if fact.kind == "event" and fact.event_type == CLOSING_EVENT:
                told = [each for each in fact.payload.get("projects", ()) if isinstance(each, dict)]
        rows = [
            (
                "✓" if each.get("success") else "✗",
                str(each.get("project")),
                str(each.get("status")).replace("_", " "),
                str(each.get("summary") or ""),
                ", ".join(map(str, each.get("runs") or ())),  # type: ignore[call-overload]
            )
            for each in told
        ]
        return TableView(f"{len(rows)} projects", ("", "project", "outcome", "what happened", "runs"), rows)

    def conclude(self, show: Callable[[object], object] | None = None) -> None:
        """Show how each project went; end with an error unless the night succeeded.

        Raises:
            NightDidNotSucceed: the night failed or was cancelled, or has findings and they shall count.
            NotRun: nothing ran yet.
        """
        table = self.outcomes()
        (show or in_notebook)(table)
        assert self.outcome is not None
        status = self.outcome.status
        if status == "completed" or (
            status == "completed_with_findings" and not self._given.fail_on_findings
        ):
            return
        raise NightDidNotSucceed(f"{status.replace('_', ' ')}: {self.outcome.reason or 'see the outcomes'}")

    @property
    def view(self) -> TableView:
        """What would be worked on, as the registry allows it."""
        rows = [
            (
                each.name,
                str(each.folder),
                each.branch or "–",
                ", ".join(name for name, allowed in each.actions.model_dump().items() if allowed)
                or "nothing",
            )
            for each in self.projects
        ]
        caption = f"{len(rows)} projects of {self._registry.file} at throttle {self._given.throttle}"
        return TableView(caption, ("project", "folder", "branch", "allowed"), rows)

    def _repr_html_(self) -> str:
        return self.view._repr_html_()

    def __repr__(self) -> str:
        return repr(self.view)


def open_night(names: Mapping[str, object]) -> Night:
    """Check the notebook's parameters, and read the registry.

    Args:
        names: the notebook's `globals()`.

    Raises:
        UnknownParameter, IllTypedParameter: a parameter is wrong.
        NoRegistry, BadRegistry, UnknownProject: the registry cannot be read, or has no such project.
    """
    given = check_parameters(NightlyParameters, names)
    if given.registry:
        os.environ[REGISTRY_VARIABLE] = str(Path(given.registry).expanduser().resolve())
    return Night(given, RegistryFile(registry_path(os.environ)))


def _chosen(registry: RegistryFile, names: Sequence[str]) -> tuple[Project, ...]:
    return tuple(registry.get(each) for each in names) if names else registry.projects()

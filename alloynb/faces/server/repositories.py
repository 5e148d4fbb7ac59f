"""Which governed repositories a server serves: the folders it is told, and what is governed just below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alloynb.application.runners import runners
from alloynb.application.workspace import (
    ALLOY_FOLDER,
    SETTINGS_FILE,
    NoWorkspace,
    Workspace,
    find_root,
    open_workspace,
)
from alloynb.errors import AlloyError
from alloynb.faces.server.route import Holds
from alloynb.intent.authority import Principal

MOST_FOLDERS = 500


class UnknownProject(AlloyError):
    """No repository that this server serves is this project."""


class NotHere(AlloyError):
    """Nothing that this server serves holds what the path names."""


class TwoOfOneName(AlloyError):
    """Two repositories that this server serves say that they are the same project."""

    exit_code = 4


@dataclass(frozen=True)
class Repositories:
    """Finds workspaces anew at each call, so that `alloynb init` in a folder is enough to be served.

    Attributes:
        folders: each is governed itself, lies in a governed repository, or holds governed ones.
    """

    folders: Sequence[Path]

    def roots(self) -> tuple[Path, ...]:
        """Roots of all governed repositories here, sorted."""
        found: set[Path] = set()
        for folder in self.folders:
            try:
                found.add(find_root(folder))
            except NoWorkspace:
                found.update(_below(folder))
        return tuple(sorted(found))

    def all(self, principal: Principal | None) -> tuple[Workspace, ...]:
        """Open every repository for who asks; None is who runs the server.

        Raises:
            BrokenFiles, UnreadableYaml: settings are damaged, with file and line.
            TwoOfOneName: two say that they are one project.
        """
        opened: dict[str, Workspace] = {}
        for root in self.roots():
            workspace = open_workspace(root, principal=principal)
            project = workspace.settings.project
            if project in opened:
                raise TwoOfOneName(f"{opened[project].root} and {root} both say that they are {project}")
            opened[project] = workspace
        return tuple(opened.values())

    def project(self, name: str, principal: Principal | None) -> Workspace:
        """Open the repository of a project.

        Raises:
            UnknownProject: there is none; the projects that are here are named.
        """
        here = {each.settings.project: each for each in self.all(principal)}
        if name not in here:
            raise UnknownProject(
                f"no project {name[:80]!r} here",
                next_step=f"served are: {', '.join(sorted(here)) or 'none; run `alloynb init` in a repository'}",
            )
        return here[name]

    def any(self, principal: Principal | None) -> Workspace:
        """Open the first repository, for acts that are about none in particular.

        Raises:
            UnknownProject: this server serves none.
        """
        for workspace in self.all(principal):
            return workspace
        raise UnknownProject("this server serves no repository", next_step="run `alloynb init` in one")

    def registering(self, runner_id: str, principal: Principal) -> Workspace:
        """Open the repository where a runner is registered; any of them when none knows it, to refuse it there.

        Raises:
            UnknownProject: this server serves none.
        """
        here = self.all(principal)
        for workspace in here:
            if any(each.runner_id == runner_id for each in runners(workspace)):
                return workspace
        return self.any(principal)

    def holding(self, holds: Holds, named: str, principal: Principal | None) -> Workspace:
        """Open the repository that holds what a path names.

        Raises:
            NotHere: none does.
        """
        for workspace in self.all(principal):
            if holds(workspace, named):
                return workspace
        raise NotHere(f"nothing here is called {named[:120]!r}")


def _below(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())[:MOST_FOLDERS]
    except OSError:
        return []
    return [
        each.resolve()
        for each in entries
        if not each.is_symlink() and (each / ALLOY_FOLDER / SETTINGS_FILE).is_file()
    ]

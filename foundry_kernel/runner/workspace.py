"""The workspace: the folder with `.alloy/`, where requests come from and results go to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from foundry_kernel.errors import FoundryError
from runtime_artifacts.mailbox import Mailbox
from runtime_artifacts.shelf import Shelf

ALLOY_FOLDER = ".alloy"


class NoWorkspace(FoundryError):
    """No folder with `.alloy/` is here or above."""


@dataclass(frozen=True)
class RunnerWorkspace:
    """The places of a workspace that a runner uses.

    Attributes:
        root: absolute path of the folder that holds `.alloy/`.
    """

    root: Path

    @property
    def shelf(self) -> Shelf:
        """Artifacts by digest."""
        return Shelf(self.root / ALLOY_FOLDER / "shelf")

    @property
    def mailbox(self) -> Mailbox:
        """Requests, claims and results."""
        return Mailbox(self.root / ALLOY_FOLDER / "mailbox")

    @property
    def runs(self) -> Path:
        """Folder of everything that runs left behind."""
        return self.root / ALLOY_FOLDER / "runs"


def find_workspace(start: Path) -> RunnerWorkspace:
    """Walk up from `start`, a file or folder, to the folder that holds `.alloy/`.

    Raises:
        NoWorkspace: there is none up to the root of the file system.
    """
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / ALLOY_FOLDER).is_dir():
            return RunnerWorkspace(folder)
    raise NoWorkspace(
        f"no folder with {ALLOY_FOLDER}/ at or above {here}",
        next_step="name one with --workspace, or the parameter `workspace`",
    )


def open_workspace(folder: Path) -> RunnerWorkspace:
    """Use exactly this folder.

    Raises:
        NoWorkspace: it holds no `.alloy/`.
    """
    root = folder.resolve()
    if not (root / ALLOY_FOLDER).is_dir():
        raise NoWorkspace(f"{root} holds no {ALLOY_FOLDER}/", next_step="`alloynb init` makes it a workspace")
    return RunnerWorkspace(root)

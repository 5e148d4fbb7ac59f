"""Begin to govern a repository: lay the `.alloy` folder, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from alloynb.application.workspace import ALLOY_FOLDER, SETTINGS_FILE
from alloynb.errors import AlloyError
from runtime_artifacts.write_once import create_once

IGNORED = """# Local to one checkout: artifacts, requests, runs and the disposable store.
/shelf/
/mailbox/
/runs/
/evidence/
/cache/
/reports/
/ledger/brief/
"""


@dataclass(frozen=True)
class InitializeWorkspace:
    """Please govern the repository at `folder`.

    Attributes:
        project: first part of every record id; None takes the folder's name.
        title: for people; None takes the project's name.
    """

    folder: Path
    project: str | None = None
    title: str | None = None


@dataclass(frozen=True)
class InitializedWorkspace:
    """What stands there now.

    Attributes:
        created: files that this call made, relative to `root`; empty when everything was there.
    """

    root: Path
    project: str
    created: tuple[str, ...]


def initialize_workspace(command: InitializeWorkspace) -> InitializedWorkspace:
    """Create `.alloy/project.yaml`, its ignore file and the folder for records; what exists stays as it is.

    Raises:
        AlloyError: the folder is missing, or no project name can be made of it.
        OSError: the folder may not be written.
    """
    root = command.folder.resolve()
    if not root.is_dir():
        raise AlloyError(f"{root} is not a folder")
    project = _slug(command.project or root.name)
    if not project:
        raise AlloyError(f"no project name can be made of {root.name!r}", next_step="name one with --project")
    title = (command.title or project).replace("\n", " ").strip()
    texts = {
        SETTINGS_FILE: "# What Alloy knows of this repository. Records stand in intent/, one file each.\n"
        f"project: {project}\ntitle: {_quoted(title)}\ntarget_project: {project}\n",
        ".gitignore": IGNORED,
        "intent/.gitkeep": "",
    }
    alloy = root / ALLOY_FOLDER
    created = [name for name, text in texts.items() if create_once(alloy / name, text.encode())]
    return InitializedWorkspace(root, project, tuple(f"{ALLOY_FOLDER}/{name}" for name in created))


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_")[:120]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

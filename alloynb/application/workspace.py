"""A governed repository as use cases see it: its settings, its stores, the person who acts, the clock."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from alloynb import __version__
from alloynb.errors import AlloyError
from alloynb.intent.authority import Principal
from alloynb.intent.patience import Patience, Tell, quietly
from alloynb.intent.strict_model import Slug, StrictModel, Text
from alloynb.references.configuration import ReferenceSystem

if TYPE_CHECKING:
    from alloynb.evidence.warehouse import Warehouse
    from alloynb.intent.authority import Authority
    from alloynb.intent.ledger import Ledger
    from alloynb.intent.registrar import Registrar
    from alloynb.intent.store import ExpectationStore, IntentStore, StrategyStore
    from runtime_artifacts.mailbox import Mailbox
    from runtime_artifacts.shelf import Shelf

ALLOY_FOLDER = ".alloy"
SETTINGS_FILE = "project.yaml"
COMPILER_VERSION = f"alloynb {__version__}"

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present, with its zone."""
    return datetime.now(UTC)


class NoWorkspace(AlloyError):
    """No folder from here upwards is governed by Alloy."""


class ProjectSettings(StrictModel):
    """Content of `.alloy/project.yaml`.

    Attributes:
        project: first part of every record id.
        target_project: name under which Foundry knows the repository.
        source_roots: folders in which Python packages lie, to know which module a file is.
        objective: what a validation is for when nobody says otherwise; other templates say it themselves.
        references: systems that own product and design intent, by the name that references write before a colon.
    """

    project: Slug
    title: Text
    target_project: Slug
    default_branch: Text = "main"
    source_roots: tuple[Text, ...] = (".",)
    objective: Text = "Show that the capabilities this repository relies on still hold."
    time_limit_s: Annotated[float, Field(gt=0, description="seconds that one run may take")] = 3600
    references: dict[Slug, ReferenceSystem] = Field(default_factory=dict)


@dataclass(frozen=True)
class Workspace:
    """One governed repository, opened by one principal.

    Attributes:
        root: folder that holds `.alloy/`, absolute.
        principal: the person or program that acts.
        tell: hears how far long work has come.
    """

    root: Path
    settings: ProjectSettings
    principal: Principal
    clock: Clock = utc_now
    tell: Tell = quietly

    @property
    def alloy_dir(self) -> Path:
        """The `.alloy` folder."""
        return self.root / ALLOY_FOLDER

    @cached_property
    def intent(self) -> IntentStore:
        """Intent records, one YAML file each."""
        from alloynb.intent.store import IntentStore

        return IntentStore(self.alloy_dir, patience=Patience(self.tell))

    @cached_property
    def expectations(self) -> ExpectationStore:
        """Shared expectations, one YAML file each."""
        from alloynb.intent.store import ExpectationStore

        return ExpectationStore(self.alloy_dir, patience=Patience(self.tell))

    @cached_property
    def strategies(self) -> StrategyStore:
        """Shared strategies, one YAML file each."""
        from alloynb.intent.store import StrategyStore

        return StrategyStore(self.alloy_dir, patience=Patience(self.tell))

    @cached_property
    def ledger(self) -> Ledger:
        """Lifecycle transitions of intent records."""
        from alloynb.intent.ledger import Ledger

        return Ledger(self.alloy_dir)

    @cached_property
    def authority(self) -> Authority:
        """Who may do what."""
        from alloynb.intent.authority import load_authority

        return load_authority(self.alloy_dir)

    @property
    def registrar(self) -> Registrar:
        """Takes steps of the lifecycle: authority, rule, file and ledger together."""
        from alloynb.intent.registrar import Registrar

        return Registrar(self.intent, self.ledger, self.authority)

    @cached_property
    def shelf(self) -> Shelf:
        """Immutable artifacts."""
        from runtime_artifacts.shelf import Shelf

        return Shelf(self.alloy_dir / "shelf")

    @cached_property
    def mailbox(self) -> Mailbox:
        """Requests out, results back."""
        from runtime_artifacts.mailbox import Mailbox

        return Mailbox(self.alloy_dir / "mailbox")

    @cached_property
    def warehouse(self) -> Warehouse:
        """Evidence: what happened and what it meant."""
        from alloynb.evidence.growing import Growth
        from alloynb.evidence.warehouse import Warehouse

        return Warehouse(self.alloy_dir, clock=self.clock, growth=Growth(tell=self.tell))

    def run_dir(self, run_id: str) -> Path:
        """Folder of everything that one run left behind."""
        return self.alloy_dir / "runs" / run_id


def find_root(start: Path) -> Path:
    """Walk up from `start` to the folder that holds `.alloy/project.yaml`.

    Raises:
        NoWorkspace: there is none up to the root of the file system.
    """
    here = start.resolve()
    for folder in (here, *here.parents):
        if (folder / ALLOY_FOLDER / SETTINGS_FILE).is_file():
            return folder
    raise NoWorkspace(
        f"no {ALLOY_FOLDER}/{SETTINGS_FILE} in {here} or above",
        next_step="run `alloynb init` in the repository",
    )


def open_workspace(
    start: Path, *, principal: Principal | None = None, clock: Clock = utc_now, tell: Tell = quietly
) -> Workspace:
    """Open the workspace that `start` lies in.

    Args:
        principal: who acts; by default `$ALLOY_PRINCIPAL`, else the name of the operating system's user.
        tell: hears how far long work has come.

    Raises:
        NoWorkspace: nothing here is governed.
        BrokenFiles, UnreadableYaml: the settings are damaged, with file and line.
    """
    from alloynb.intent.document_model import model_of
    from alloynb.intent.yaml_document import read_yaml

    root = find_root(start)
    file = root / ALLOY_FOLDER / SETTINGS_FILE
    settings = model_of(read_yaml(file.read_bytes(), file), ProjectSettings)
    acting = principal or Principal(os.environ.get("ALLOY_PRINCIPAL") or _user_name())
    return Workspace(root, settings, acting, clock, tell)


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user in this container
        return f"uid-{os.getuid()}"

"""A governed repository in this process: one commit, one accepted record, one brief on the shelf."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alloynb.application.compile_intent import CompileIntent, compile_intent
from alloynb.application.decide_intent import DecideIntent, DraftIntent, decide_intent, draft_intent
from alloynb.application.initialize_workspace import InitializeWorkspace, initialize_workspace
from alloynb.application.signing_keys import SigningKeys
from alloynb.application.workspace import Workspace, open_workspace
from alloynb.intent.authority import Principal
from runtime_artifacts.envelope import Artifact
from runtime_artifacts.formation_brief import FormationBrief

RECORD = "shop.intent.charge-once"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass
class Hands:
    """A clock that stands still until it is moved."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Governed:
    """A repository, its clock, and a folder for private keys outside of it."""

    workspace: Workspace
    clock: Hands
    keys: SigningKeys

    @property
    def root(self) -> Path:
        """Folder of the repository."""
        return self.workspace.root

    def seen_by(self, name: str) -> Workspace:
        """The same repository, opened anew by somebody."""
        return open_workspace(self.root, principal=Principal(name), clock=self.clock)

    def compiled(self) -> Artifact[FormationBrief]:
        """The brief of everything that is accepted."""
        return compile_intent(self.workspace, CompileIntent()).formation.brief

    def accept(self, slug: str) -> None:
        """Write a record down and accept it."""
        texts = dict.fromkeys(
            ("capability", "threat", "expectation", "strategy", "tradeoff"), f"About {slug}."
        )
        look = {"id": "look", "kind": "human_review", "description": "Look.", "question": "Well?"}
        evidence = [look | {"role": "owner", "expires_days": 90}]
        sources = [{"source_type": "human", "ref": "ada"}]
        fields = {"title": slug, "severity": "high", "evidence": evidence, "sources": sources, **texts}
        draft_intent(self.workspace, DraftIntent(slug, fields, "tests"))
        decide_intent(self.workspace, DecideIntent(slug, "accepted", "tests"))

    def grant(self, text: str) -> None:
        """Write `authority.yaml`."""
        (self.workspace.alloy_dir / "authority.yaml").write_text(text)

    def git(self, *arguments: str) -> str:
        """Call git in the repository."""
        command = ["git", "-C", str(self.root), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def govern_here(folder: Path, principal: str = "ada") -> Governed:
    """Make the repository in `folder/shop`; private keys would lie in `folder/config/alloy/keys`."""
    root = folder / "shop"
    root.mkdir(parents=True)
    initialize_workspace(InitializeWorkspace(root, "shop"))
    clock = Hands()
    opened = replace(open_workspace(root, principal=Principal(principal)), clock=clock)
    here = Governed(opened, clock, SigningKeys(folder / "config" / "alloy" / "keys"))
    here.git("init", "--quiet", "--initial-branch=main")
    here.accept("charge-once")
    here.git("add", "--all")
    here.git("commit", "--quiet", "-m", "Begin")
    return here

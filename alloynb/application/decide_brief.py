"""A human closes a brief, or opens it again: reject, archive, cancel, reopen (spec 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from alloynb.application.brief_lifecycle import Standing, standing_of, take_step
from alloynb.application.follow_brief import record_progress
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.intent.errors import MissingAuthority
from runtime_artifacts.envelope import Artifact, format_timestamp
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief

Decision = Literal["rejected", "archived", "cancelled", "reviewable"]


@dataclass(frozen=True)
class DecideBrief:
    """Please close this brief, or open it for review again.

    Attributes:
        brief: id or digest of a brief on the shelf, or the beginning of one.
        decision: where it shall stand; `reviewable` opens it again.
        why: reason for the ledger.
    """

    brief: str
    decision: Decision
    why: str


@dataclass(frozen=True)
class DecidedBrief:
    """The brief, and where it stands now.

    Attributes:
        still_asked: requests of it that no runner took up yet; closing a brief takes none of them back.
    """

    brief: Artifact[FormationBrief]
    standing: Standing
    still_asked: tuple[str, ...]


def decide_brief(workspace: Workspace, command: DecideBrief) -> DecidedBrief:
    """Write the decision into the brief's ledger; the immutable file stays as it is.

    Raises:
        NotOnShelf: no such brief.
        AlloyError: no reason.
        MissingAuthority: the principal may not, or is not a human.
        IllegalBriefStep: it cannot be decided so from where it stands.
    """
    brief = workspace.shelf.find(FORMATION_BRIEF, command.brief)
    if not command.why.strip():
        raise AlloyError("a decision has a reason", next_step="say why with --why")
    grant = workspace.authority.require(workspace.principal, "compile_brief", workspace.settings.project)
    if grant.principal.kind != "human":
        raise MissingAuthority(
            f"{grant.principal.name} is not a human, and only a human closes or reopens a brief",
            next_step="ask a person who may",
        )
    for request_id in standing_of(workspace.alloy_dir, brief.id).requests:
        _catch_up(workspace, request_id)  # what became of its requests decides what is legal
    take_step(
        workspace.alloy_dir,
        brief.id,
        command.decision,
        at=format_timestamp(workspace.clock()),
        by=workspace.principal.name,
        why=command.why.strip(),
        brief_digest=brief.digest,
    )
    standing = standing_of(workspace.alloy_dir, brief.id)
    waiting = tuple(id for id, state in standing.requests.items() if state == "queued")
    return DecidedBrief(brief, standing, waiting)


def _catch_up(workspace: Workspace, request_id: str) -> None:
    try:
        record_progress(workspace, workspace.mailbox.request(request_id))
    except ArtifactError:
        return  # a request that is gone or damaged tells nothing; `alloynb verify` names it

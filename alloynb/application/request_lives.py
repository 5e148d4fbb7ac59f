"""The lives of the requests of a workspace, and their way into the evidence store (spec 5.7)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alloynb.application.workspace import Workspace
from alloynb.evidence.dispatch_facts import life_facts, refused_dispatch_fact
from runtime_artifacts.identity import is_id
from runtime_artifacts.life_files import RequestLives
from runtime_artifacts.write_once import create_once

if TYPE_CHECKING:
    from runtime_artifacts.mailbox import Claim
    from runtime_artifacts.request_life import RequestLife


def lives_of(workspace: Workspace) -> RequestLives:
    """The lives of the requests in the workspace's mailbox."""
    return RequestLives(workspace.mailbox.folder)


def tell_life(workspace: Workspace, life: RequestLife) -> None:
    """Record every step of a request that the store does not hold yet; of one that has ended, once and for all."""
    workspace.warehouse.record(life_facts(life, workspace.settings.project))
    if life.end is not None:
        create_once(_told_file(workspace, life.request_id), b"")


def untold(workspace: Workspace) -> list[str]:
    """Ids of the requests to which something happened that may not be in the store."""
    return [each for each in lives_of(workspace).touched() if not _told_file(workspace, each).exists()]


def tell_refusal(
    workspace: Workspace, runner_id: str, message: str, why: str, *, request_id: str | None = None
) -> None:
    """Record that a runner asked for something, and was refused."""
    said = refused_dispatch_fact(
        project_id=workspace.settings.project,
        request_id=request_id,
        runner_id=runner_id,
        message=message,
        why=why,
        at=workspace.clock(),
    )
    workspace.warehouse.record([said])


def is_of_this_machine(claim: Claim) -> bool:
    """Say whether a request was claimed by a run on this machine, and not for a registered runner."""
    return not is_id(claim.runner_id, "runner")


def _told_file(workspace: Workspace, request_id: str) -> Path:
    return workspace.mailbox.folder / "told" / request_id

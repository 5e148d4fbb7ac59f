"""Approvals of a brief that hold now, as the project trusts keys: what a request takes along (spec 3.8)."""

from __future__ import annotations

from datetime import datetime

from alloynb.application.trust_keys import trusted_keys
from alloynb.application.workspace import Workspace
from runtime_artifacts.approval import Approval, ApprovalScope
from runtime_artifacts.approval_search import approvals_on_shelf
from runtime_artifacts.envelope import Artifact, Throttle, parse_timestamp
from runtime_artifacts.errors import UntrustedApproval
from runtime_artifacts.formation_brief import FormationBrief
from runtime_artifacts.signing import verify_approval

_ABOUT_REHEARSING: frozenset[ApprovalScope] = frozenset({"dry_run"})


def standing_approvals(
    workspace: Workspace, brief: Artifact[FormationBrief], *, throttle: Throttle, revision: str
) -> tuple[Artifact[Approval], ...]:
    """Find the approvals that cover something of a request: genuine, for this revision, begun and not over.

    A request at throttle `full` takes along whatever was approved beyond dry runs, others what was approved for
    dry runs.

    Raises:
        ArtifactError: the file of a trusted key is damaged.
        SigningUnavailable: there are approvals, and the extra `signing` is not installed.
    """
    now, trusted = workspace.clock(), None
    found = []
    for approval in approvals_on_shelf(workspace.shelf, brief.digest):
        if not _fits(approval.content, brief, workspace.settings.project, revision, now):
            continue
        rehearsing = set(approval.content.scopes) & _ABOUT_REHEARSING
        if not (rehearsing if throttle != "full" else set(approval.content.scopes) - _ABOUT_REHEARSING):
            continue
        trusted = trusted_keys(workspace) if trusted is None else trusted
        try:
            verify_approval(approval.content, trusted)
        except UntrustedApproval:
            continue
        found.append(approval)
    return tuple(found)


def _fits(
    approval: Approval, brief: Artifact[FormationBrief], project: str, revision: str, now: datetime
) -> bool:
    return (
        (approval.subject_kind, approval.subject_id) == ("formation_brief", brief.id)
        and approval.project_id == project
        and approval.revision in (None, revision)
        and parse_timestamp(approval.approved_at) <= now < parse_timestamp(approval.expires_at)
    )

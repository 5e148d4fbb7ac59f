"""What the approvals of a request allow its run to do (spec 3.8, 4.8)."""

from __future__ import annotations

from datetime import datetime

from foundry_kernel.engine.permission import Permission
from foundry_kernel.runner.run_folder import RunFolder
from runtime_artifacts.approval import APPROVAL, ApprovalScope
from runtime_artifacts.envelope import parse_timestamp
from runtime_artifacts.kinds import read_file


def permission_of(folder: RunFolder, now: datetime) -> Permission:
    """Read what the run may do from the copies of its approvals.

    Signatures were verified before the run was laid out. A copy counts only if it is the one that the request names,
    speaks of this brief, of this revision if of any, and has not expired. What the brief does not allow, no approval
    does.

    Args:
        now: aware time.

    Raises:
        ArtifactError: a copy is damaged.
    """
    request, brief = folder.request(), folder.brief()
    scopes: set[ApprovalScope] = set()
    by: list[str] = []
    why: list[str] = []
    for ref in request.content.approvals:
        copy = read_file(APPROVAL, folder.artifacts / "approvals" / f"{ref.id}.json")
        approval = copy.content
        if (
            copy.digest == ref.digest
            and approval.subject_digest == brief.digest
            and approval.revision in (None, request.content.repo.revision)
            and parse_timestamp(approval.expires_at) > now
        ):
            scopes.update(approval.scopes)
            by.append(approval.approved_by)
            why.append(approval.why)
    controls = brief.content.foundry
    commit = "commit" in scopes and controls.commit_allowed
    return Permission(
        scopes=frozenset(scopes),
        commit=commit,
        push=commit and controls.push_allowed,
        by=", ".join(dict.fromkeys(by)),
        why="; ".join(dict.fromkeys(filter(None, why))),
    )

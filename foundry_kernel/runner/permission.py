"""What the approvals of a request allow its run to do (spec 3.8, 4.8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from foundry_kernel.engine.permission import Permission
from foundry_kernel.runner.approvals import TrustedKeys, granted_to_run, needed_scopes, read_trust
from foundry_kernel.runner.ports import mutates
from foundry_kernel.runner.run_folder import RunFolder
from foundry_kernel.runner.workspace import RunnerWorkspace


def permission_of(
    folder: RunFolder,
    workspace: RunnerWorkspace,
    now: datetime,
    trust: Callable[[RunnerWorkspace, str], TrustedKeys] = read_trust,
) -> Permission:
    """Verify anew what the run may do, at the moment when it begins or goes on.

    An approval of the scope `commit` allows to commit and push as far as the brief's controls, or the actions of the
    payload that was approved with it, say so. What is not at throttle `full` needs nothing and may nothing.

    Args:
        now: aware time.

    Raises:
        ApprovalRefused: a needed scope is not approved, or no longer.
        ArtifactError: a copy is damaged.
    """
    content, controls = folder.request().content, folder.brief().content.foundry
    call = content.foundry
    needed = needed_scopes(call, controls, mutates=mutates(call.entry_event, call.payload))
    if not needed:
        return Permission()
    granted = granted_to_run(folder, workspace, trust(workspace, content.project_id), now, needed)
    actions = call.payload.get("actions")
    push_wanted = controls.push_allowed or (isinstance(actions, dict) and actions.get("push") is True)
    approved = "commit" in granted.scopes
    return Permission(
        scopes=granted.scopes,
        commit=approved and (controls.commit_allowed or push_wanted),
        push=approved and push_wanted,
        by=", ".join(dict.fromkeys(each.content.approved_by for each in granted.approvals)),
        why="; ".join(dict.fromkeys(each.content.why for each in granted.approvals if each.content.why)),
    )

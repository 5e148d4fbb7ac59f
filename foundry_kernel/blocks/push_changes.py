"""Pushes the run's branch to the configured remote, never by force, where it is asked for and allowed (spec 4.8)."""

from __future__ import annotations

from foundry_kernel.engine.block import BlockContext, BlockResult, Settings, Trigger, block
from foundry_kernel.events.payload import EntryPayload
from foundry_kernel.events.payloads.iteration import ProjectChangesCommitted, ProjectChangesPushed
from foundry_kernel.gateways.git import GitFailed


class PushSettings(Settings):
    """What a formation may set.

    Attributes:
        remote: name of the remote.
    """

    remote: str = "origin"


def _would_push(trigger: Trigger) -> list[ProjectChangesPushed]:
    committed = trigger.payload_as(ProjectChangesCommitted)
    return [ProjectChangesPushed(success=True, reason="not run", **committed.step)]


@block(
    name="push_changes",
    kind="mutator",
    reach="outside",
    sinks=(ProjectChangesCommitted,),
    emits=(ProjectChangesPushed,),
    accepts=lambda payload: payload.success,
    dry_run_events=_would_push,
    settings=PushSettings,
)
async def push_changes(context: BlockContext) -> BlockResult:
    """Push, or say why not. A push that does not arrive leaves the commit where it is: on the run's branch."""
    made = context.payload_as(ProjectChangesCommitted)
    remote = context.settings_as(PushSettings).remote
    if not made.commit:
        return _said(made, True, made.reason)
    why_not = _not_asked(context)
    if why_not:
        return _said(made, True, why_not)
    try:
        if remote not in await context.gateways.git.remotes(context.work_tree):
            return _said(made, False, f"there is no remote {remote!r}")
        await context.gateways.git.push(context.work_tree, remote, made.branch)
    except GitFailed as error:
        return _said(made, False, error.message)
    pushed = ProjectChangesPushed(
        success=True, commit=made.commit, branch=made.branch, remote=remote, **made.step
    )
    return BlockResult(f"pushed to {remote}", pushed)


def _not_asked(context: BlockContext) -> str:
    """Why the branch is not to be pushed; empty when it is."""
    entry = context.latest(EntryPayload)
    if entry is not None and entry.actions is not None and entry.actions.push is False:
        return "the request says not to push"
    return "" if context.permission.push else "pushing was not allowed"


def _said(made: ProjectChangesCommitted, success: bool, reason: str) -> BlockResult:
    said = ProjectChangesPushed(
        success=success, commit=made.commit, branch=made.branch, reason=reason, **made.step
    )
    return BlockResult(reason, said)


BLOCK = push_changes

"""Pushes the run's branch with its key, never by force, where it is asked for and allowed (spec 3.7, 4.8)."""

from __future__ import annotations

from foundry_kernel.engine.block import BlockContext, BlockResult, Settings, Trigger, block
from foundry_kernel.events.payload import EntryPayload
from foundry_kernel.events.payloads.iteration import ProjectChangesCommitted, ProjectChangesPushed
from foundry_kernel.gateways.git import GitFailed, Kept
from foundry_kernel.gateways.git_keys import key_name


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
    repeatable=True,
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
    why_not = made.reason if made.before else _not_asked(context)
    if why_not:
        return _said(made, True, why_not)
    try:
        if remote not in await context.gateways.git.remotes(context.work_tree):
            return _said(made, False, f"there is no remote {remote!r}")
        kept = await _push(context, remote, made)
    except GitFailed as error:
        return _said(made, False, error.message)
    if kept.before:
        reason = f"delivered before for the same request, as {kept.commit[:12]}; nothing was pushed"
        return _said(made, True, reason)
    pushed = ProjectChangesPushed(
        success=True, commit=made.commit, branch=made.branch, remote=remote, **made.step
    )
    return BlockResult(f"pushed to {remote}", pushed)


async def _push(context: BlockContext, remote: str, made: ProjectChangesCommitted) -> Kept:
    git, whole = context.gateways.git, context.identity.idempotency_key
    if whole:
        return await git.push_once(context.work_tree, remote, made.branch, key_name(whole, made.step_name))
    await git.push(context.work_tree, remote, made.branch)
    return Kept(made.commit)


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

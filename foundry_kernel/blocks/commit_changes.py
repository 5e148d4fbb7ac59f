"""Commits what was verified on the run's own branch, where it is allowed, once for each key (spec 3.7, 4.8)."""

from __future__ import annotations

import re

from foundry_kernel.engine.block import BlockContext, BlockResult, Trigger, block
from foundry_kernel.errors import Unsafe
from foundry_kernel.events.payloads.iteration import (
    ExecutionCompleted,
    ProjectChangesCommitted,
    SummarizeCompleted,
)
from foundry_kernel.events.payloads.validation import GateVerificationCompleted
from foundry_kernel.gateways.git import Kept
from foundry_kernel.gateways.git_keys import KEY_TRAILER, RUN_TRAILER, key_name, refuse_forged

_LONGEST_SUBJECT = 72
_TRAILER = re.compile(r"(?m)^(?=[A-Za-z][A-Za-z-]*:\s)")
"""Beginning of a line that git would read as a trailer; only ours may stand in the commit."""


class NotWhatWasVerified(Unsafe):
    """The tree is not the one that the gates passed on."""


def _would_commit(trigger: Trigger) -> list[ProjectChangesCommitted]:
    said = trigger.payload_as(SummarizeCompleted)
    return [ProjectChangesCommitted(subject=_subject(said.headline), reason="not run", **said.step)]


@block(
    name="commit_changes",
    kind="mutator",
    reach="outside",
    repeatable=True,
    sinks=(SummarizeCompleted,),
    emits=(ProjectChangesCommitted,),
    accepts=lambda payload: payload.success,
    dry_run_events=_would_commit,
)
async def commit_changes(context: BlockContext) -> BlockResult:
    """Commit the tree as it was verified. That nothing differs, or nobody allowed it, is said and no error."""
    said = context.payload_as(SummarizeCompleted)
    subject = _subject(said.headline)
    if not context.permission.commit or context.branch is None:
        return _none(
            said, "committing was not allowed; what was changed is kept as a patch beside the run's journal"
        )
    tree, git = context.work_tree, context.gateways.git
    whole = context.identity.idempotency_key
    key = key_name(whole, said.step_name) if whole else ""
    standing = await git.commit_of_key(tree, key) if key else None
    if standing is None:
        verified = context.latest(GateVerificationCompleted)
        if verified is None or verified.tree_digest != (await git.tree_state(tree)).digest:
            raise NotWhatWasVerified(
                "the work tree is not the one that the gates passed on", next_step="request a new run"
            )
    message = f"{subject}\n\n{_TRAILER.sub('  ', said.summary.strip())}".strip()
    kept: Kept | None
    if key:
        kept = await git.commit_once(tree, message, _trailers(context), key)
    else:
        commit = await git.commit(tree, message, _trailers(context))
        kept = Kept(commit) if commit else None
    if kept is None:
        return _none(said, "nothing had changed")
    return await _committed(context, said, kept)


async def _committed(context: BlockContext, said: SummarizeCompleted, kept: Kept) -> BlockResult:
    by = (
        await context.gateways.git.trailer(context.work_tree, kept.commit, RUN_TRAILER)
        if kept.before
        else None
    )
    before = kept.before and by != context.identity.run_id
    if before and context.identity.idempotency_key:
        key = context.identity.idempotency_key
        await refuse_forged(context.gateways.git, context.work_tree, kept.commit, key)
    executed = context.latest(ExecutionCompleted)
    reason = (
        f"made before for the same request, by {by or 'another run'}; nothing was committed" if before else ""
    )
    return BlockResult(
        reason or f"{kept.commit[:12]} on {context.branch}",
        ProjectChangesCommitted(
            commit=kept.commit,
            branch=context.branch or "",
            subject=_subject(said.headline),
            reason=reason,
            before=before,
            changed_files=executed.changed_files if executed and not before else (),
            **said.step,
        ),
    )


def _none(said: SummarizeCompleted, reason: str) -> BlockResult:
    return BlockResult(reason, ProjectChangesCommitted(reason=reason, **said.step))


def _subject(headline: str) -> str:
    words = " ".join(headline.split()).lstrip("#") or "Change what the run planned"
    return words if len(words) <= _LONGEST_SUBJECT else f"{words[: _LONGEST_SUBJECT - 1]}…"


def _trailers(context: BlockContext) -> dict[str, str]:
    who = context.identity
    known = {
        "Alloy-Brief": f"{who.brief_id} {who.brief_digest}" if who.brief_id else None,
        RUN_TRAILER: who.run_id,
        KEY_TRAILER: who.idempotency_key,
    }
    return {name: value for name, value in known.items() if value}


BLOCK = commit_changes

"""Cuts a release: an annotated tag at the run's revision, pushed where that is allowed (spec 4.6, 4.8)."""

from __future__ import annotations

from typing import Any

from foundry_kernel.engine.block import BlockContext, BlockResult, Trigger, block
from foundry_kernel.errors import Unsafe
from foundry_kernel.events.payloads.release import ReleaseCompleted, ReleaseRequested
from foundry_kernel.events.payloads.security import MainBranchAudited
from foundry_kernel.gates.errors import NoTree
from foundry_kernel.gateways.git import GitFailed
from foundry_kernel.gateways.release_tags import Release, next_release


class ReleaseNotApproved(Unsafe):
    """A release was asked for, and no human has approved one."""


def _calls_for_one(payload: Any) -> bool:
    """A request does; so does a clean branch whose latest release is vulnerable."""
    if isinstance(payload, MainBranchAudited):
        return payload.release_vulnerable and not payload.vulnerable
    return True


def _would_release(trigger: Trigger) -> list[ReleaseCompleted]:
    asked = _asked(trigger)
    said = f"would release {asked.version or f'the next {asked.bump}'}"
    return [ReleaseCompleted(success=True, version=asked.version or "", summary=said)]


def _asked(trigger: Trigger) -> ReleaseRequested:
    """What is asked for: after an audit, the next patch."""
    return trigger.payload if isinstance(trigger.payload, ReleaseRequested) else ReleaseRequested()


@block(
    name="cut_release",
    kind="mutator",
    reach="outside",
    sinks=(ReleaseRequested, MainBranchAudited),
    emits=(ReleaseCompleted,),
    accepts=_calls_for_one,
    dry_run_events=_would_release,
)
async def cut_release(context: BlockContext) -> BlockResult:
    """Tag the run's revision with the version that was asked for, or the next; a tag is never moved or forced."""
    repository = context.repository
    if repository is None:
        raise NoTree("a release is a tag of a repository", next_step="name a workspace with a commit")
    if "release" not in context.permission.scopes:
        raise ReleaseNotApproved(
            "no release is approved",
            next_step="sign an approval of scope release, or emit release_requested with --i-approve",
        )
    asked, git = _asked(context), context.gateways.git
    commit = await git.revision(repository, context.identity.revision or "HEAD")
    tags = await git.tags(repository)
    release = next_release(tags, commit, version=asked.version, bump=asked.bump)
    new = release.tag not in tags
    if new:
        await git.create_tag(repository, release.tag, commit, _message(context, release))
    pushed, reason = await _push(context, release.tag)
    said = f"{'released' if new else 'was released already:'} {release.tag} at {commit[:12]}, {reason}"
    return BlockResult(
        said,
        ReleaseCompleted(
            success=pushed is not None,
            summary=said,
            version=release.version,
            tag=release.tag,
            commit=commit,
            new_tag=new,
            pushed=bool(pushed),
        ),
    )


async def _push(context: BlockContext, tag: str) -> tuple[bool | None, str]:
    """Push the tag; whether it is there, None when it should be and is not, and why."""
    assert context.repository is not None
    if not context.permission.push:
        return False, "not pushed: pushing is not allowed"
    git = context.gateways.git
    remotes = await git.remotes(context.repository)
    if not remotes:
        return False, "not pushed: there is no remote"
    if "origin" not in remotes and len(remotes) > 1:
        return None, f"not pushed: none of {', '.join(remotes)} is called origin"
    remote = "origin" if "origin" in remotes else remotes[0]
    try:
        await git.push_tag(context.repository, remote, tag)
    except GitFailed as error:
        return None, f"not pushed to {remote}: {error.message}"
    return True, f"pushed to {remote}"


def _message(context: BlockContext, release: Release) -> str:
    lines = [f"Release {release.version}", ""]
    if context.identity.brief_id:
        lines.append(f"Alloy-Brief: {context.identity.brief_id}")
    lines.append(f"Foundry-Run: {context.identity.run_id}")
    return "\n".join(lines) + "\n"


BLOCK = cut_release

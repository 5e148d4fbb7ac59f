"""Has somebody delivered this request already? Asked of the repository before anything runs (spec 3.7, 5.4).

The repository is what decides that a key is delivered once (`gateways.git_keys`). Asking it at the beginning spares the
work; that nobody asks it in vain is ensured when the commit is made and pushed.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from foundry_kernel.engine.permission import Permission
from foundry_kernel.gateways.git import Git, GitFailed
from foundry_kernel.gateways.git_keys import RUN_TRAILER, key_name, refuse_forged
from runtime_artifacts.run_result import CommitMade

REMOTE = "origin"


async def made_before(
    git: Git, repository: Path, idempotency_key: str, run_id: str, permission: Permission
) -> CommitMade | None:
    """Find the commit that another run made for the same key, here or at the remote; None when there is none.

    A remote that cannot be reached says nothing; whether the key is free is then seen when it is pushed.

    Raises:
        KeyForged: the key stands for a commit that was not made for it.
    """
    if not permission.commit:
        return None
    key = key_name(idempotency_key)
    commit, pushed = await git.commit_of_key(repository, key), False
    if commit is not None and await git.trailer(repository, commit, RUN_TRAILER) == run_id:
        return None
    if commit is None and permission.push:
        with suppress(GitFailed):
            if REMOTE in await git.remotes(repository):
                commit, pushed = await git.commit_of_key(repository, key, REMOTE), True
    if commit is None:
        return None
    by = await git.trailer(repository, commit, RUN_TRAILER)
    await refuse_forged(git, repository, commit, idempotency_key)
    return CommitMade(
        commit=commit,
        branch="",
        subject="",
        pushed=pushed,
        push_outcome=f"made before for the same request, by {by or 'a run elsewhere'}; nothing was done again",
    )

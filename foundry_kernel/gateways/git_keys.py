"""Committing and pushing once for each key, decided by the repository itself (spec 3.7, 4.8).

A key is a ref, `refs/alloy/keys/<hex of the idempotency key>`, that is created in the same step as what it stands for:
locally in one ref transaction with the branch, at the remote in one atomic push with the branch. A ref can be created
only once, so whoever comes second, from wherever, finds the commit that was made and makes none. A marker that was
written before could stand for nothing, one written after could come too late.

A remote that cannot push atomically gets the key first: then the commit is there, and whoever finds the key without the
branch finishes the push.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from foundry_kernel.errors import Unsafe
from foundry_kernel.gateways.git_changes import GitChanges
from foundry_kernel.gateways.git_command import LOOK_AWAY, GitFailed, git, last_words, run_git

if TYPE_CHECKING:
    from foundry_kernel.gateways.git import Git

KEYS = "refs/alloy/keys/"
RUN_TRAILER = "Foundry-Run"
"""Trailer of a commit that names the run that made it."""
KEY_TRAILER = "Idempotency-Key"
"""Trailer of a commit that names the key that it was made under."""
_NO_ATOMIC = "does not support --atomic"


@dataclass(frozen=True)
class Kept:
    """What stands under a key.

    Attributes:
        commit: what was made for it.
        before: it was there already; nothing was done now.
    """

    commit: str
    before: bool = False


class GitKeys(GitChanges):
    """Git as installed on this machine, used so that a key is committed or pushed once."""

    async def commit_once(
        self, tree: Path, message: str, trailers: Mapping[str, str], key: str
    ) -> Kept | None:
        """Commit everything that differs on the branch that is checked out, unless the key stands; see `Git`."""
        standing = await self.commit_of_key(tree, key)
        if standing is not None:
            return Kept(standing, before=True)
        await git(tree, "add", "--all", "--", ".", LOOK_AWAY)
        made = (await git(tree, "write-tree")).decode().strip()
        head = (await git(tree, "rev-parse", "--verify", "HEAD^{commit}")).decode().strip()
        if made == (await git(tree, "rev-parse", "--verify", "HEAD^{tree}")).decode().strip():
            return None
        said = [part for name, value in trailers.items() for part in ("--trailer", f"{name}: {value}")]
        text = await git(tree, "interpret-trailers", *said, stdin=message.strip().encode() + b"\n")
        writing = ("commit-tree", "-p", head, "-F", "-", made)
        commit = (
            (await git(tree, *writing, stdin=text, environment=await self._identity(tree))).decode().strip()
        )
        branch = (await git(tree, "symbolic-ref", "HEAD")).decode().strip()
        step = f"start\ncreate {KEYS}{key} {commit}\nupdate {branch} {commit} {head}\nprepare\ncommit\n"
        code, _, errors = await run_git(tree, "update-ref", "--stdin", stdin=step.encode())
        if code == 0:
            return Kept(commit)
        standing = await self.commit_of_key(tree, key)
        if standing is not None:
            return Kept(standing, before=True)
        raise GitFailed(f"git update-ref in {tree}: {last_words(errors)}")

    async def push_once(self, tree: Path, remote: str, branch: str, key: str) -> Kept:
        """Push a branch together with its key, unless the remote has the key; see `Git`."""
        own = await self.commit_of_key(tree, key)
        if own is None:
            raise GitFailed(f"the key {key[:12]}… stands for no commit here")
        standing = await self.commit_of_key(tree, key, remote)
        if standing is not None:
            return await self._finish(tree, remote, branch, Kept(standing, before=standing != own))
        heads = f"refs/heads/{branch}:refs/heads/{branch}"
        named = f"{own}:{KEYS}{key}"
        lease = f"--force-with-lease={KEYS}{key}:"  # the ref must not exist: it is created, never moved
        try:
            await self._push(tree, remote, heads, named, options=("--atomic", lease))
        except GitFailed as error:
            if _NO_ATOMIC not in error.said:
                return await self._lost_the_race(tree, remote, key, own, error)
            try:
                await self._push(tree, remote, named, options=(lease,))
            except GitFailed as second:
                return await self._lost_the_race(tree, remote, key, own, second)
            await self._push(tree, remote, heads)
        return Kept(own)

    async def commit_of_key(self, repository: Path, key: str, remote: str | None = None) -> str | None:
        """The commit that a key stands for, here or at a remote; None when the key is free."""
        ref = f"{KEYS}{key}"
        if remote is not None:
            commit = (await self.ls_remote(repository, remote, ref)).get(ref)
            if commit is not None:
                await self._have(repository, remote, ref, commit)
            return commit
        code, out, _ = await run_git(repository, "rev-parse", "--verify", "--quiet", ref)
        return out.decode().strip() if code == 0 else None

    async def trailer(self, repository: Path, commit: str, name: str) -> str | None:
        """Value of a trailer of a commit; None when the commit is not here, or has no such trailer."""
        form = f"--format=%(trailers:key={name},valueonly=true,separator=%x20)"
        code, out, _ = await run_git(repository, "log", "-1", form, "--end-of-options", commit)
        said = out.decode(errors="replace").strip()
        return said if code == 0 and said else None

    async def _have(self, repository: Path, remote: str, ref: str, commit: str) -> None:
        """Bring a commit of the remote here, so that it can be read whose it is; no ref is made for it."""
        code, _, _ = await run_git(repository, "cat-file", "-e", f"{commit}^{{commit}}")
        if code:
            await run_git(repository, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", remote, ref)

    async def _finish(self, tree: Path, remote: str, branch: str, kept: Kept) -> Kept:
        """Push the branch of our own commit where only its key arrived."""
        if not kept.before:
            heads = await self.ls_remote(tree, remote, f"refs/heads/{branch}")
            if heads.get(f"refs/heads/{branch}") != kept.commit:
                await self._push(tree, remote, f"refs/heads/{branch}:refs/heads/{branch}")
        return kept

    async def _lost_the_race(self, tree: Path, remote: str, key: str, own: str, error: GitFailed) -> Kept:
        """Answer with the commit of whoever was first; raise what went wrong if nobody was."""
        standing = await self.commit_of_key(tree, key, remote)
        if standing is None:
            raise error
        return Kept(standing, before=standing != own)


def key_name(idempotency_key: str, step: str = "") -> str:
    """Name of the ref for one mutation under an idempotency key.

    Args:
        step: tells the mutations of one run apart, such as the number of a further iteration; empty for the only one.
    """
    name = idempotency_key.removeprefix("sha256:")
    return f"{name}.{step}" if step else name


class KeyForged(Unsafe):
    """A key stands for a commit that was not made for it: somebody made the ref, or moved it."""


async def refuse_forged(git: Git, repository: Path, commit: str, idempotency_key: str) -> None:
    """Refuse a commit that stands under a key and does not say so itself.

    Whoever may write refs could otherwise have a request answered that nobody delivered. A commit that is not here, and
    that the remote does not give, says nothing.

    Raises:
        KeyForged: it names another key, or none.
    """
    if await git.trailer(repository, commit, KEY_TRAILER) == idempotency_key:
        return
    try:
        await git.revision(repository, commit)
    except GitFailed:
        return
    raise KeyForged(
        f"{KEYS}{key_name(idempotency_key)[:12]}… stands for {commit[:12]}, which was not made for this request",
        next_step="find out who made the ref, delete it here and at the remote, and ask again",
    )

"""What git is asked to change, and only ever in a run's own worktree, on its own branch (spec 4.8).

Nothing is forced: a branch is created or it is not, a push arrives or it does not, a ref is removed only while it
still stands where it was expected.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from foundry_kernel.gateways.git_command import LOOK_AWAY, GitFailed, git, last_words, run_git

OWN_IDENTITY = {
    "GIT_AUTHOR_NAME": "Foundry",
    "GIT_AUTHOR_EMAIL": "foundry@localhost",
    "GIT_COMMITTER_NAME": "Foundry",
    "GIT_COMMITTER_EMAIL": "foundry@localhost",
}
_NO_SIGNATURE = ("-c", "commit.gpgSign=false", "-c", "tag.gpgSign=false", "-c", "maintenance.auto=false")

_ASIDE = "foundry-delivery"


@dataclass(frozen=True)
class Commit:
    """One commit, as `log` tells it."""

    commit: str
    subject: str
    body: str = ""


class GitChanges:
    """Changing refs and reading what a run changed, with git as installed on this machine."""

    async def add_worktree(
        self, repository: Path, revision: str, folder: Path, branch: str | None = None
    ) -> None:
        """Check out a revision into a new folder: detached, or on a new branch, which must not exist."""
        where = ("--detach",) if branch is None else ("--no-track", "-b", branch)
        await git(repository, "worktree", "add", "--quiet", *where, str(folder), revision)

    async def remove_worktree(self, repository: Path, folder: Path) -> None:
        """Remove a worktree and whatever is in it; that it is gone already is fine."""
        if folder.exists():  # noqa: ASYNC240 - one look, no wait
            await git(repository, "worktree", "remove", "--force", "--force", str(folder))
        await git(repository, "worktree", "prune")

    async def attach(self, tree: Path, branch: str) -> None:
        """Put a worktree on a branch that stands where the worktree is, or make it there; files stay as they are."""
        ref = f"refs/heads/{branch}"
        head = await git(tree, "rev-parse", "--verify", "HEAD^{commit}")
        code, tip, _ = await run_git(tree, "rev-parse", "--verify", "--quiet", ref)
        if code != 0:
            await git(tree, "update-ref", ref, head.decode().strip(), "")
        elif tip != head:
            raise GitFailed(
                f"branch {branch} stands at {tip.decode()[:12]}, the worktree at {head.decode()[:12]}"
            )
        await git(tree, "symbolic-ref", "-m", "foundry: attach", "HEAD", ref)

    async def detach(self, tree: Path) -> None:
        """Take a worktree off its branch; files, index and commit stay as they are."""
        head = (await git(tree, "rev-parse", "--verify", "HEAD^{commit}")).decode().strip()
        await git(tree, "update-ref", "--no-deref", "HEAD", head)

    async def delete_branch(self, repository: Path, branch: str, expected: str) -> bool:
        """Remove a branch if it still stands at `expected`; say whether it is gone now."""
        ref = f"refs/heads/{branch}"
        code, _, _ = await run_git(repository, "rev-parse", "--verify", "--quiet", ref)
        if code != 0:
            return True
        code, _, _ = await run_git(repository, "update-ref", "-d", ref, expected)
        return code == 0

    async def commit(self, tree: Path, message: str, trailers: Mapping[str, str]) -> str | None:
        """Commit everything that differs and is not ignored, on the branch that is checked out.

        The author is whom git is configured for, else `Foundry <foundry@localhost>`. No hook runs, nothing is signed.

        Returns:
            The commit, None when nothing differs.
        """
        await git(tree, "add", "--all", "--", ".", LOOK_AWAY)
        code, _, errors = await run_git(tree, "diff", "--cached", "--quiet", "--no-ext-diff")
        if code == 0:
            return None
        if code != 1:
            raise GitFailed(f"git diff in {tree}: {last_words(errors)}")
        said = [part for name, value in trailers.items() for part in ("--trailer", f"{name}: {value}")]
        await git(
            tree,
            *_NO_SIGNATURE,
            *("commit", "--quiet", "--no-verify", "--cleanup=whitespace", *said, "--file=-"),
            stdin=message.encode(),
            environment=await self._identity(tree),
        )
        return (await git(tree, "rev-parse", "--verify", "HEAD^{commit}")).decode().strip()

    async def push(self, tree: Path, remote: str, branch: str) -> None:
        """Push a branch to the branch of the same name; never forced, no hook runs, no tracking ref appears here.

        Raises:
            GitFailed: it did not arrive.
        """
        await self._push(tree, remote, f"refs/heads/{branch}:refs/heads/{branch}")

    async def create_tag(self, repository: Path, name: str, revision: str, message: str) -> None:
        """Make an annotated tag, which must not exist."""
        await git(
            repository,
            *_NO_SIGNATURE,
            *("tag", "--annotate", "--file=-", "--end-of-options", name, revision),
            stdin=message.encode(),
            environment=await self._identity(repository),
        )

    async def push_tag(self, repository: Path, remote: str, name: str) -> None:
        """Push a tag; never forced."""
        await self._push(repository, remote, f"refs/tags/{name}:refs/tags/{name}")

    async def remotes(self, repository: Path) -> tuple[str, ...]:
        """Names of the remotes, sorted."""
        return tuple(sorted((await git(repository, "remote")).decode().split()))

    async def refs(self, repository: Path, prefix: str = "refs/") -> dict[str, str]:
        """Refs below a prefix and the object that each names."""
        out = await git(repository, "for-each-ref", "--format=%(objectname) %(refname)", prefix)
        return _refs(out)

    async def tags(self, repository: Path) -> dict[str, str]:
        """Tags and the commit that each stands for, oldest first."""
        out = await git(
            repository,
            "for-each-ref",
            "--sort=creatordate",
            "--format=%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end) %(refname:strip=2)",
            "refs/tags/",
        )
        return _refs(out)

    async def ls_remote(self, repository: Path, remote: str, *patterns: str) -> dict[str, str]:
        """Refs of a remote and the object that each names."""
        return _refs(await git(repository, "ls-remote", "--quiet", "--end-of-options", remote, *patterns))

    async def log(self, repository: Path, since: str | None, until: str) -> tuple[Commit, ...]:
        """Commits of `until` that are not of `since`, newest first."""
        span = until if since is None else f"{since}..{until}"
        out = await git(repository, "log", "-z", "--format=%H%n%s%n%b", "--end-of-options", span)
        found = []
        for each in filter(None, out.decode(errors="replace").split("\0")):
            commit, _, rest = each.partition("\n")
            subject, _, body = rest.partition("\n")
            found.append(Commit(commit, subject, body.strip()))
        return tuple(found)

    async def changed_files(self, tree: Path, revision: str) -> tuple[str, ...]:
        """Paths of a work tree that differ from a revision, new ones that are not ignored too, sorted."""
        tracked = await git(
            tree, "diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", revision, "--", ".", LOOK_AWAY
        )
        new = await git(tree, "ls-files", "-z", "--others", "--exclude-standard", "--", ".", LOOK_AWAY)
        return tuple(
            sorted({each.decode(errors="surrogateescape") for each in (tracked + new).split(b"\0")} - {""})
        )

    async def patch(self, tree: Path, revision: str) -> bytes:
        """What differs from a revision as a patch for `git apply`; index, branch and files stay as they are."""
        with tempfile.TemporaryDirectory(prefix="foundry-index-") as folder:
            aside = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
            await git(tree, "read-tree", "HEAD", environment=aside)
            await git(tree, "add", "--all", "--", ".", LOOK_AWAY, environment=aside)
            shown = ("diff", "--cached", "--binary", "--no-ext-diff", "--no-textconv", "--no-color", revision)
            return await git(tree, *shown, environment=aside)

    async def read_at(self, repository: Path, revision: str, path: str) -> bytes | None:
        """Bytes of a file of a revision, None when there is none; of a link, where it points to."""
        code, out, _ = await run_git(repository, "cat-file", "blob", f"{revision}:{path}")
        return out if code == 0 else None

    async def paths_at(self, repository: Path, revision: str) -> tuple[str, ...]:
        """Paths of all files of a revision."""
        out = await git(repository, "ls-tree", "-r", "-z", "--name-only", "--full-tree", revision)
        return tuple(each.decode(errors="surrogateescape") for each in out.split(b"\0") if each)

    async def _push(self, tree: Path, remote: str, *refspecs: str, options: tuple[str, ...] = ()) -> None:
        """Push to the addresses of a remote under another name, so that the user's tracking refs stay as they are.

        The addresses, which may hold credentials, stand in the environment and not among the arguments.
        """
        addresses = (
            (await git(tree, "remote", "get-url", "--push", "--all", "--", remote)).decode().splitlines()
        )
        aside = {"GIT_CONFIG_COUNT": str(len(addresses))}
        for number, address in enumerate(addresses):
            aside |= {
                f"GIT_CONFIG_KEY_{number}": f"remote.{_ASIDE}.url",
                f"GIT_CONFIG_VALUE_{number}": address,
            }
        pushing = ("push", "--quiet", "--no-verify", "--no-force", *options, "--end-of-options", _ASIDE)
        await git(tree, *pushing, *refspecs, environment=aside)

    async def _identity(self, tree: Path) -> dict[str, str]:
        """Nothing where git knows who commits, else our own identity."""
        for who in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
            code, _, _ = await run_git(tree, "-c", "user.useConfigOnly=true", "var", who)
            if code != 0:
                return dict(OWN_IDENTITY)
        return {}


def _refs(out: bytes) -> dict[str, str]:
    pairs: Sequence[list[str]] = [
        line.split(maxsplit=1) for line in out.decode(errors="replace").splitlines()
    ]
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2}

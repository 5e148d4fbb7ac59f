"""Committed trees of a git repository, taken out byte for byte and read-only (spec 6.4).

Only plumbing commands are used, with hooks, pager, prompts, file system monitor, replacement objects and fetching
switched off. Files come out of the object store itself and not through `git archive`, because a committed
`.gitattributes` can make that command leave files out (`export-ignore`) or rewrite them.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from alloynb.errors import AlloyError, CannotRun

TIME_LIMIT_S = 120.0
_SETTINGS = (
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never"),
    *("-c", "core.quotePath=false", "-c", "submodule.recurse=false"),
)
_KEPT_VARIABLES = ("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR")
_SYMLINK, _SUBMODULE, _EXECUTABLE = "120000", "160000", "100755"


class GitFailed(CannotRun):
    """A git command did not start, took too long or refused."""


class UnknownRevision(AlloyError):
    """The repository has no commit of this name."""


class ExportFailed(CannotRun):
    """A committed file cannot be written here: its path would leave the export, or the disk refuses it."""


@dataclass(frozen=True)
class ExportedTree:
    """A committed tree on disk.

    Attributes:
        root: directory that holds it.
        revision: full commit id.
        left_out: submodules, and links that lead out of the tree, relative to its root.
    """

    root: Path
    revision: str
    left_out: tuple[str, ...]


def head_revision(repo: Path) -> str:
    """Name the commit that is checked out in `repo`, in full.

    Raises:
        UnknownRevision: nothing is committed yet.
        GitFailed: `repo` is no repository, or git does not answer.
    """
    return resolve_revision(repo, "HEAD")


def resolve_revision(repo: Path, revision: str) -> str:
    """Name the commit behind a branch, tag, abbreviation or expression such as `main~2`, in full.

    Raises:
        UnknownRevision: there is no such commit.
        GitFailed: `repo` is no repository, or git does not answer.
    """
    _git(repo, "rev-parse", "--git-dir")
    if revision and not revision.startswith("-") and "\0" not in revision:
        try:
            return _git(repo, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").decode().strip()
        except GitFailed as error:
            raise UnknownRevision(
                f"no commit {revision!r} in {repo}", next_step="fetch or commit it"
            ) from error
    raise UnknownRevision(f"{revision!r} does not name a commit")


def current_branch(repo: Path) -> str | None:
    """Name the branch that is checked out, or None when a commit is checked out by itself.

    Raises:
        GitFailed: `repo` is no repository, or git does not answer.
    """
    named = _git(repo, "branch", "--show-current").decode("utf-8", "replace").strip()
    return named or None


def uncommitted_paths(repo: Path) -> tuple[str, ...]:
    """List what differs from the checked-out commit: changed, staged, deleted and untracked files, sorted.

    Ignored files are not listed. A renamed file counts as one deleted and one new file.

    Raises:
        GitFailed: `repo` is no repository, or git does not answer.
    """
    listed = _git(
        repo,
        *("status", "--porcelain=v1", "-z", "--no-renames"),
        *("--untracked-files=all", "--ignore-submodules=dirty"),
    )
    return tuple(sorted({os.fsdecode(entry[3:]) for entry in listed.split(b"\0") if entry}))


def changed_paths(repo: Path, base: str, head: str = "HEAD") -> tuple[str, ...]:
    """List the paths whose content differs between two commits, sorted; a rename counts as two paths.

    Raises:
        UnknownRevision: one of the commits does not exist.
        GitFailed: git does not answer.
    """
    commits = (resolve_revision(repo, base), resolve_revision(repo, head))
    listed = _git(repo, "diff-tree", "-r", "-z", "--name-only", "--no-renames", *commits)
    return tuple(sorted(os.fsdecode(path) for path in listed.split(b"\0") if path))


def contains_commit(repo: Path, revision: str, commit: str) -> bool:
    """Whether `commit` is `revision` or an ancestor of it; False when one of them is not there."""
    try:
        _git(repo, "merge-base", "--is-ancestor", commit, revision)
    except GitFailed:  # also git's way to say no
        return False
    return True


@contextmanager
def tree_at(repo: Path, revision: str) -> Iterator[ExportedTree]:
    """Take the tree of a commit out into a temporary read-only directory, and remove it afterwards.

    Nothing in the repository or its working tree changes, and nothing of the tree is run: no hook, no filter.

    Raises:
        UnknownRevision: there is no such commit.
        ExportFailed: a committed path would be written outside the export, or cannot be written.
        GitFailed: git does not answer, or an object is missing.
    """
    commit = resolve_revision(repo, revision)
    top = Path(tempfile.mkdtemp(prefix="alloynb-tree-")).resolve()
    try:
        root = top / "tree"
        root.mkdir()
        left_out = _export(repo, commit, root)
        _set_writable(root, writable=False)
        yield ExportedTree(root, commit, left_out)
    finally:
        _set_writable(top, writable=True)
        shutil.rmtree(top)


def _export(repo: Path, commit: str, root: Path) -> tuple[str, ...]:
    left_out: list[str] = []
    blobs: list[tuple[str, str, str]] = []
    for entry in _git(repo, "ls-tree", "-r", "-z", "--full-tree", commit).split(b"\0"):
        if not entry:
            continue
        facts, _, name = entry.partition(b"\t")
        mode, _, object_id = facts.decode("ascii").split(" ")
        path = os.fsdecode(name)
        if PurePosixPath(path).is_absolute() or {"..", ".", ".git"} & set(path.lower().split("/")):
            raise ExportFailed(f"the commit holds the path {path!r}, which leaves the tree")
        if mode == _SUBMODULE:
            left_out.append(path)
        else:
            blobs.append((mode, object_id, path))
    links: list[Path] = []
    # Links come last, so that no file is ever written through one.
    blobs.sort(key=lambda blob: blob[0] == _SYMLINK)
    contents = _contents(repo, [blob[1] for blob in blobs])
    for (mode, _, path), content in zip(blobs, contents, strict=True):
        place = root / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            if mode == _SYMLINK:
                place.symlink_to(os.fsdecode(content))
                links.append(place)
            else:
                place.write_bytes(content)
                place.chmod(0o755 if mode == _EXECUTABLE else 0o644)
        except (OSError, ValueError) as error:
            raise ExportFailed(f"{path!r} cannot be written: {error}") from error
    escaping = [link for link in links if not _stays_inside(link, root)]
    for link in escaping:
        link.unlink()
    return tuple(sorted([*left_out, *(link.relative_to(root).as_posix() for link in escaping)]))


def _stays_inside(link: Path, root: Path) -> bool:
    try:
        return link.resolve().is_relative_to(root)
    except (OSError, RuntimeError):  # links that lead in a circle
        return False


def _contents(repo: Path, object_ids: list[str]) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as wanted, tempfile.TemporaryFile() as answer:
        wanted.write("".join(f"{each}\n" for each in object_ids).encode("ascii"))
        wanted.seek(0)
        _git(repo, "cat-file", "--batch", stdin=wanted, stdout=answer)
        answer.seek(0)
        for object_id in object_ids:
            header = answer.readline().decode("ascii").split()
            if len(header) != 3 or header[0] != object_id:
                raise GitFailed(f"object {object_id} is missing in {repo}", next_step="run git fsck")
            yield answer.read(int(header[2]))
            answer.read(1)


def _set_writable(top: Path, *, writable: bool) -> None:
    if writable:
        top.chmod(0o700)
    for folder, directories, files in os.walk(top, topdown=writable):
        for name in (*directories, *files):
            path = Path(folder, name)
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode):
                path.chmod(stat.S_IMODE(mode) | stat.S_IWUSR if writable else stat.S_IMODE(mode) & 0o555)
    if not writable:
        top.chmod(0o555)


@contextmanager
def announced_index(repo: Path) -> Iterator[Mapping[str, str]]:
    """Give variables under which git sees a copy of the index, in which untracked files are announced.

    Thus a comparison with a commit tells of files that were moved or written and never staged. The index of the
    repository itself stays as it is.

    Raises:
        GitFailed, OSError: there is no repository, or no index.
    """
    told = _git(repo, "rev-parse", "--path-format=absolute", "--git-path", "index")
    with tempfile.TemporaryDirectory(prefix="alloynb-index-") as scratch:
        copy = Path(scratch) / "index"
        shutil.copyfile(os.fsdecode(told.strip()), copy)
        given = {"GIT_INDEX_FILE": str(copy)}
        _git(repo, "add", "--intent-to-add", "--ignore-errors", ":/", variables=given)
        yield given


def read_git(
    repo: Path,
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    time_limit_s: float = TIME_LIMIT_S,
) -> bytes:
    """Run a git command that reads, and give what it prints; nothing of the repository is run.

    Args:
        variables: for its environment, such as another index.

    Raises:
        GitFailed: git is missing, takes too long or refuses.
    """
    return _git(repo, *arguments, variables=variables, time_limit_s=time_limit_s)


def _git(
    repo: Path,
    *arguments: str,
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
    variables: Mapping[str, str] | None = None,
    time_limit_s: float = TIME_LIMIT_S,
) -> bytes:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT_VARIABLES or name.startswith("GIT_CONFIG_")
    }
    environment |= {
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_PAGER": "cat",
        **(variables or {}),
    }
    argv = ["git", "--no-pager", *_SETTINGS, "-C", str(repo), *arguments]
    try:
        done = subprocess.run(
            argv,
            stdin=stdin or subprocess.DEVNULL,
            stdout=stdout or subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            timeout=time_limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise GitFailed(f"git {arguments[0]} took longer than {time_limit_s:g} s in {repo}") from error
    except OSError as error:
        raise GitFailed(f"git did not start: {error}", next_step="install git") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip() or f"exit code {done.returncode}"
        raise GitFailed(f"git {arguments[0]} in {repo}: {said}")
    return done.stdout or b""

"""The tree that a look for drift is about: a commit taken out, or the working tree as it lies there (spec 6.4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from alloynb.application.drift_witnesses import WORKING_TREE_SUFFIX
from alloynb.application.workspace import ALLOY_FOLDER, Workspace
from alloynb.archaeology.checkout import (
    changed_paths,
    head_revision,
    resolve_revision,
    tree_at,
    uncommitted_paths,
)
from alloynb.archaeology.repository import read_export
from alloynb.interpretation.detection import Reading, plain_reading


@dataclass(frozen=True)
class LookedAt:
    """One tree.

    Attributes:
        name: what it is called in findings: a commit, with a suffix when uncommitted changes lie beside it.
        told: the same for people.
        uncommitted: paths that differ from the commit; empty for a commit that was taken out.
        exported: whether it was taken out.
    """

    root: Path
    name: str
    told: str
    uncommitted: tuple[str, ...]
    exported: bool = False

    @property
    def commit(self) -> str:
        """The commit that it is, or that it was made from."""
        return self.name.removesuffix(WORKING_TREE_SUFFIX)

    @property
    def is_commit(self) -> bool:
        """Whether nothing but the commit is read."""
        return self.name == self.commit

    def reading(self) -> Reading:
        """How it is read: of an export everything counts, of a working tree what git does not ignore."""
        plain = plain_reading(self.root)
        return replace(plain, list_files=partial(read_export, self.root)) if self.exported else plain


@contextmanager
def tree_looked_at(workspace: Workspace, revision: str | None) -> Iterator[LookedAt]:
    """Take out a commit, or give the working tree when `revision` is None.

    Raises:
        UnknownRevision, GitFailed, ExportFailed: there is no such tree.
    """
    if revision is not None:
        commit = resolve_revision(workspace.root, revision)
        with tree_at(workspace.root, commit) as exported:
            yield LookedAt(exported.root, commit, f"revision {commit[:12]}", (), exported=True)
        return
    uncommitted = uncommitted_paths(workspace.root)
    head = head_revision(workspace.root)
    if any(not path.startswith(f"{ALLOY_FOLDER}/") for path in uncommitted):
        paths = "path" if len(uncommitted) == 1 else "paths"
        told = f"working tree at {head[:12]} with {len(uncommitted)} uncommitted {paths}"
        yield LookedAt(workspace.root, head + WORKING_TREE_SUFFIX, told, uncommitted)
    else:
        # records, waivers and ledgers are ours: what is read as code is the commit
        yield LookedAt(workspace.root, head, f"revision {head[:12]}", uncommitted)


def changed_since(workspace: Workspace, base: str, tree: LookedAt) -> frozenset[str]:
    """Paths that differ between a revision and the tree.

    Raises:
        UnknownRevision: there is no such revision.
    """
    return frozenset((*changed_paths(workspace.root, base, tree.commit), *tree.uncommitted))

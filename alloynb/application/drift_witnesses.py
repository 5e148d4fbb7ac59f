"""Whom a look for drift may ask beside the tree: the store, the last run of the revision, people (spec 6.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from alloynb.application.workspace import ALLOY_FOLDER, Workspace
from alloynb.archaeology.checkout import head_revision, uncommitted_paths
from alloynb.intent.review_answer import ReviewStore
from alloynb.interpretation.witnesses import SeenRun, Witnesses
from runtime_artifacts.envelope import parse_timestamp

CONDITION_LIMIT_S = 10.0
WORKING_TREE_SUFFIX = "+uncommitted"


def witnesses_of(workspace: Workspace, revision: str) -> Witnesses:
    """Gather the witnesses for a tree of this name; a working tree with uncommitted changes was never run.

    Raises:
        BrokenFiles: an answer cannot be read.
        ArtifactError: a request or a result was changed by hand.
    """
    return Witnesses(
        ask=partial(_ask, workspace),
        run=last_run_of(workspace, revision),
        answers=ReviewStore(workspace.alloy_dir).load_all(),
    )


def tree_name(workspace: Workspace) -> str:
    """Name the working tree: its commit, and whether anything of the repository's own differs from it.

    Records, waivers and ledgers below `.alloy/` are ours: what is read as code is the commit.

    Raises:
        GitFailed, UnknownRevision: there is no repository, or no commit.
    """
    ours = f"{ALLOY_FOLDER}/"
    changed = any(not path.startswith(ours) for path in uncommitted_paths(workspace.root))
    return head_revision(workspace.root) + (WORKING_TREE_SUFFIX if changed else "")


def last_run_of(workspace: Workspace, revision: str) -> SeenRun | None:
    """The run that ended last of those that left this very revision; None when there was none."""
    found = [
        (parse_timestamp(result.content.finished_at), result.content, request.digest)
        for request in workspace.mailbox.requests()
        for result in workspace.mailbox.results(request.id)[-1:]
        if result.content.revision_after == revision
    ]
    if not found:
        return None
    _, result, digest = max(found, key=lambda each: each[0])
    return SeenRun(result, digest)


def _ask(workspace: Workspace, sql: str, parameters: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
    return workspace.warehouse.query(sql, dict(parameters), time_limit_s=CONDITION_LIMIT_S).rows

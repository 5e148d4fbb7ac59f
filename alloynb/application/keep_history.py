"""Keep who changed which path when, so that the evidence can be asked about it (spec 6.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from alloynb.application.workspace import Workspace
from alloynb.archaeology.checkout import head_revision
from alloynb.archaeology.path_changes import TIME_LIMIT_S, is_shallow, read_path_changes
from alloynb.evidence.change_facts import commit_facts, history_read_fact

COMMITS_AT_A_TIME = 2000
MOST_TIPS = 50


@dataclass(frozen=True)
class KeptHistory:
    """What was read now.

    Attributes:
        tip: the commit up to which the history is kept.
        commits, paths: commits that were new, and the changed paths that they name.
        shallow: the repository holds only the end of its history; what is older is not known.
    """

    tip: str
    commits: int
    paths: int
    shallow: bool


def keep_history(
    workspace: Workspace,
    *,
    tell: Callable[[int], None] = lambda commits: None,
    time_limit_s: float = TIME_LIMIT_S,
) -> KeptHistory:
    """Record the commits up to the one that is checked out which were not recorded before.

    Interrupted at any moment, it goes on the next time: what was recorded stays, nothing is recorded twice.

    Args:
        tell: is told how many commits were read so far.

    Raises:
        UnknownRevision: nothing is committed yet.
        GitFailed, GitStreamFailed: there is no repository, or git did not get to the end within the limit.
        StoreUnavailable, StoreBusy, JournalFull: the history cannot be kept.
    """
    project, tip = workspace.settings.project, head_revision(workspace.root)
    known = _known_tips(workspace)
    if tip in known:
        return KeptHistory(tip, 0, 0, shallow=False)
    shallow = is_shallow(workspace.root)
    found = read_path_changes(workspace.root, tip, known_tips=known[:MOST_TIPS], time_limit_s=time_limit_s)
    read = commits = paths = 0
    with workspace.warehouse.session() as session:
        while batch := list(islice(found, COMMITS_AT_A_TIME)):
            new = session.record(
                (
                    fact
                    for each in batch
                    for fact in commit_facts(
                        project_id=project,
                        commit=each.commit,
                        at=each.at,
                        authored_at=each.authored_at,
                        author=each.author,
                        email=each.email,
                        subject=each.subject,
                        changes=each.paths,
                    )
                ),
                durable=False,
            )
            commits += len({fact.revision for fact in new})
            paths += sum(len(fact.payload["changes"]) for fact in new)
            read += len(batch)
            tell(read)
        session.record(
            [
                history_read_fact(
                    project_id=project,
                    tip=tip,
                    complete=not shallow,
                    commits=commits,
                    paths=paths,
                    at=workspace.clock(),
                )
            ]
        )
    return KeptHistory(tip, commits, paths, shallow)


def _known_tips(workspace: Workspace) -> list[str]:
    """Commits of which the whole history is recorded, the newest first."""
    found = workspace.warehouse.query(
        "SELECT revision FROM facts WHERE kind = 'history_read' AND status = 'complete' AND project_id = $1 "
        "ORDER BY recorded_at DESC",
        [workspace.settings.project],
    )
    return [str(revision) for (revision,) in found.rows]

"""Look for intent in a repository: hypotheses with their observations, kept for review (spec 2.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError

if TYPE_CHECKING:
    from alloynb.archaeology.excavate import Excavation
    from alloynb.archaeology.kept_hypothesis import HypothesisStore, KeptHypothesis
    from alloynb.archaeology.nearness import Known
    from alloynb.archaeology.observation import Hypothesis as Hypothesis  # noqa: PLC0414  faces name the type through us
    from alloynb.archaeology.repository import Repository

Progress = Callable[[str, int, int], None]
DEFAULT_LIMIT = 20
_MOST_WEIGHED = 500


@dataclass(frozen=True)
class DiscoverIntent:
    """Please look for intent.

    Attributes:
        path: folder to look into; the workspace's root when None.
        limit: at most so many hypotheses.
        config_hidden: look as if import-linter and tach configurations were not there (for calibration); keeps nothing.
        keep: write hypotheses into the workspace; only ever done when its whole repository is looked at.
    """

    path: Path | None = None
    limit: int = DEFAULT_LIMIT
    config_hidden: bool = False
    keep: bool = True


@dataclass(frozen=True)
class DiscoveredIntent:
    """What was found.

    Attributes:
        hypotheses: best first.
        repeats: title of what was not raised again, and what it repeats.
        dropped: how many more were too weak or beyond the limit.
        notes: what could not be read.
        skipped: path and reason of files that were left unread.
        files: how many files were looked at, per language.
        kept_ids: ids of the files in `.alloy/hypotheses`, in the order of `hypotheses`; empty when nothing is kept.
        gone: ids of hypotheses that are not seen any more, and were removed.
    """

    root: Path
    hypotheses: tuple[Hypothesis, ...]
    repeats: tuple[tuple[str, str], ...]
    dropped: int
    notes: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    files: dict[str, int]
    kept_ids: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


def discover_intent(
    workspace: Workspace | None, command: DiscoverIntent, *, progress: Progress | None = None
) -> DiscoveredIntent:
    """Read a repository and say what may be intended there; nothing of it is run.

    Records, hypotheses that were rejected, and near copies of both are not raised. Within a workspace, open
    hypotheses are written to `.alloy/hypotheses/`; those that are not seen any more go, unless a person edited them.

    Args:
        workspace: the governed repository, or None to look at any folder and keep nothing.
        progress: told what is being done.

    Raises:
        AlloyError: there is no such folder.
        MissingAuthority: the principal may not write hypotheses.
        BrokenFiles: records or hypotheses cannot be read, with file and line.

    Spec: 2.5.
    """
    from alloynb.archaeology.repository import is_test

    root = _root_of(workspace, command)
    inside = workspace is not None and root.is_relative_to(workspace.root)
    # Paths of a part are not paths of the repository, and what a part does not show is not gone.
    keep = command.keep and workspace is not None and root == workspace.root and not command.config_hidden
    if workspace is not None and keep:
        workspace.authority.require(workspace.principal, "edit_hypotheses", workspace.settings.project)
    known = known_intent(workspace) if workspace is not None and inside else None
    repository, found = excavated(root, command, known, progress)
    files = Counter(
        ("tests in " if is_test(file.path) else "") + file.language
        for file in repository.files
        if file.language
    )
    kept_ids: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    if workspace is not None and keep:
        kept_ids, gone = _keep(workspace, found.hypotheses, command.limit)
    return DiscoveredIntent(
        root,
        found.hypotheses[: command.limit],
        found.repeats,
        found.dropped + max(0, len(found.hypotheses) - command.limit),
        found.notes,
        tuple((each.path, each.why) for each in repository.skipped),
        dict(sorted(files.items())),
        kept_ids,
        gone,
    )


def excavated(
    root: Path, command: DiscoverIntent, known: Known | None, progress: Progress | None = None
) -> tuple[Repository, Excavation]:
    """Read a folder and run every signal over it, without any workspace."""
    from alloynb.archaeology.codebase import Codebase
    from alloynb.archaeology.contracts import without_contracts
    from alloynb.archaeology.excavate import excavate
    from alloynb.archaeology.repository import no_progress, read_repository
    from alloynb.archaeology.signal import collect_signals

    tell = progress or no_progress
    hidden = without_contracts if command.config_hidden else None
    repository = read_repository(root, hidden=hidden, progress=tell)
    signals = [found.plugin for found in collect_signals().values()]
    return repository, excavate(Codebase(repository, progress=tell), signals, known, limit=_MOST_WEIGHED)


def hypothesis_store(workspace: Workspace) -> HypothesisStore:
    """The store of a workspace's hypotheses."""
    from alloynb.archaeology.kept_hypothesis import HypothesisStore

    return HypothesisStore(workspace.alloy_dir)


def _root_of(workspace: Workspace | None, command: DiscoverIntent) -> Path:
    if command.path is None and workspace is None:
        raise AlloyError("no folder to look into", next_step="name one with --path, or run `alloynb init`")
    root = (command.path or (workspace.root if workspace else Path())).resolve()
    if not root.is_dir():
        raise AlloyError(f"{root} is not a folder", next_step="name a folder that exists with --path")
    return root


def known_intent(workspace: Workspace, *, with_open: bool = False) -> Known:
    """What must not be raised again: records, rejected hypotheses, and on request those that wait.

    Raises:
        BrokenFiles: records or hypotheses cannot be read, with file and line.
    """
    from alloynb.archaeology.nearness import Known, known_of

    records = [
        known_of(
            record.id,
            record.model_dump(mode="json"),
            marks=[source.ref for source in record.sources],
            rejected=record.status == "rejected",
        )
        for record in workspace.intent.load_all()
    ]
    hypotheses = [
        each.as_known()
        for each in hypothesis_store(workspace).load_all()
        if with_open or each.rejected is not None
    ]
    return Known.of([*records, *hypotheses])


def _keep(
    workspace: Workspace, found: Sequence[Hypothesis], limit: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from alloynb.archaeology.kept_hypothesis import kept

    store = hypothesis_store(workspace)
    standing = {each.model.hypothesis_id: each for each in store.scan().stored}
    now = workspace.clock()
    ids: list[str] = []
    seen = {hypothesis.hypothesis_id for hypothesis in found}
    for hypothesis in found[:limit]:
        stored = standing.get(hypothesis.hypothesis_id)
        fresh = kept(hypothesis, workspace.settings.project, now)
        if stored is None:
            ids.append(store.create(fresh).model.id)
            continue
        ids.append(stored.model.id)
        if not stored.model.edited and _differs(stored.model, fresh):
            changed = fresh.model_copy(update={"id": stored.model.id, "found_at": stored.model.found_at})
            store.save(changed, stored.digest)
    gone = [
        each.model.id
        for each in standing.values()
        if each.model.hypothesis_id not in seen
        and each.model.rejected is None
        and not each.model.edited
        and each.model.raised_by is None
    ]
    for model_id in gone:
        store.remove(model_id)
    return tuple(ids), tuple(sorted(gone))


def _differs(one: KeptHypothesis, other: KeptHypothesis) -> bool:
    exclude = {"id", "found_at", "edited"}
    return one.model_dump(mode="json", exclude=exclude) != other.model_dump(mode="json", exclude=exclude)

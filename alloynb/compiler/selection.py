"""Which records shape a brief: accepted and active ones guide, hypotheses may only be asked about (spec 2.2, 3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from alloynb.compiler.refusal import DuplicateRecord, HypothesisAsConstraint, RecordNotGuiding, UnknownRecord
from alloynb.intent.record import IntentRecord, Scope, Status

EVERYWHERE = 0
IN_SCOPE = 1
NAMED = 2


class Scoped(Protocol):
    """What selection asks of a scope."""

    @property
    def paths(self) -> tuple[str, ...]:
        """Globs as in .gitignore."""
        ...

    @property
    def modules(self) -> tuple[str, ...]:
        """Dotted names."""
        ...


class Selectable(Protocol):
    """What selection asks of a record, or of its outline."""

    @property
    def id(self) -> str:
        """Id of the record."""
        ...

    @property
    def status(self) -> Status:
        """Where it stands in its life."""
        ...

    @property
    def scope(self) -> Scoped:
        """What it speaks about."""
        ...

    @property
    def guides_runs(self) -> bool:
        """Whether it may constrain a run."""
        ...


SelectableT = TypeVar("SelectableT", bound=Selectable)


@dataclass(frozen=True)
class Selection:
    """What the run is about; nothing named means the whole project.

    Attributes:
        record_ids: records to take, and no others unless paths or modules are named too.
        paths: files, or folders ending in `/`, relative to the repository.
        modules: dotted module names.
        ask_hypotheses: take hypotheses in scope along, as questions.
    """

    record_ids: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    ask_hypotheses: bool = False


@dataclass(frozen=True)
class SelectedIntent:
    """Records of a brief, each group ordered by id.

    Attributes:
        constraints: accepted and active records.
        questions: hypotheses that may be asked about.
        scope_match: per record id how closely it was meant: `NAMED`, `IN_SCOPE` or `EVERYWHERE`.
    """

    constraints: tuple[IntentRecord, ...]
    questions: tuple[IntentRecord, ...]
    scope_match: dict[str, int]


def select_records(records: Iterable[IntentRecord], selection: Selection) -> SelectedIntent:
    """Choose the records that govern a selection; the order in which records are given never matters.

    Raises:
        DuplicateRecord: two records share an id.
        UnknownRecord: a named record is not among them.
        HypothesisAsConstraint, RecordNotGuiding: a named record may not guide a run.
    """
    constraints, questions, match = _choose(records, selection)
    return SelectedIntent(tuple(constraints), tuple(questions), match)


def select_ids(outlines: Iterable[Selectable], selection: Selection) -> frozenset[str]:
    """Name the records that `select_records` would choose, from as little as their outlines.

    Raises:
        DuplicateRecord, UnknownRecord, HypothesisAsConstraint, RecordNotGuiding: as `select_records`.
    """
    return frozenset(_choose(outlines, selection)[2])


def _choose(
    records: Iterable[SelectableT], selection: Selection
) -> tuple[list[SelectableT], list[SelectableT], dict[str, int]]:
    """Give the constraints, the questions, and how closely each of both was meant."""
    by_id: dict[str, SelectableT] = {}
    for record in sorted(records, key=lambda each: each.id):
        if record.id in by_id:
            raise DuplicateRecord(f"{record.id} was given twice", next_step="give each record once")
        by_id[record.id] = record
    _refuse_bad_names(by_id, selection)
    match = {id: found for id, record in by_id.items() if (found := _match(record, selection)) is not None}
    constraints = [by_id[id] for id in match if by_id[id].guides_runs]
    questions = [by_id[id] for id in match if selection.ask_hypotheses and by_id[id].status == "hypothesized"]
    kept = {record.id for record in (*constraints, *questions)}
    return constraints, questions, {id: found for id, found in match.items() if id in kept}


def _refuse_bad_names(by_id: Mapping[str, Selectable], selection: Selection) -> None:
    for id in sorted(set(selection.record_ids)):
        record = by_id.get(id)
        if record is None:
            raise UnknownRecord(
                f"no record {id!r} among {len(by_id)}",
                next_step="check the id, or leave it out of the selection",
            )
        if record.status == "hypothesized" and not selection.ask_hypotheses:
            raise HypothesisAsConstraint(
                f"{id} is a hypothesis and never guides a run",
                next_step="accept it first, or ask about it by including hypotheses as questions",
            )
        if not record.guides_runs and record.status != "hypothesized":
            raise RecordNotGuiding(
                f"{id} is {record.status}; only accepted and active records guide a run",
                next_step="accept it first, or leave it out of the selection",
            )


def _match(record: Selectable, selection: Selection) -> int | None:
    """How closely a selection means a record; None when not at all."""
    if record.id in selection.record_ids:
        return NAMED
    if not (selection.paths or selection.modules):
        return None if selection.record_ids else EVERYWHERE
    scope = record.scope
    if not (scope.paths or scope.modules):
        return EVERYWHERE
    by_path = any(_path_in_scope(path, scope.paths) for path in selection.paths)
    by_module = any(_modules_touch(module, each) for module in selection.modules for each in scope.modules)
    return IN_SCOPE if by_path or by_module else None


def _path_in_scope(path: str, globs: Sequence[str]) -> bool:
    """A file matches as in .gitignore; a folder also matches when a glob may mean something below it.

    Of many thousand records few come near a path, so a look at the fixed first steps comes before any pattern is made.
    """
    near = [glob for glob in globs if not glob.startswith("!") and _may_mean(path, glob)]
    if not near:
        return False
    if path.endswith("/"):
        return True
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(globs).match_file(path)


def _may_mean(path: str, glob: str) -> bool:
    """Whether the fixed first steps of a glob let it mean a path, or something below it; in doubt it may."""
    if "/" not in glob.rstrip("/") or "\\" in glob or glob != glob.strip():
        return True  # a bare name matches at any depth
    fixed: list[str] = []
    for step in glob.strip("/").split("/"):
        if any(character in step for character in "*?["):
            break
        fixed.append(step)
    steps = path.strip("/").split("/")
    shared = min(len(fixed), len(steps))
    return fixed[:shared] == steps[:shared]


def _modules_touch(one: str, other: str) -> bool:
    """One is the other, or lies within it."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def scope_values(scope: Scope) -> dict[str, object]:
    """Write a scope down for an artifact: only what it names."""
    return {name: value for name, value in scope.model_dump(mode="json").items() if value}

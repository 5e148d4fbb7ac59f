"""Look at records: list them, tell one whole with its history, say which of them govern a place."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from alloynb.application.decide_intent import full_id
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.intent.errors import DanglingReference, UnknownRecord
from alloynb.intent.evidence_definition import EvidenceKind, EvidenceStatus
from alloynb.intent.expectation import Expectation
from alloynb.intent.ledger import Disagreement, History
from alloynb.intent.record import IntentRecord, Severity, Status
from alloynb.intent.relationship_graph import Placed, links_of
from alloynb.intent.search import Governing, find, suggest
from alloynb.intent.strategy import Strategy
from alloynb.intent.strict_model import NamedModel
from alloynb.intent.yaml_folder import Scan, YamlFolder

if TYPE_CHECKING:
    from alloynb.intent.store import Survey

SharedT = TypeVar("SharedT", bound=NamedModel)


@dataclass(frozen=True)
class ListIntent:
    """Which records are wanted; what is empty is not looked at.

    Attributes:
        words: each must occur somewhere in the record.
        path, module: what governs the place, through scope or evidence, in any status.
        interaction: product interaction of the scope, or a source of the product intent (`epilogue`).
        design: reference of a source in the design system.
        strategy, expectation: id or slug of a shared one, else words of that text.
        capability, threat: words of that text.
        evidence_statuses: records that have evidence which stands so.
        brief: id or digest, or an unambiguous beginning, of a brief that used them.
        run: id of a run, or its trace id, whose brief used them.
    """

    words: str = ""
    statuses: Collection[Status] = ()
    severities: Collection[Severity] = ()
    evidence_kinds: Collection[EvidenceKind] = ()
    evidence_statuses: Collection[EvidenceStatus] = ()
    project: str | None = None
    path: str | None = None
    module: str | None = None
    interaction: str | None = None
    design: str | None = None
    technology: str | None = None
    product_area: str | None = None
    owner: str | None = None
    strategy: str | None = None
    expectation: str | None = None
    capability: str | None = None
    threat: str | None = None
    brief: str | None = None
    run: str | None = None


@dataclass(frozen=True)
class ToldIntent:
    """One record whole: what it says, where, and how it came to its status.

    Attributes:
        expectation, strategy: the shared ones that it points at, if they are there.
        missing: ids that it points at and that nobody has.
    """

    record: IntentRecord
    file: Path
    history: History
    disagreements: tuple[Disagreement, ...]
    expectation: Expectation | None = None
    strategy: Strategy | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckedIntent:
    """Whether all records can be read and agree with each other and with their ledgers."""

    records: tuple[IntentRecord, ...]
    faults: tuple[AlloyError, ...]
    disagreements: tuple[Disagreement, ...]


def list_intent(workspace: Workspace, command: ListIntent) -> tuple[IntentRecord, ...]:
    """List records, ordered by id, or by how well they fit the words.

    Raises:
        BrokenFiles: every fault of every file, with file and line.
        AlloyError, ArtifactError: no such brief, run or trace.
        StoreUnavailable: evidence was asked for, and the store does not answer.
    """
    from alloynb.application.narrow_intent import narrowed

    everything = find(
        workspace.intent.load_all(),
        statuses=command.statuses,
        severities=command.severities,
        evidence_kinds=command.evidence_kinds,
        project=command.project,
        technology=command.technology,
        product_area=command.product_area,
        owner=command.owner,
    )
    found = narrowed(workspace, everything, command)
    if not command.words:
        return found
    return tuple(suggestion.record for suggestion in suggest(found, command.words, limit=len(found)))


def tell_intent(workspace: Workspace, record_id: str) -> ToldIntent:
    """Tell one record whole.

    Raises:
        UnknownRecord: no such record; near ids are named.
        BrokenFiles, DamagedLedger: its file or ledger cannot be read.
    """
    stored = workspace.intent.get(full_id(workspace, record_id))
    record = stored.model
    expectation = _shared(workspace.expectations, record.expectation_ref)
    strategy = _shared(workspace.strategies, record.strategy_ref)
    missing = [
        reference
        for reference, found in ((record.expectation_ref, expectation), (record.strategy_ref, strategy))
        if reference is not None and found is None
    ]
    missing += sorted(
        {target for _, target, _ in links_of(record) if not workspace.intent.file_of(target).exists()}
    )
    return ToldIntent(
        record,
        stored.file,
        workspace.ledger.history(record.id),
        workspace.ledger.examine(record),
        expectation,
        strategy,
        tuple(missing),
    )


def _shared(store: YamlFolder[SharedT], shared_id: str | None) -> SharedT | None:
    if shared_id is None:
        return None
    try:
        return store.get(shared_id).model
    except UnknownRecord:
        return None


def governing_intent(workspace: Workspace, place: str) -> tuple[Governing, ...]:
    """Say which accepted and active records govern a path or a module, and through what of scope or evidence.

    Args:
        place: path relative to the repository, with an optional `:LINE`, or a dotted module name.

    Raises:
        BrokenFiles: every fault of every file.
    """
    from alloynb.application.explain_place import governing_records

    return governing_records(workspace, workspace.intent.load_all(), place)


def check_intent(workspace: Workspace) -> CheckedIntent:
    """Read every record and hold it against the relationships and its ledger; nothing is changed."""
    scan, graph_faults = scan_intent(workspace)
    faults = [*scan.faults, *graph_faults]
    told: list[Disagreement] = []
    for record in scan.models:
        try:
            told += workspace.ledger.examine(record)
        except AlloyError as error:
            faults.append(error)
    return CheckedIntent(scan.models, tuple(faults), tuple(told))


def dangling_references(workspace: Workspace) -> tuple[AlloyError, ...]:
    """What records point at and nobody has, each with file and line; other faults are `check_intent`'s."""
    return tuple(each for each in scan_intent(workspace)[1] if isinstance(each, DanglingReference))


def scan_intent(workspace: Workspace) -> tuple[Scan[IntentRecord], tuple[AlloyError, ...]]:
    """Read all records, and name every fault of the shared expectations and strategies and of what links them.

    Returns:
        the records with the faults of their own files, and the faults beyond them.
    """
    scan = workspace.intent.scan()
    return scan, _faults_beyond(workspace, scan.stored)


def survey_intent(workspace: Workspace) -> tuple[Survey, tuple[AlloyError, ...]]:
    """Find the very faults of `scan_intent`, but build only those records that changed since they were last read."""
    survey = workspace.intent.survey()
    return survey, _faults_beyond(workspace, survey.stored)


def _faults_beyond(workspace: Workspace, stored: Sequence[Placed]) -> tuple[AlloyError, ...]:
    from alloynb.intent.relationship_graph import check_relationships

    expectations = workspace.expectations.scan()
    strategies = workspace.strategies.scan()
    links = check_relationships(
        stored, [each.id for each in expectations.models], [each.id for each in strategies.models]
    )
    return (*expectations.faults, *strategies.faults, *links)

"""Look at records: list them, tell one whole with its history, say which of them govern a place."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from alloynb.application.decide_intent import full_id
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.intent.ledger import Disagreement, History
from alloynb.intent.record import IntentRecord, Severity, Status
from alloynb.intent.search import Governing, GoverningIndex, find, suggest
from alloynb.intent.yaml_folder import Scan


@dataclass(frozen=True)
class ListIntent:
    """Which records are wanted; empty means all."""

    words: str = ""
    statuses: Collection[Status] = ()
    severities: Collection[Severity] = ()


@dataclass(frozen=True)
class ToldIntent:
    """One record whole: what it says, where, and how it came to its status."""

    record: IntentRecord
    file: Path
    history: History
    disagreements: tuple[Disagreement, ...]


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
    """
    found = find(workspace.intent.load_all(), statuses=command.statuses, severities=command.severities)
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
    return ToldIntent(
        stored.model,
        stored.file,
        workspace.ledger.history(stored.model.id),
        workspace.ledger.examine(stored.model),
    )


def governing_intent(workspace: Workspace, place: str) -> tuple[Governing, ...]:
    """Say which accepted and active records govern a path or a module, and through which entry of their scope.

    Args:
        place: path relative to the repository, with an optional `:LINE`, or a dotted module name.

    Raises:
        BrokenFiles: every fault of every file.
    """
    index = GoverningIndex(workspace.intent.load_all(), source_roots=workspace.settings.source_roots)
    path = place.partition(":")[0]
    looks_like_path = "/" in path or (workspace.root / path).exists() or "." not in path
    return index.of_path(path) if looks_like_path else index.of_module(path)


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


def scan_intent(workspace: Workspace) -> tuple[Scan[IntentRecord], tuple[AlloyError, ...]]:
    """Read all records, and name every fault of the shared expectations and strategies and of what links them.

    Returns:
        the records with the faults of their own files, and the faults beyond them.
    """
    from alloynb.intent.relationship_graph import check_relationships

    scan = workspace.intent.scan()
    expectations = workspace.expectations.scan()
    strategies = workspace.strategies.scan()
    links = check_relationships(
        scan.stored, [each.id for each in expectations.models], [each.id for each in strategies.models]
    )
    return scan, (*expectations.faults, *strategies.faults, *links)

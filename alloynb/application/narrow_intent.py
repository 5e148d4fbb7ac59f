"""Narrow a list of records down by what links them to places, other systems, evidence, briefs, runs (spec 2.7)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from alloynb.application.explain_place import governing_records
from alloynb.application.standing_evidence import ask_store, standing_evidence
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.evidence.errors import StoreUnavailable
from alloynb.intent.record import IntentRecord, SourceType, Status
from runtime_artifacts.formation_brief import FORMATION_BRIEF

if TYPE_CHECKING:
    from alloynb.application.read_intent import ListIntent

_EVERY_STATUS: tuple[Status, ...] = (
    "hypothesized",
    "proposed",
    "accepted",
    "active",
    "deprecated",
    "contradicted",
    "superseded",
    "rejected",
)
_BRIEF_OF = "SELECT DISTINCT brief_id FROM runs WHERE run_id = $1 OR trace_id = $1"


class UnknownRun(AlloyError):
    """The evidence store knows no run and no trace of this id."""


def narrowed(
    workspace: Workspace, records: tuple[IntentRecord, ...], command: ListIntent
) -> tuple[IntentRecord, ...]:
    """Keep the records that have every link that is asked for, in their order.

    Raises:
        UnknownRun: no such run or trace; ArtifactError: no such brief.
        StoreUnavailable: a run or evidence was asked for, and the store does not answer.
    """
    for wanted in (command.path, command.module):
        if wanted is not None:
            records = _at_place(workspace, records, wanted)
    for fits in _tests(command):
        records = tuple(record for record in records if fits(record))
    if command.brief is not None:
        records = _of_briefs(workspace, records, [command.brief])
    if command.run is not None:
        records = _of_briefs(workspace, records, _briefs_of(workspace, command.run))
    if command.evidence_statuses:
        standings = standing_evidence(workspace, records)
        if standings.note and not {"proposed", "obsolete", "waived"} >= set(command.evidence_statuses):
            raise StoreUnavailable(standings.note, next_step="`alloynb run` or `alloynb drift` looks")
        records = tuple(
            record
            for record in records
            if any(each.status in command.evidence_statuses for each in standings.by_record[record.id])
        )
    return records


def _at_place(
    workspace: Workspace, records: tuple[IntentRecord, ...], place: str
) -> tuple[IntentRecord, ...]:
    found = governing_records(workspace, records, place, _EVERY_STATUS)
    return tuple(each.record for each in found)


def _tests(command: ListIntent) -> Iterable[Callable[[IntentRecord], bool]]:
    if (interaction := command.interaction) is not None:
        yield (
            lambda record: (
                interaction in record.scope.interactions or _has_source(record, "epilogue", interaction)
            )
        )
    if (design := command.design) is not None:
        yield lambda record: _has_source(record, "design_system", design)
    if (strategy := command.strategy) is not None:
        yield lambda record: _points_at(record.strategy_ref, strategy) or _says(record.strategy, strategy)
    if (expectation := command.expectation) is not None:
        yield (
            lambda record: (
                _points_at(record.expectation_ref, expectation) or _says(record.expectation, expectation)
            )
        )
    if (capability := command.capability) is not None:
        yield lambda record: _says(record.capability, capability)
    if (threat := command.threat) is not None:
        yield lambda record: _says(record.threat, threat)


def _of_briefs(
    workspace: Workspace, records: tuple[IntentRecord, ...], briefs: Collection[str]
) -> tuple[IntentRecord, ...]:
    used = {
        snapshot.record_id
        for brief in briefs
        for snapshot in workspace.shelf.find(FORMATION_BRIEF, brief).content.relevant_intent.records
    }
    return tuple(record for record in records if record.id in used)


def _briefs_of(workspace: Workspace, run: str) -> list[str]:
    rows, note = ask_store(workspace, _BRIEF_OF, [run])
    if note:
        raise StoreUnavailable(note, next_step="name the brief with --brief instead")
    found = [row["brief_id"] for row in rows if row["brief_id"]]
    if not found:
        raise UnknownRun(
            f"no run or trace {run!r} with a brief is known",
            next_step='`alloynb evidence sql "FROM runs"` lists them',
        )
    return found


def _has_source(record: IntentRecord, source_type: SourceType, ref: str) -> bool:
    return any(source.source_type == source_type and ref in source.ref for source in record.sources)


def _points_at(reference: str | None, wanted: str) -> bool:
    return reference is not None and wanted in (reference, reference.rpartition(".")[2])


def _says(text: str | None, words: str) -> bool:
    return text is not None and all(word in text.casefold() for word in words.casefold().split())

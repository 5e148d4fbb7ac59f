"""Product and design intent behind the records of a brief: resolved to compile, compared later (spec 3.2, 6.4)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alloynb.application.workspace import Workspace
from alloynb.compiler.refusal import UnresolvedReference
from alloynb.intent.record import IntentRecord
from alloynb.references.adapters.folder import FolderSource
from alloynb.references.configuration import ReferenceSystem
from alloynb.references.external_intent import IntentSource
from alloynb.references.kept_answers import KeptAnswers
from alloynb.references.resolve import Resolved, references_of, resolve
from runtime_artifacts.formation_brief import ExternalReference

if TYPE_CHECKING:
    from runtime_artifacts.formation_brief import FormationBrief


@dataclass(frozen=True)
class ResolvedReferences:
    """What a brief takes along of other systems.

    Attributes:
        references: with the values that it needs, ordered by system and reference.
        questions: one for each reference that could not be resolved, in the same order.
        cautions: what a person should know: systems out of reach, earlier answers used.
    """

    references: tuple[ExternalReference, ...]
    questions: tuple[str, ...]
    cautions: tuple[str, ...]


@dataclass(frozen=True)
class ReferenceChange:
    """Product or design intent that says something else than when a brief was compiled.

    Attributes:
        record_ids: records that refer to it.
        before, now: versions; `now` is empty when the system no longer knows it.
        digest: of what it says now; empty when that is unknown.
        told: one sentence.
    """

    system: str
    ref: str
    record_ids: tuple[str, ...]
    before: str
    now: str
    digest: str
    told: str


def resolve_references(workspace: Workspace, records: Iterable[IntentRecord]) -> ResolvedReferences:
    """Ask the configured systems for what records refer to.

    Raises:
        UnresolvedReference: one cannot be resolved, and its system says `when_missing: refuse`.
    """
    found = _resolved(workspace, records)
    systems = workspace.settings.references
    refused = [
        each
        for each in found
        if each.intent is None and systems[each.referred.system].when_missing == "refuse"
    ]
    if refused:
        told = "; ".join(f"{each.referred.shown} ({each.why})" for each in refused)
        raise UnresolvedReference(
            f"{', '.join(refused[0].referred.record_ids)} refers to what cannot be resolved: {told}",
            next_step="correct the reference or its system in .alloy/project.yaml, or set when_missing: ask",
        )
    return ResolvedReferences(
        references=tuple(_reference(each) for each in found if each.intent is not None),
        questions=tuple(
            f"What does {each.referred.shown} ask for? It could not be resolved "
            f"({', '.join(each.referred.record_ids)})."
            for each in found
            if each.intent is None
        ),
        cautions=tuple(
            f"{each.referred.shown}: {each.why}{'; its last answer was taken' if each.from_earlier else ''}"
            for each in found
            if each.why
        ),
    )


def reference_changes(workspace: Workspace, brief: FormationBrief) -> tuple[ReferenceChange, ...]:
    """Ask again for what a brief took along, and tell what says something else by now.

    What cannot be asked now is no change. Neither is a new field of the system that briefs do not keep, unless its
    version changed.
    """
    records = [
        record
        for record in workspace.intent.scan().models
        if record.id in {each.record_id for each in brief.relevant_intent.records}
    ]
    now = {(each.referred.system, each.referred.ref): each for each in _resolved(workspace, records)}
    found = []
    for reference in brief.mission.references:
        each = now.get((reference.system, reference.ref))
        if each is not None and (change := _change(reference, each)) is not None:
            found.append(change)
    return tuple(found)


def _change(reference: ExternalReference, now: Resolved) -> ReferenceChange | None:
    version, shown = str(reference.snapshot.get("version", "")), now.referred.shown
    ids = now.referred.record_ids
    if now.intent is None:
        return None
    if (now.intent.version, dict(now.intent.values), now.intent.title) == (
        version,
        reference.snapshot.get("values"),
        reference.title,
    ):
        return None
    changed = _changed_fields(reference.snapshot.get("values"), now.intent.values)
    what = f" in {', '.join(changed)}" if changed else ""
    counted = f"version {now.intent.version}, it was {version}"
    if now.intent.version == version:
        counted = f"it still calls itself version {version}"
    told = f"{shown} changed{what} under {', '.join(ids)}: {counted}."
    return ReferenceChange(
        reference.system, reference.ref, ids, version, now.intent.version, now.intent.digest, told
    )


def _changed_fields(before: object, now: object) -> Sequence[str]:
    if not isinstance(before, dict) or not isinstance(now, dict):
        return ()
    return sorted(str(name) for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def _resolved(workspace: Workspace, records: Iterable[IntentRecord]) -> list[Resolved]:
    systems = workspace.settings.references
    sources: dict[str, IntentSource] = {}
    found = []
    for each in references_of(records, systems):
        if each.system not in sources:
            sources[each.system] = _source(workspace, systems[each.system])
        kept = KeptAnswers(workspace.alloy_dir / "cache" / "references" / each.system)
        found.append(resolve(each, sources[each.system], systems[each.system], kept))
    return found


def _source(workspace: Workspace, system: ReferenceSystem) -> IntentSource:
    if system.folder is not None:
        return FolderSource(workspace.root / system.folder)
    from alloynb.references.adapters.web import WebSource

    address = system.address
    assert address is not None
    token = os.environ.get(system.token_variable, "") if system.token_variable else ""
    return WebSource(address, token, system.time_limit_s)


def _reference(each: Resolved) -> ExternalReference:
    intent = each.intent
    assert intent is not None
    snapshot = {**intent.snapshot(), "records": list(each.referred.record_ids)}
    return ExternalReference(system=intent.system, ref=intent.ref, title=intent.title, snapshot=snapshot)

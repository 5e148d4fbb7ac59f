"""Product and design intent that says something else than when people last stood for a record (spec 6.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from alloynb.application.external_references import reference_changes
from alloynb.application.workspace import Workspace
from alloynb.intent.record import IntentRecord
from alloynb.interpretation.contradiction import ChangedReference
from runtime_artifacts.envelope import Artifact, parse_timestamp
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief


def changed_references(workspace: Workspace, records: Sequence[IntentRecord]) -> tuple[ChangedReference, ...]:
    """Hold what the configured systems say today against the brief by which each record was last stood for.

    That is the last brief that had the record before a human accepted, edited or confirmed it; where there is none, the
    first one that had it. So a brief that takes a change along does not hide it from people. What cannot be asked
    now is no change.

    Args:
        records: those that guide runs.

    Raises:
        ArtifactError: a brief on the shelf is damaged.
        DamagedLedger: a ledger cannot be read.
    """
    if not workspace.settings.references:
        return ()
    briefs = [each for each in workspace.shelf.all(FORMATION_BRIEF) if each.content.mission.references]
    stood_for = _stood_for(workspace, records, briefs)
    found: dict[tuple[str, str], ChangedReference] = {}
    for brief in briefs:
        held = {record_id for record_id, digest in stood_for.items() if digest == brief.digest}
        if not held:
            continue
        for change in reference_changes(workspace, brief.content):
            for record_id in held & set(change.record_ids):
                shown = f"{change.system}:{change.ref}"
                found[shown, record_id] = ChangedReference(shown, (record_id,), change.digest, change.told)
    return tuple(found[key] for key in sorted(found))


def _stood_for(
    workspace: Workspace, records: Sequence[IntentRecord], briefs: Sequence[Artifact[FormationBrief]]
) -> Mapping[str, str]:
    """By record, the digest of the brief by which people last stood for it."""
    guiding = {record.id for record in records}
    having: dict[str, list[tuple[datetime, str]]] = {}
    for brief in briefs:
        for snapshot in brief.content.relevant_intent.records:
            if snapshot.record_id in guiding:
                having.setdefault(snapshot.record_id, []).append(
                    (parse_timestamp(brief.created_at), brief.digest)
                )
    chosen = {}
    for record_id, known in having.items():
        confirmed = workspace.ledger.history(record_id).confirmed_at
        before = [digest for at, digest in known if confirmed is not None and at <= confirmed]
        chosen[record_id] = before[-1] if before else known[0][1]
    return chosen

"""Whether the intent behind a brief is still what it was when the brief was compiled (spec 3.2, 3.8)."""

from __future__ import annotations

from dataclasses import dataclass

from alloynb.application.compile_intent import CompileIntent, preview_brief
from alloynb.application.external_references import reference_changes
from alloynb.application.workspace import Workspace
from alloynb.compiler.brief import snapshot_of
from alloynb.compiler.difference import compare_snapshots, compare_strategies
from alloynb.compiler.refusal import CompilationRefused
from alloynb.errors import Refused
from alloynb.intent.record import IntentRecord
from runtime_artifacts.envelope import Artifact, parse_timestamp
from runtime_artifacts.formation_brief import FormationBrief, IntentSnapshot


class IntentChanged(Refused):
    """Records that shaped a brief say something else by now.

    Attributes:
        changes: one sentence for each.
    """

    def __init__(self, brief_id: str, changes: tuple[str, ...]) -> None:
        self.changes = changes
        super().__init__(
            f"the intent behind {brief_id} changed since it was compiled: {' '.join(changes)}",
            next_step="compile again with `alloynb brief compile`, look at it, and approve that",
        )


@dataclass(frozen=True)
class SourceChanges:
    """What changed since a brief was compiled.

    Attributes:
        changed: sentences about what shaped the brief; empty when it would be compiled the same.
        not_considered: records that guide runs by now, were changed since, and are no part of the brief.
    """

    changed: tuple[str, ...]
    not_considered: tuple[str, ...]


def source_changes(workspace: Workspace, brief: Artifact[FormationBrief]) -> SourceChanges:
    """Compare a brief with the records as they stand, and with what would be compiled of the same records now.

    Another selection or compiler may word the same intent otherwise; that is no change of intent. What counts are the
    records, the strategies that they lean on, the product and design intent that they serve, and the template.

    Raises:
        BrokenFiles: records cannot be read.
    """
    records = {record.id: record for record in workspace.intent.load_all()}
    snapshots = {each.record_id: each for each in brief.content.relevant_intent.records}
    changed = [told for id, snapshot in snapshots.items() for told in _changes(snapshot, records.get(id))]
    compiled_at = parse_timestamp(brief.created_at)
    fresh = tuple(
        record.id
        for record in records.values()
        if record.id not in snapshots and record.guides_runs and record.updated_at > compiled_at
    )
    changed += [each.told for each in reference_changes(workspace, brief.content)]
    if not changed:
        changed = _when_compiled_again(workspace, brief)
    return SourceChanges(tuple(changed), fresh)


def refuse_changed_source(workspace: Workspace, brief: Artifact[FormationBrief]) -> SourceChanges:
    """Make sure that a brief still says what the records say.

    Raises:
        IntentChanged: it does not; with what changed.
        BrokenFiles: records cannot be read.
    """
    found = source_changes(workspace, brief)
    if found.changed:
        raise IntentChanged(brief.id, found.changed)
    return found


def _changes(snapshot: IntentSnapshot, record: IntentRecord | None) -> list[str]:
    """What a record says by now that its snapshot does not, in plain sentences."""
    id = snapshot.record_id
    if record is None:
        return [f"{id} is gone."]
    if snapshot.role == "constraint" and not record.guides_runs:
        return [f"{id} is {record.status}."]
    if record.content_digest() == snapshot.digest and record.version == snapshot.version:
        return []
    return [each.sentence for each in compare_snapshots(snapshot, snapshot_of(record))]


def _when_compiled_again(workspace: Workspace, brief: Artifact[FormationBrief]) -> list[str]:
    """What differs although no record does: a shared strategy, the template, a conflict between records."""
    content = brief.content
    command = CompileIntent(
        template=content.identity.template.partition("@")[0],
        record_ids=tuple(each.record_id for each in content.relevant_intent.records),
        objective=content.mission.objective,
        throttle=content.foundry.throttle,
        payload=dict(content.foundry.payload),
        revision=content.identity.revision,
    )
    try:
        again = preview_brief(workspace, command).brief
    except CompilationRefused as error:
        return [f"It can no longer be compiled: {error.message}."]
    if again.digest == brief.digest:
        return []
    told = []
    if again.content.identity.source_graph_version != content.identity.source_graph_version:
        told += [each.sentence for each in compare_strategies(content, again.content)]
        told = told or ["A shared strategy that its records lean on was changed."]
    if again.content.identity.template != content.identity.template:
        told.append(f"The template is {again.content.identity.template}, it was {content.identity.template}.")
    return told

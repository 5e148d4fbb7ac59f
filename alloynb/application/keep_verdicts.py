"""Keep what a run showed of each record, once for the same reading of the same result (spec 6.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alloynb.application.workspace import Workspace
from alloynb.evidence.meaning_facts import satisfaction_fact
from alloynb.interpretation.satisfaction import SatisfactionReport
from runtime_artifacts.canonical import digest_of

if TYPE_CHECKING:
    from runtime_artifacts.envelope import Artifact
    from runtime_artifacts.formation_brief import FormationBrief
    from runtime_artifacts.run_result import RunResult

PROVED = frozenset({"satisfied", "waived"})


@dataclass(frozen=True)
class JudgedRun:
    """A run, the brief that it ran, and the verdict on each record."""

    brief: Artifact[FormationBrief]
    result: Artifact[RunResult]
    verdicts: SatisfactionReport


def keep_verdicts(workspace: Workspace, judged: JudgedRun) -> None:
    """Record each verdict; one that was recorded before is no new fact.

    Raises:
        StoreUnavailable, StoreBusy: they cannot be kept.
    """
    snapshots = {each.record_id: each for each in judged.brief.content.relevant_intent.records}
    result, facts = judged.result.content, []
    for each in judged.verdicts.records:
        required = [item for item in each.evidence if item.need == "required"]
        told = [[item.evidence_id, item.status, item.reason] for item in each.evidence]
        facts.append(
            satisfaction_fact(
                project_id=judged.verdicts.project_id,
                record_id=each.record_id,
                status=each.status,
                observed_at=result.finished_at,
                title=snapshots[each.record_id].title,
                capability=each.capability,
                severity=snapshots[each.record_id].severity,
                required=len(required),
                satisfied=sum(item.status in PROVED for item in required),
                missing=(*each.missing, *each.failing),
                evidence=[item.model_dump(mode="json", exclude_none=True) for item in each.evidence],
                run_id=result.foundry_run_id,
                revision=judged.verdicts.revision,
                brief_id=judged.brief.id,
                summary=each.reason,
                key=f"{judged.result.digest}/{each.record_id}/{digest_of([each.status, told])}",
            )
        )
    workspace.warehouse.record(facts)

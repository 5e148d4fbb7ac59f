"""What the records could learn from a run: its `run_feedback` document, kept as a file and as facts (spec 6.3)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alloynb.application.keep_verdicts import JudgedRun
from alloynb.application.workspace import Workspace
from alloynb.evidence.feedback_facts import feedback_facts
from alloynb.interpretation.contradiction import ContradictionQuestion
from alloynb.interpretation.feedback import ReadRun, run_feedback
from alloynb.interpretation.satisfaction import own_observations
from runtime_artifacts.canonical import digest_of
from runtime_artifacts.write_once import replace_whole

FOLDER = "reports"


def give_feedback(
    workspace: Workspace, judged: JudgedRun, questions: Sequence[ContradictionQuestion] = ()
) -> dict[str, Any]:
    """Write the document of a run, and record what it says; nothing that it proposes is done.

    Args:
        questions: that stand; those about records of this run belong to its document.

    Raises:
        BrokenFiles: the records cannot be read.
        StoreUnavailable, StoreBusy: it cannot be recorded.
        OSError: the file cannot be written.
    """
    from alloynb.evidence.run_facts import observation_fact
    from alloynb.intent.yaml_writing import new_document

    result = judged.result.content
    named = {each.record_id for each in judged.verdicts.records}
    document = run_feedback(
        ReadRun(
            brief=judged.brief,
            result=result,
            satisfaction=judged.verdicts,
            statuses={record.id: record.status for record in workspace.intent.load_all()},
            satisfied_before=_satisfied_before(workspace, result.foundry_run_id),
            broken_before=_broken_before(workspace, result.revision_after),
            contradictions=[each for each in questions if named & set(each.record_ids)],
        )
    )
    told = digest_of({name: value for name, value in document.items() if name != "run"})
    workspace.warehouse.record(
        [
            *feedback_facts(document, at=result.finished_at),
            *(
                observation_fact(each, key=f"{judged.result.digest}/{digest_of([each.status, each.notes])}")
                for each in own_observations(judged.verdicts)
            ),
        ]
    )
    file = feedback_file(workspace, result.foundry_run_id, result.attempt)
    if not file.exists() or f"told: {told}".encode() not in file.read_bytes():
        replace_whole(file, new_document({**document, "told": told}))
    return document


def feedback_file(workspace: Workspace, run_id: str, attempt: int) -> Path:
    """Where the document of one attempt at a run lies."""
    return workspace.alloy_dir / FOLDER / f"{run_id}-{attempt}.feedback.yaml"


def _satisfied_before(workspace: Workspace, run_id: str) -> frozenset[str]:
    found = workspace.warehouse.query(
        "SELECT DISTINCT record_id FROM intent_satisfaction_history "
        "WHERE project_id = $1 AND status = 'satisfied' AND run_id IS DISTINCT FROM $2",
        [workspace.settings.project, run_id],
    )
    return frozenset(str(record_id) for (record_id,) in found.rows)


def _broken_before(workspace: Workspace, revision: str) -> dict[str, int]:
    """At how many other revisions each record was broken since it last held."""
    found = workspace.warehouse.query(
        "WITH told AS (SELECT *, max(observed_at) FILTER (status = 'satisfied') OVER (PARTITION BY record_id) "
        "AS held_at FROM intent_satisfaction_history WHERE project_id = $1) "
        "SELECT record_id, count(DISTINCT revision) FROM told WHERE status = 'unsatisfied' AND revision <> $2 "
        "AND (held_at IS NULL OR observed_at > held_at) GROUP BY record_id",
        [workspace.settings.project, revision],
    )
    return {str(record_id): int(count) for record_id, count in found.rows}

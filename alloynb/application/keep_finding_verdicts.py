"""Keep what findings looked like: the suggestion, every clue and its weight, how they were weighed (spec 6.1, 6.4)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from alloynb import __version__
from alloynb.application.judge_findings import JudgedEvidence, judge_findings
from alloynb.application.look_for_drift import SeenDrift
from alloynb.application.workspace import Workspace
from alloynb.evidence.meaning_facts import finding_verdict_fact
from alloynb.interpretation.verdict import LEAST_LEAD, PRIOR
from runtime_artifacts.journal import Fact

UNDECIDED = "undecided"
_LAST = """
    SELECT finding_id, evidence_id, arg_max(
        struct_pack(leaning := status, revision := revision, path := path, payload := payload), row(recorded_at, seq)
    ) AS last
    FROM facts
    WHERE kind = 'finding_verdict' AND project_id = $1 AND run_id IS NOT DISTINCT FROM $2
    GROUP BY finding_id, evidence_id
"""


def judge_and_keep(
    workspace: Workspace, seen: SeenDrift, *, run_id: str | None = None
) -> tuple[JudgedEvidence, ...]:
    """Judge what a look showed, and record each verdict; one that says what the last one said is no new fact.

    Args:
        run_id: the run whose reading this is; None when somebody only looked.

    Raises:
        BrokenFiles: records cannot be read.
        BadPlugin: an installed reader of clues is broken.
        StoreUnavailable, StoreBusy: the verdicts cannot be kept.
    """
    judged = judge_findings(workspace, seen)
    facts = list(_facts(workspace, seen, judged, run_id))
    if not facts:
        return judged
    known = {_subject(each): _said(each) for each in _last(workspace, run_id)}
    fresh = [fact for fact in facts if known.get(_subject(fact)) != _said(fact)]
    if fresh:
        workspace.warehouse.record(fresh)
    return judged


def _facts(
    workspace: Workspace, seen: SeenDrift, judged: Iterable[JudgedEvidence], run_id: str | None
) -> Iterator[Fact]:
    severities = {record.id: record.severity for record in workspace.intent.load_all()}
    weighing = {"prior": PRIOR, "least_lead": LEAST_LEAD, "version": __version__}
    for each in judged:
        finding, verdict = each.finding, each.verdict
        record_id = each.evidence_id.partition("#")[0]
        yield finding_verdict_fact(
            project_id=workspace.settings.project,
            finding_id=finding.finding_id if finding else None,
            record_id=record_id,
            evidence_id=each.evidence_id,
            leaning=verdict.leaning or UNDECIDED,
            strength=round(verdict.strength, 4),
            scores={leaning: round(score, 4) for leaning, score in verdict.scores.items()},
            clues=[clue.as_json for clue in verdict.clues],
            weighing=weighing,
            told=verdict.told,
            severity=finding.severity if finding else severities.get(record_id, "medium"),
            revision=seen.report.revision,
            judged_at=seen.report.at,
            path=finding.path if finding else None,
            lines=finding.lines if finding else (),
            lost_names=each.lost_names,
            run_id=run_id,
        )


def _last(workspace: Workspace, run_id: str | None) -> Iterator[Fact]:
    """What was said last of each subject, as far as it is compared."""
    found = workspace.warehouse.query(_LAST, [workspace.settings.project, run_id])
    for row in found.as_dicts():
        last = row["last"]
        payload = last["payload"]
        yield Fact(
            fact_id="last",
            kind="finding_verdict",
            seq=1,
            recorded_at="",
            finding_id=row["finding_id"],
            evidence_id=row["evidence_id"],
            status=last["leaning"],
            revision=last["revision"],
            path=last["path"],
            payload=json.loads(payload) if isinstance(payload, str) else payload,
        )


def _subject(fact: Fact) -> tuple[str | None, str | None]:
    return (fact.finding_id, fact.evidence_id)


def _said(fact: Fact) -> tuple[Any, ...]:
    """What makes a verdict another one: not its words, in which days are counted."""
    payload = fact.payload
    clues = [(each["clue"], each["leans"], each["weight"], each["place"]) for each in payload["clues"]]
    return (fact.status, fact.revision, fact.path, clues, payload["lost_names"], payload["weighing"])

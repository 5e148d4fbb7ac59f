"""Check one evidence definition by reading the tree in front of us: the command of a compiled gate (spec 3.5)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from alloynb import __version__
from alloynb.application.drift_witnesses import tree_name, witnesses_of
from alloynb.application.workspace import (
    ALLOY_FOLDER,
    Clock,
    NoWorkspace,
    find_root,
    open_workspace,
    utc_now,
)
from alloynb.errors import AlloyError, CannotRun
from alloynb.intent.evidence_definition import MetricEvidence, TraceEvidence, split_evidence_id
from alloynb.intent.record import IntentRecord
from alloynb.intent.review_answer import ReviewStore
from alloynb.interpretation.drift import DriftReport, assess_drift
from alloynb.interpretation.sarif import sarif_of
from alloynb.interpretation.witnesses import NOBODY, Witnesses
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from runtime_artifacts.kinds import read_file
from runtime_artifacts.write_once import replace_whole

SARIF_FILE = "findings.sarif"
THIS_TREE = "this tree"


class UnknownEvidence(AlloyError):
    """Neither the plan nor a record defines evidence of this id."""


class NotAnswered(CannotRun):
    """A person has to say whether the evidence holds, and nobody has, or not lately."""


@dataclass(frozen=True)
class CheckEvidence:
    """Please hold `tree` against one evidence definition.

    Attributes:
        evidence_id: global id, `<record id>#<evidence id>`.
        tree: root of the files.
        plan_file: evidence plan that pins the definition; None takes it from the records in `tree`.
        report_dir: folder for `findings.sarif`; None writes none.
        finding_id: ask whether this finding is gone, and no more than `at_most` others stand; None asks for all.
    """

    evidence_id: str
    tree: Path
    plan_file: Path | None = None
    report_dir: Path | None = None
    finding_id: str | None = None
    at_most: int = 0


@dataclass(frozen=True)
class CheckedEvidence:
    """What the look told.

    Attributes:
        report: the whole of it, also what was not asked for.
        finding_id, at_most: what was asked for.
    """

    report: DriftReport
    record: IntentRecord
    sarif_file: Path | None
    finding_id: str | None = None
    at_most: int = 0

    @property
    def holds(self) -> bool:
        """Whether the evidence was checked wholly, and nothing deviates that may not."""
        if self.report.could_not_check:
            return False
        if self.finding_id is None:
            return not self.report.findings
        found = {each.finding_id for each in self.report.findings}
        return self.finding_id not in found and len(found) <= self.at_most


def check_evidence(command: CheckEvidence, clock: Clock = utc_now) -> CheckedEvidence:
    """Check one definition; nothing of the tree is run, nothing in it is changed.

    Raises:
        UnknownEvidence: nobody defines it, or it cannot be seen by reading.
        CannotRun: it could not be checked, with the reasons.
        ArtifactError: the plan is damaged.
    """
    record = _pinned(command, clock()) if command.plan_file is not None else _recorded(command)
    report = assess_drift(
        [record],
        command.tree,
        THIS_TREE,
        clock(),
        only=[command.evidence_id],
        witnesses=_witnesses(command, record),
    )
    if report.questions:
        asked = report.questions[0]
        raise NotAnswered(
            f"{command.evidence_id} is a question to {asked.role}: {asked.question} ({asked.why_open})",
            next_step=f"alloynb check {command.evidence_id} --answer holds --why …",
        )
    if report.seen_elsewhere and not report.findings:
        raise UnknownEvidence(
            f"{command.evidence_id} cannot be seen by reading: {report.seen_elsewhere[0].text}"
        )
    sarif_file = None
    if command.report_dir is not None:
        sarif_file = command.report_dir / SARIF_FILE
        replace_whole(sarif_file, _sarif(report, record))
    if report.could_not_check and not report.findings:
        reasons = "; ".join(report.could_not_check[0].reasons)
        raise CannotRun(f"{command.evidence_id} could not be checked: {reasons}")
    return CheckedEvidence(report, record, sarif_file, command.finding_id, command.at_most)


def _witnesses(command: CheckEvidence, record: IntentRecord) -> Witnesses:
    """Answers stand in the tree; the store and the runs belong to a workspace, which a gate's work tree is not."""
    alloy = command.tree / ALLOY_FOLDER
    if not any(isinstance(each, MetricEvidence | TraceEvidence) for each in record.evidence):
        return Witnesses(answers=ReviewStore(alloy).load_all())
    try:
        workspace = open_workspace(find_root(command.tree))
        return witnesses_of(workspace, tree_name(workspace))
    except NoWorkspace:
        return NOBODY


def _recorded(command: CheckEvidence) -> IntentRecord:
    record_id, _ = split_evidence_id(command.evidence_id)
    workspace = open_workspace(find_root(command.tree))
    records = {record.id: record for record in workspace.intent.load_all()}
    record = records.get(record_id)
    definition = record.evidence_definition(command.evidence_id) if record else None
    if record is None or definition is None:
        known = sorted(each.global_id(found.id) for found in records.values() for each in found.evidence)
        raise UnknownEvidence(
            f"no evidence {command.evidence_id!r}", next_step=f"known: {', '.join(known) or 'none'}"
        )
    return record.model_copy(update={"status": "accepted", "evidence": (definition,)})


def _pinned(command: CheckEvidence, now: datetime) -> IntentRecord:
    """A record that holds nothing but the pinned definition."""
    assert command.plan_file is not None
    plan = read_file(EVIDENCE_PLAN, command.plan_file).content
    item = next((each for each in plan.items if each.evidence_id == command.evidence_id), None)
    if item is None:
        known = ", ".join(each.evidence_id for each in plan.items)
        raise UnknownEvidence(
            f"the evidence plan has no {command.evidence_id!r}", next_step=f"it has: {known}"
        )
    value: dict[str, Any] = {
        "id": item.record_id,
        "title": item.capability,
        **dict.fromkeys(("capability", "threat", "expectation", "strategy", "tradeoff"), item.capability),
        "evidence": [item.definition],
        "status": "accepted",
        "created_at": now.isoformat(),
        "updated_at": now.isoformat(),
    }
    return IntentRecord.model_validate_json(json.dumps(value))


def _sarif(report: DriftReport, record: IntentRecord) -> bytes:
    document = sarif_of(
        report.findings,
        [record],
        tool_version=__version__,
        revision=report.revision,
        could_not_check=report.could_not_check,
    )
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()

"""Hold a tree against accepted intent, settle what is new, known or resolved, and keep it (spec 6.4)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from alloynb import __version__
from alloynb.application.drift_witnesses import WORKING_TREE_SUFFIX, witnesses_of
from alloynb.application.leniencies import Leniencies, read_leniencies
from alloynb.application.repair_finding import mending_run
from alloynb.application.workspace import ALLOY_FOLDER, Workspace
from alloynb.archaeology.checkout import (
    contains_commit,
    head_revision,
    resolve_revision,
    tree_at,
    uncommitted_paths,
)
from alloynb.archaeology.repository import read_export
from alloynb.evidence.meaning_facts import contradiction_fact, finding_fact
from alloynb.intent.evidence_definition import EvidenceException
from alloynb.intent.leniency import GrantedException, GrantedWaiver
from alloynb.intent.record import IntentRecord
from alloynb.interpretation.allowance import allowed_findings
from alloynb.interpretation.contradiction import (
    ContradictionQuestion,
    ask_about_obsolete,
    find_contradictions,
)
from alloynb.interpretation.detection import Reading, plain_reading
from alloynb.interpretation.drift import DriftReport, Note, assess_drift
from alloynb.interpretation.finding import DriftFinding, settle
from alloynb.interpretation.sarif import sarif_of
from runtime_artifacts.journal import Fact
from runtime_artifacts.write_once import replace_whole


@dataclass(frozen=True)
class LookForDrift:
    """Please look.

    Attributes:
        revision: a committed revision, or None for the working tree.
        sarif_file: where to write findings as SARIF, or None.
        keep: whether what changed is recorded; False only tells.
    """

    revision: str | None = None
    sarif_file: Path | None = None
    keep: bool = True


@dataclass(frozen=True)
class SeenDrift:
    """What the look told.

    Attributes:
        tree: what was looked at, in words.
        uncommitted: paths that differ from the last commit; empty for a committed revision.
        findings: settled: what was seen now, and what was seen before.
        resolved_now: findings that this look closed.
        allowed: by finding id, the exception that covers a finding, or the waiver of its evidence.
        leniencies: all waivers and exceptions, also those that are over.
    """

    tree: str
    uncommitted: tuple[str, ...]
    report: DriftReport
    findings: tuple[DriftFinding, ...]
    resolved_now: tuple[DriftFinding, ...]
    allowed: Mapping[str, GrantedException | GrantedWaiver]
    leniencies: Leniencies

    @property
    def open_findings(self) -> tuple[DriftFinding, ...]:
        """Findings that stand, that nobody excepted, and whose evidence nobody waived."""
        return tuple(each for each in self._standing if each.finding_id not in self.allowed)

    @property
    def allowed_findings(self) -> tuple[DriftFinding, ...]:
        """Findings that stand and are allowed for now."""
        return tuple(each for each in self._standing if each.finding_id in self.allowed)

    @property
    def seen_elsewhere(self) -> tuple[Note, ...]:
        """Evidence that a run decides, or else; what a person should answer is among the questions."""
        asked = {each.evidence_id for each in self.report.questions}
        return tuple(each for each in self.report.seen_elsewhere if each.evidence_id not in asked)

    @property
    def _standing(self) -> tuple[DriftFinding, ...]:
        return tuple(each for each in self.findings if each.status != "resolved")


@dataclass(frozen=True)
class _Tree:
    root: Path
    name: str
    told: str
    uncommitted: tuple[str, ...]
    exported: bool = False

    def reading(self) -> Reading:
        """How it is read: of an export everything counts, of a working tree what git does not ignore."""
        plain = plain_reading(self.root)
        return replace(plain, list_files=partial(read_export, self.root)) if self.exported else plain


def look_for_drift(workspace: Workspace, command: LookForDrift) -> SeenDrift:
    """Check the executable evidence of accepted and active records by reading; record what changed since last time.

    Raises:
        UnknownRevision: no such commit.
        BrokenFiles: records, waivers or exceptions cannot be read.
        StoreUnavailable, StoreBusy: what was known cannot be read, or the answer not be kept.
        OSError: the SARIF file cannot be written.
    """
    records = workspace.intent.load_all()
    now = workspace.clock()
    with _tree(workspace, command.revision) as tree:
        report = assess_drift(
            records,
            tree.root,
            tree.name,
            now,
            reading=tree.reading(),
            witnesses=witnesses_of(workspace, tree.name),
        )
    before = known_findings(workspace)
    leniencies = read_leniencies(workspace)
    excepted = allowed_findings(leniencies.exceptions, (*before, *report.findings), now)
    demanded = {
        each.global_id(record.id) for record in records if record.guides_runs for each in record.evidence
    }
    let_go = {each.evidence_id for each in before} - demanded  # nothing deviates from intent that is let go
    decided = {*report.settled, *let_go}
    settled = settle(
        before,
        report.findings,
        decided,
        report.revision,
        now,
        excepted=excepted.keys(),
        mended_elsewhere=_mended_elsewhere(workspace, before, report),
    )
    settled = _with_mending_runs(workspace, before, settled)
    if command.keep:
        _keep(workspace, before, settled)
    if command.sarif_file is not None:
        exceptions = {finding_id: each.exception for finding_id, each in excepted.items()}
        _write_sarif(command.sarif_file, settled, records, report, exceptions)
    earlier = {finding.finding_id: finding.status for finding in before}
    resolved = tuple(
        each for each in settled if each.status == "resolved" and earlier.get(each.finding_id) != "resolved"
    )
    waived = leniencies.waived(now)
    allowed: dict[str, GrantedException | GrantedWaiver] = {
        each.finding_id: waived[each.evidence_id] for each in settled if each.evidence_id in waived
    }
    return SeenDrift(
        tree.told, tree.uncommitted, report, settled, resolved, {**allowed, **excepted}, leniencies
    )


def known_findings(workspace: Workspace) -> tuple[DriftFinding, ...]:
    """The last settled state of every finding of this project.

    Raises:
        StoreUnavailable: the store cannot be opened.
    """
    found = workspace.warehouse.query("FROM findings WHERE project_id = $1", [workspace.settings.project])
    return tuple(_finding_of(row) for row in found.as_dicts())


def open_questions(workspace: Workspace) -> tuple[ContradictionQuestion, ...]:
    """Ask where accepted intent cannot stand, or is said to be obsolete, and keep the questions.

    Raises:
        BrokenFiles: records cannot be read.
        StoreUnavailable, StoreBusy: the questions cannot be kept.
    """
    records = workspace.intent.load_all()
    questions = (*find_contradictions(records), *_said_to_be_obsolete(workspace, records))
    if questions:
        workspace.warehouse.record(
            contradiction_fact(
                project_id=workspace.settings.project,
                question_id=each.question_id,
                record_ids=each.record_ids,
                reason=each.reason,
                question=each.question,
                evidence=each.evidence,
                at=workspace.clock(),
                key=each.question_id,
            )
            for each in questions
        )
    return questions


def _said_to_be_obsolete(
    workspace: Workspace, records: tuple[IntentRecord, ...]
) -> Iterator[ContradictionQuestion]:
    """Ask about records that guide runs, of which a human's last word on a finding that stands is: obsolete."""
    guiding = {record.id: record for record in records if record.guides_runs}
    found = workspace.warehouse.query(
        "SELECT finding_id, record_id, path, summary, decided_by, arg_max(said.why, said.decided_at) AS why "
        "FROM findings JOIN finding_decisions AS said USING (finding_id, project_id, record_id) "
        "WHERE project_id = $1 AND findings.decision = 'obsolete_intent' AND status <> 'resolved' "
        "GROUP BY ALL ORDER BY record_id, finding_id",
        [workspace.settings.project],
    )
    for row in found.as_dicts():
        if row["record_id"] in guiding:
            told = (f"{row['path']}: {row['summary']}", f"{row['decided_by']}: {row['why']}")
            yield ask_about_obsolete(guiding[row["record_id"]], row["finding_id"], told)


@contextmanager
def _tree(workspace: Workspace, revision: str | None) -> Iterator[_Tree]:
    if revision is not None:
        commit = resolve_revision(workspace.root, revision)
        with tree_at(workspace.root, commit) as exported:
            yield _Tree(exported.root, commit, f"revision {commit[:12]}", (), exported=True)
        return
    uncommitted = uncommitted_paths(workspace.root)
    head = head_revision(workspace.root)
    if any(not path.startswith(f"{ALLOY_FOLDER}/") for path in uncommitted):
        paths = "path" if len(uncommitted) == 1 else "paths"
        told = f"working tree at {head[:12]} with {len(uncommitted)} uncommitted {paths}"
        yield _Tree(workspace.root, head + WORKING_TREE_SUFFIX, told, uncommitted)
    else:
        # records, waivers and ledgers are ours: what is read as code is the commit
        yield _Tree(workspace.root, head, f"revision {head[:12]}", uncommitted)


def _mended_elsewhere(
    workspace: Workspace, before: tuple[DriftFinding, ...], report: DriftReport
) -> frozenset[str]:
    """Findings that stand here, and were resolved at a commit that is no part of what is looked at."""
    standing = {each.finding_id for each in report.findings}
    here = report.revision.removesuffix(WORKING_TREE_SUFFIX)
    resolved = {
        each.finding_id: each.revision.removesuffix(WORKING_TREE_SUFFIX)
        for each in before
        if each.status == "resolved" and each.finding_id in standing
    }
    missing = {
        commit for commit in set(resolved.values()) if not contains_commit(workspace.root, here, commit)
    }
    return frozenset(finding_id for finding_id, commit in resolved.items() if commit in missing)


def _with_mending_runs(
    workspace: Workspace, before: tuple[DriftFinding, ...], settled: tuple[DriftFinding, ...]
) -> tuple[DriftFinding, ...]:
    """Name, for each finding that this look resolves, the run of its repair brief that did it."""
    earlier = {each.finding_id: each.status for each in before}
    return tuple(
        each.model_copy(update={"resolved_by": mending_run(workspace, each, each.revision)})
        if each.status == "resolved" and earlier.get(each.finding_id) != "resolved"
        else each
        for each in settled
    )


def _keep(workspace: Workspace, before: tuple[DriftFinding, ...], settled: tuple[DriftFinding, ...]) -> None:
    """Record findings that changed; one that is only seen again at the same revision is no new fact."""
    known = {finding.finding_id: finding for finding in before}
    changed = [each for each in settled if _without_time(each) != _without_time(known.get(each.finding_id))]
    if changed:
        workspace.warehouse.record(_fact_of(each, workspace.settings.project) for each in changed)


def _without_time(finding: DriftFinding | None) -> dict[str, object] | None:
    if finding is None:
        return None
    return {**finding.model_dump(mode="json", exclude={"last_seen"}), "seen_at": finding.last_seen.revision}


def _write_sarif(
    file: Path,
    findings: tuple[DriftFinding, ...],
    records: tuple[IntentRecord, ...],
    report: DriftReport,
    exceptions: Mapping[str, EvidenceException],
) -> None:
    document = sarif_of(
        findings,
        records,
        tool_version=__version__,
        revision=report.revision,
        could_not_check=report.could_not_check,
        exceptions=exceptions,
    )
    replace_whole(file, (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode())


def _fact_of(finding: DriftFinding, project: str) -> Fact:
    return finding_fact(
        project_id=project,
        finding_id=finding.finding_id,
        record_id=finding.record_id,
        evidence_id=finding.evidence_id,
        status=finding.status,
        severity=finding.severity,
        message=finding.message,
        path=finding.path,
        lines=finding.lines,
        revision=finding.revision,
        seen_at=finding.last_seen.at,
        run_id=finding.resolved_by,
        more=finding.model_dump(mode="json", include={"detector", "subject", "first_seen", "last_seen"}),
    )


def _finding_of(row: dict[str, Any]) -> DriftFinding:
    payload = row["payload"]
    return DriftFinding.model_validate_json(
        json.dumps(
            {
                **{
                    name: payload[name]
                    for name in ("detector", "subject", "first_seen", "last_seen", "lines")
                },
                **{
                    name: row[name]
                    for name in ("finding_id", "record_id", "evidence_id", "path", "severity", "status")
                },
                "message": row["summary"],
                "resolved_by": row["run_id"],
                "revision": row["revision"],
            }
        )
    )

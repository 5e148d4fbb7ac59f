"""Read a run through its brief: take in what it left, judge every record, say what it meant (spec 6.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from alloynb.application.compile_down import gates_of_repository
from alloynb.application.contradictions import look_for_contradictions
from alloynb.application.follow_brief import record_progress
from alloynb.application.give_feedback import feedback_file, give_feedback
from alloynb.application.judge_findings import JudgedEvidence, judge_findings
from alloynb.application.keep_finding_verdicts import judge_and_keep
from alloynb.application.keep_verdicts import JudgedRun, keep_verdicts
from alloynb.application.look_for_drift import LookForDrift, SeenDrift, look_for_drift
from alloynb.application.loop_report import (
    EvidenceLine,
    FindingLine,
    GateLine,
    LoopReport,
    Places,
    Provenance,
    RecordLine,
    StepLine,
)
from alloynb.application.plan_coverage import agents_of, compiled_down, plan_gates
from alloynb.application.repair_finding import missed_by, told_of_miss
from alloynb.application.take_in import take_in
from alloynb.application.trends import trends_of
from alloynb.application.workspace import Workspace
from alloynb.archaeology.checkout import uncommitted_paths
from alloynb.errors import AlloyError, CannotRun
from alloynb.evidence.ingest import ingest_run
from alloynb.evidence.query import held_open
from alloynb.intent.baseline import Baseline
from alloynb.intent.leniency import GrantedWaiver
from alloynb.interpretation.finding import DriftFinding
from alloynb.interpretation.satisfaction import (
    JudgeRun,
    RecordSatisfaction,
    SatisfactionReport,
    judge_satisfaction,
)
from alloynb.interpretation.verdict import Verdict
from runtime_artifacts.envelope import Artifact, parse_timestamp
from runtime_artifacts.errors import ArtifactError
from runtime_artifacts.evidence_plan import EVIDENCE_PLAN
from runtime_artifacts.execution_request import ExecutionRequest
from runtime_artifacts.formation_brief import FORMATION_BRIEF, FormationBrief
from runtime_artifacts.run_result import CommitMade, RunResult
from runtime_artifacts.trace_summary import TraceSummary


class NoResult(CannotRun):
    """A run has not ended yet, or died without leaving a result."""


@dataclass(frozen=True)
class FinishedRun:
    """A run with everything that is needed to read it."""

    request: Artifact[ExecutionRequest]
    result: Artifact[RunResult]
    brief: Artifact[FormationBrief]

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self.result.content.foundry_run_id


def finished_run(workspace: Workspace, request: Artifact[ExecutionRequest]) -> FinishedRun:
    """Take the last result of a request, and the brief that it ran.

    Raises:
        NoResult: there is none; the message says what became of the run.
        NotOnShelf, DigestMismatch: an artifact is missing or was changed.
    """
    results = workspace.mailbox.results(request.id)
    if not results:
        claim = workspace.mailbox.claim_of(request.id)
        if claim is None:
            raise NoResult(f"{request.id} waits for a runner", next_step=f"foundry-kernel run {request.id}")
        raise NoResult(
            f"{claim.run_id} accepted {request.id} at {claim.claimed_at} and has left no result yet",
            next_step=f"follow it with foundry-kernel watch {claim.run_id}; if it died, go on with "
            f"foundry-kernel resume {claim.run_id}",
        )
    brief = workspace.shelf.get(FORMATION_BRIEF, request.content.brief.digest)
    return FinishedRun(request, results[-1], brief)


def find_run(workspace: Workspace, run_id: str | None) -> FinishedRun:
    """Find a finished run by its id or the beginning of it; the last one when None.

    Raises:
        AlloyError: there is none, or more than one fits.
    """
    found = []
    for request in workspace.mailbox.requests():
        claim = workspace.mailbox.claim_of(request.id)
        if (
            claim is not None
            and claim.run_id.startswith(run_id or "")
            and workspace.mailbox.results(request.id)
        ):
            found.append((claim.claimed_at, request))
    if not found:
        raise AlloyError(f"no finished run {run_id or ''}".rstrip(), next_step="`alloynb run` makes one")
    if run_id is not None and len(found) > 1:
        raise AlloyError(f"{run_id!r} could be any of {len(found)} runs", next_step="write more of the id")
    return finished_run(workspace, max(found, key=lambda each: each[0])[1])


@held_open()
def read_run(workspace: Workspace, run: FinishedRun, *, deduplicated: bool, html_file: Path) -> LoopReport:
    """Take in a run, judge every record of its brief, look for drift and contradictions, keep it all in the store.

    Reading a run again changes nothing that stands.

    Raises:
        ArtifactError: an artifact is damaged.
        StoreUnavailable, StoreBusy: the evidence cannot be kept.
    """
    unread: list[str] = []
    try:
        ingest_run(workspace.warehouse, workspace.run_dir(run.run_id))
    except (AlloyError, ArtifactError) as error:
        unread.append(f"the folder of {run.run_id} could not be taken in: {error}")
    first = _is_first_reading(workspace, run)
    drift = _look(workspace, run, first=first)
    judged_findings = _judge_findings(workspace, run, drift, first=first)
    verdicts = _judge(workspace, run, drift)
    judged = JudgedRun(run.brief, run.result, verdicts)
    keep_verdicts(workspace, judged)
    intent = look_for_contradictions(workspace)
    give_feedback(workspace, judged, intent.open)
    record_progress(workspace, run.request, analyzed=True)
    unread.extend(take_in(workspace).unread)
    workspace.warehouse.fold()
    looks = {each.finding.finding_id: each.verdict for each in judged_findings if each.finding is not None}
    findings = [_finding(each, looks.get(each.finding_id)) for each in drift.open_findings]
    findings += [_allowed(each, drift) for each in drift.allowed_findings]
    let_pass = _let_pass(verdicts)
    result = run.result.content
    return LoopReport(
        project=result.project_id,
        title=workspace.settings.title,
        objective=run.brief.content.mission.objective,
        entry_event=result.entry_event,
        throttle=result.throttle,
        status=result.status,
        failure_class=result.failure_class,
        errors=tuple(
            f"{error.message}{'; ' + error.next_step if error.next_step else ''}" for error in result.errors
        ),
        recovery_actions=tuple(action.replace("_", " ") for action in result.recovery_actions),
        deduplicated=deduplicated,
        revision=result.revision_after,
        branch=result.branch,
        started_at=result.started_at,
        duration_ms=_duration_ms(result),
        uncommitted=drift.uncommitted or uncommitted_paths(workspace.root),
        tree=drift.tree,
        records=tuple(_record(each, run.brief, findings) for each in _worst_first(verdicts, run.brief)),
        gates=tuple(
            GateLine(
                gate.name,
                gate.phase,
                gate.status,
                gate.required,
                gate.mode,
                gate.source,
                gate.duration_ms,
                gate.details,
                gate.output_file,
                let_pass.get(gate.evidence_id or "", "") if gate.status != "passed" else "",
            )
            for gate in result.gates
        ),
        findings=tuple(findings),
        resolved=tuple(_finding(each) for each in drift.resolved_now),
        contradictions=tuple(each.question for each in intent.open),
        questions=result.follow_up_questions,
        unread=(
            *unread,
            *(f"{each.evidence_id}: {'; '.join(each.reasons)}" for each in drift.report.could_not_check),
            *intent.doubts,
        ),
        steps=_steps(result.trace_summary),
        provenance=_provenance(run),
        places=Places(
            run_dir=str(workspace.run_dir(run.run_id)),
            notebook=str(workspace.run_dir(run.run_id) / "executed.ipynb"),
            store=str(workspace.warehouse.path),
            html=str(html_file),
            feedback=str(feedback_file(workspace, run.run_id, result.attempt)),
        ),
        missed=_missed(workspace, run, drift),
        delivered=tuple(_delivered(each) for each in result.commits),
        allowed=(*drift.leniencies.told(workspace.clock()), *(each.told() for each in intent.answered)),
        plan_gates=plan_gates(workspace, result),
        compiled_down=compiled_down(workspace, run.request.id),
        agents=agents_of(workspace, run.run_id, run.brief.content),
        trends=trends_of(workspace),
    )


def _is_first_reading(workspace: Workspace, run: FinishedRun) -> bool:
    judged = "SELECT 1 FROM facts WHERE kind = 'satisfaction' AND run_id = $1 LIMIT 1"
    return not workspace.warehouse.query(judged, [run.run_id]).rows


def _look(workspace: Workspace, run: FinishedRun, *, first: bool) -> SeenDrift:
    """Look at what the run left: its own commit, if it made one, else the working tree.

    The commit of a run is looked at for good once; whoever reads the run again sees the same and changes nothing.
    """
    result = run.result.content
    if not result.commits:
        return look_for_drift(workspace, LookForDrift())
    return look_for_drift(workspace, LookForDrift(result.revision_after, keep=first))


def _judge_findings(
    workspace: Workspace, run: FinishedRun, drift: SeenDrift, *, first: bool
) -> tuple[JudgedEvidence, ...]:
    """What the findings look like; kept with the run at its first reading, when the tree is the one that it left."""
    if first:
        return judge_and_keep(workspace, drift, run_id=run.run_id)
    return judge_findings(workspace, drift)


def _judge(workspace: Workspace, run: FinishedRun, drift: SeenDrift) -> SatisfactionReport:
    plan = workspace.shelf.get(EVIDENCE_PLAN, run.request.content.evidence_plan.digest)
    return judge_satisfaction(
        JudgeRun(
            plan=plan.content,
            now=workspace.clock(),
            result=run.result.content,
            brief_digest=run.brief.digest,
            request_digest=run.request.digest,
            drift=drift.report,
            findings=drift.findings,
            waivers=[each.waiver for each in drift.leniencies.waivers if each.withdrawn is None],
            gates_of_repository=gates_of_repository(workspace, run.result.content),
        )
    )


def _worst_first(verdicts: SatisfactionReport, brief: Artifact[FormationBrief]) -> list[RecordSatisfaction]:
    order = ("unsatisfied", "partially_satisfied", "unknown", "waived", "satisfied")
    weight = {"high": 0, "medium": 1, "low": 2}
    severity = {each.record_id: each.severity for each in brief.content.relevant_intent.records}
    return sorted(
        verdicts.records,
        key=lambda each: (order.index(each.status), weight[severity[each.record_id]], each.record_id),
    )


def _record(
    verdict: RecordSatisfaction, brief: Artifact[FormationBrief], findings: list[FindingLine]
) -> RecordLine:
    snapshot = next(
        each for each in brief.content.relevant_intent.records if each.record_id == verdict.record_id
    )
    return RecordLine(
        record_id=verdict.record_id,
        title=snapshot.title,
        capability=snapshot.capability,
        strategy=snapshot.strategy,
        tradeoff=snapshot.tradeoff,
        severity=snapshot.severity,
        verdict=verdict.status,
        reason=verdict.reason,
        evidence=tuple(
            EvidenceLine(
                each.evidence_id, each.kind, each.description, each.need, each.status, each.reason, each.links
            )
            for each in verdict.evidence
        ),
        findings=tuple(each for each in findings if each.record_id == verdict.record_id),
    )


def _finding(finding: DriftFinding, verdict: Verdict | None = None) -> FindingLine:
    return FindingLine(
        finding_id=finding.finding_id,
        record_id=finding.record_id,
        evidence_id=finding.evidence_id,
        place=f"{finding.path}:{finding.lines[0]}" if finding.lines else finding.path,
        message=finding.message,
        status=finding.status,
        severity=finding.severity,
        first_seen=finding.first_seen.revision,
        looks_like=verdict.told_with_strength if verdict else "",
        clues=tuple(each.told_with_weight for each in verdict.clues) if verdict else (),
    )


def _missed(workspace: Workspace, run: FinishedRun, drift: SeenDrift) -> tuple[str, ...]:
    """What a run of a repair brief was to mend, and did not, although it might change things."""
    result = run.result.content
    if result.throttle != "full":
        return ()
    return tuple(
        told_of_miss(each, result.commits) for each in missed_by(workspace, run.brief.id, drift.findings)
    )


def _delivered(commit: CommitMade) -> str:
    pushed = f" ({commit.push_outcome})" if commit.push_outcome else ", not pushed"
    return f"{commit.commit[:12]} on {commit.branch}: {commit.subject}{pushed}"


def _allowed(finding: DriftFinding, drift: SeenDrift) -> FindingLine:
    leniency = drift.allowed[finding.finding_id]
    kinds = {GrantedWaiver: "waived", Baseline: "baseline"}
    kind = kinds.get(type(leniency), "exception")
    return replace(_finding(finding), status=kind, allowed=leniency.told())


def _let_pass(verdicts: SatisfactionReport) -> dict[str, str]:
    """Why a failed gate is not held against the run, by evidence id."""
    told = {}
    for each in (item for record in verdicts.records for item in record.evidence):
        if each.status == "waived":
            told[each.evidence_id] = each.reason
        elif each.excepted and each.status == "satisfied":
            told[each.evidence_id] = "its findings are allowed for now"
    return told


def _duration_ms(result: RunResult) -> float:
    took = parse_timestamp(result.finished_at) - parse_timestamp(result.started_at)
    return took.total_seconds() * 1000


def _steps(trace: TraceSummary | None) -> tuple[StepLine, ...]:
    if trace is None or not trace.blocks:
        return ()
    begun = [parse_timestamp(block.started_at) for block in trace.blocks]
    return tuple(
        StepLine(
            block.block,
            block.kind,
            block.status,
            (at - min(begun)).total_seconds() * 1000,
            block.duration_ms,
            block.summary,
        )
        for at, block in zip(begun, trace.blocks, strict=True)
    )


def _provenance(run: FinishedRun) -> Provenance:
    result = run.result.content
    return Provenance(
        brief_id=run.brief.id,
        brief_digest=run.brief.digest,
        request_id=run.request.id,
        idempotency_key=result.idempotency_key,
        run_id=run.run_id,
        attempt=result.attempt,
        requested_by=run.request.content.requested_by,
        runner_id=result.runner_id,
        foundry_version=result.foundry_version,
        kernel=result.kernel,
        package_versions=dict(result.package_versions),
    )

"""Propose a narrow repair brief for a finding, and know the run that mended one (spec 6.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alloynb.application.compile_intent import CompileIntent, compile_intent
from alloynb.application.drift_witnesses import WORKING_TREE_SUFFIX
from alloynb.application.workspace import Workspace
from alloynb.archaeology.checkout import contains_commit, uncommitted_paths
from alloynb.compiler.repair import Repair, repair_gate, repair_objective, repair_prompt
from alloynb.errors import AlloyError
from alloynb.interpretation.finding import DriftFinding
from runtime_artifacts.run_result import CommitMade

TEMPLATE = "repair"


@dataclass(frozen=True)
class ProposedRepair:
    """A brief on the shelf that nobody has approved yet; or, without one, why there is none.

    Attributes:
        prompt: what the agent would be told.
    """

    brief_id: str = ""
    brief_digest: str = ""
    prompt: str = ""
    why_not: str = ""


def propose_repair(workspace: Workspace, finding: DriftFinding) -> ProposedRepair:
    """Compile a repair brief for one finding; nothing is requested, approved or run.

    It selects the record of the finding alone. What stands in the way is told and is no error: the answer that the
    finding is drift stands all the same.
    """
    try:
        record = workspace.intent.get(finding.record_id).model
        evidence = record.evidence_definition(finding.evidence_id)
        if evidence is None or not record.guides_runs:
            return ProposedRepair(why_not=f"{finding.evidence_id} is not demanded any more")
        uncommitted = finding.revision.endswith(WORKING_TREE_SUFFIX)
        if uncommitted and finding.path in uncommitted_paths(workspace.root):
            return ProposedRepair(why_not=f"{finding.path} is not committed, and a run is of a commit")
        others = _others_of(workspace, finding)
        repair = Repair(
            finding.finding_id, record, evidence, finding.path, finding.lines, finding.message, others
        )
        prompt = repair_prompt(repair)
        gate = repair_gate(repair)
        command = CompileIntent(
            TEMPLATE,
            record_ids=(record.id,),
            objective=repair_objective(repair),
            payload={"prompt": prompt},
            gates=(gate,) if gate is not None else (),
        )
        brief = compile_intent(workspace, command).formation.brief
    except AlloyError as error:
        return ProposedRepair(why_not=str(error))
    return ProposedRepair(brief.id, brief.digest, prompt)


def _others_of(workspace: Workspace, finding: DriftFinding) -> int:
    """How many other findings of the same evidence stand, allowed ones among them."""
    asked = workspace.warehouse.query(
        "SELECT count(*) FROM findings WHERE project_id = $1 AND evidence_id = $2 AND finding_id <> $3 "
        "AND status <> 'resolved'",
        [workspace.settings.project, finding.evidence_id, finding.finding_id],
    )
    return int(asked.rows[0][0])


def missed_by(
    workspace: Workspace, brief_id: str, standing: Iterable[DriftFinding]
) -> tuple[DriftFinding, ...]:
    """Findings that a repair brief was to mend and that stand where its run ended."""
    asked = workspace.warehouse.query(
        "SELECT DISTINCT finding_id FROM facts WHERE kind = 'finding_decision' AND brief_id = $1", [brief_id]
    )
    wanted = {str(row[0]) for row in asked.rows}
    return tuple(each for each in standing if each.finding_id in wanted and each.status != "resolved")


def told_of_miss(finding: DriftFinding, commits: Sequence[CommitMade]) -> str:
    """Say that a repair missed, what was delivered, and what can be done."""
    place = f"{finding.path}:{finding.lines[0]}" if finding.lines else finding.path
    what = (
        f"{commits[-1].commit[:12]} on {commits[-1].branch} does not mend it and is not to be merged as a repair"
        if commits
        else "nothing was delivered, what was tried is kept beside the run's journal"
    )
    return (
        f"{finding.finding_id} stands at {place}; {what}. Mend it by hand; ask for a smaller repair with "
        f"`alloynb decide {finding.finding_id} drift --why …`; or say that the intent is obsolete"
    )


def mending_run(workspace: Workspace, finding: DriftFinding, revision: str) -> str | None:
    """Name the run of a repair brief of this finding whose delivered commit is part of `revision`; None without."""
    asked = workspace.warehouse.query(
        "SELECT DISTINCT brief_id FROM facts "
        "WHERE kind = 'finding_decision' AND finding_id = $1 AND brief_id IS NOT NULL",
        [finding.finding_id],
    )
    briefs = {str(row[0]) for row in asked.rows}
    if not briefs:
        return None
    commit = revision.removesuffix(WORKING_TREE_SUFFIX)
    for request in workspace.mailbox.requests():
        if request.content.brief.id in briefs:
            for result in reversed(workspace.mailbox.results(request.id)):
                made = [each.commit for each in result.content.commits]
                if made and contains_commit(workspace.root, commit, made[-1]):
                    return result.content.foundry_run_id
    return None

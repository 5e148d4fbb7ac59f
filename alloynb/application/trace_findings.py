"""What git knows of findings: under which name they were known before, and who brought them in (spec 6.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from alloynb.application.drift_tree import LookedAt
from alloynb.application.workspace import ALLOY_FOLDER, Workspace
from alloynb.archaeology.blame import Authorship, who_wrote
from alloynb.archaeology.renames import read_renames
from alloynb.intent.baseline import Baseline
from alloynb.intent.leniency import GrantedException
from alloynb.interpretation.drift import DriftReport
from alloynb.interpretation.finding import DriftFinding, Introduced
from alloynb.interpretation.lineage import with_former_names


def under_known_names(
    workspace: Workspace,
    report: DriftReport,
    before: Iterable[DriftFinding],
    exceptions: Iterable[GrantedException],
    baselines: Iterable[Baseline],
    tree: LookedAt,
) -> DriftReport:
    """Give the findings of a report the ids under which the store, an exception or a baseline knows them."""
    seen = list(before)
    known = {each.finding_id: each.evidence_id for each in seen}
    known |= {each.finding_id: each.evidence_id for each in exceptions if each.finding_id is not None}
    known |= {finding_id: each.evidence_id for each in baselines for finding_id in each.finding_ids}
    aliases = {each.alias: each.finding_id for each in seen if each.alias is not None}
    renames = partial(read_renames, workspace.root, tree.commit, uncommitted=not tree.is_commit)
    return replace(report, findings=with_former_names(report.findings, known, aliases, renames))


def with_authors(
    workspace: Workspace, report: DriftReport, before: Iterable[DriftFinding], tree: LookedAt
) -> DriftReport:
    """Say of each finding in a line of code who brought it in; git is asked once for each file with something new."""
    known = {each.finding_id: each for each in before}
    asked: dict[str, set[int]] = {}
    for finding in report.findings:
        earlier = known.get(finding.finding_id)
        told = earlier is not None and earlier.status != "resolved" and earlier.introduced is not None
        settled = (
            told and earlier is not None and earlier.introduced is not None and earlier.introduced.commit
        )
        if not settled and not finding.path.startswith(f"{ALLOY_FOLDER}/"):
            asked.setdefault(finding.path, set()).update(finding.lines)
    asked = {path: lines for path, lines in asked.items() if lines}
    if not asked:
        return report
    wrote = who_wrote(workspace.root, asked, tree.commit if tree.is_commit else None)
    return replace(
        report,
        findings=tuple(
            each.model_copy(update={"introduced": _earliest(each, wrote)}) if each.path in asked else each
            for each in report.findings
        ),
    )


def _earliest(finding: DriftFinding, wrote: dict[tuple[str, int], Authorship]) -> Introduced | None:
    """The oldest line of a finding brought it in; the others came later."""
    found = [wrote[finding.path, line] for line in finding.lines if (finding.path, line) in wrote]
    if not found:
        return None
    dated = [(each.at, each.commit, each) for each in found if each.at is not None]
    first = min(dated, key=lambda each: each[:2])[-1] if dated else found[0]
    return Introduced(
        commit=first.commit, author=first.author, at=first.at, summary=first.subject, at_least=first.at_least
    )

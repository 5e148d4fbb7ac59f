"""What git knows of findings: under which name they were known before, and who brought them in (spec 6.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
    known = {each.finding_id: each for each in before if each.status != "resolved"}
    fresh = {
        each.finding_id
        for each in report.findings
        if not each.path.startswith(f"{ALLOY_FOLDER}/") and not _is_told(known.get(each.finding_id))
    }
    asked: dict[str, set[int]] = {}
    for finding in report.findings:
        if finding.finding_id in fresh:
            for path, lines in _places(finding):
                asked.setdefault(path, set()).update(lines)
    if not asked:
        return report
    wrote = who_wrote(workspace.root, asked, tree.commit if tree.is_commit else None)
    told = (
        each.model_copy(update={"introduced": _completed(each, wrote)}) if each.finding_id in fresh else each
        for each in report.findings
    )
    return replace(report, findings=tuple(told))


def _is_told(known: DriftFinding | None) -> bool:
    """Whether the store knows the commit already."""
    return known is not None and known.introduced is not None and bool(known.introduced.commit)


def _places(finding: DriftFinding) -> Iterator[tuple[str, tuple[int, ...]]]:
    steps = [(finding.path, finding.lines), *((each.path, each.lines) for each in finding.through)]
    yield from (step for step in steps if step[1])


def _completed(finding: DriftFinding, wrote: Mapping[tuple[str, int], Authorship]) -> Introduced | None:
    """Who made a finding complete: of each step the oldest line began it, and of all steps the last one closed it."""
    steps = [_earliest(path, lines, wrote) for path, lines in _places(finding)]
    if not steps or None in steps:
        return None
    found = [each for each in steps if each is not None]
    undated = [each for each in found if each.at is None]
    last = undated[0] if undated else max(found, key=lambda each: (str(each.at), each.commit))
    return Introduced(
        commit=last.commit, author=last.author, at=last.at, summary=last.subject, at_least=last.at_least
    )


def _earliest(
    path: str, lines: Iterable[int], wrote: Mapping[tuple[str, int], Authorship]
) -> Authorship | None:
    found = [wrote[path, line] for line in lines if (path, line) in wrote]
    dated = [each for each in found if each.at is not None]
    return min(dated, key=lambda each: (str(each.at), each.commit)) if dated else next(iter(found), None)

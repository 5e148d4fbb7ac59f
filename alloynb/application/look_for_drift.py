"""Hold a tree against accepted intent, settle what is new, known or resolved, and keep it (spec 6.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alloynb.application.drift_tree import changed_since, tree_looked_at
from alloynb.application.drift_witnesses import WORKING_TREE_SUFFIX, witnesses_of
from alloynb.application.finding_facts import finding_of, keep_findings
from alloynb.application.keep_baseline import (
    BaselineState,
    covered_by_baselines,
    read_baselines,
    states_of,
)
from alloynb.application.leniencies import Leniencies, read_leniencies
from alloynb.application.repair_finding import mending_run
from alloynb.application.trace_findings import under_known_names, with_authors
from alloynb.application.workspace import ALLOY_FOLDER, Workspace
from alloynb.archaeology.checkout import contains_commit
from alloynb.evidence.query import held_open
from alloynb.intent.baseline import Baseline
from alloynb.intent.leniency import GrantedException, GrantedWaiver
from alloynb.interpretation.allowance import allowed_findings
from alloynb.interpretation.drift import DriftReport, Note, assess_drift
from alloynb.interpretation.finding import DriftFinding, settle
from alloynb.interpretation.kept_reading import ReadCounts, keep_readings

Allowing = GrantedException | GrantedWaiver | Baseline
"""What lets a finding stand for now."""


@dataclass(frozen=True)
class LookForDrift:
    """Please look.

    Attributes:
        revision: a committed revision, or None for the working tree.
        since: a revision; what did not change since is looked at all the same, and shown apart.
        keep: whether what changed is recorded; False only tells.
    """

    revision: str | None = None
    since: str | None = None
    keep: bool = True


@dataclass(frozen=True)
class SeenDrift:
    """What the look told.

    Attributes:
        tree: what was looked at, in words.
        uncommitted: paths that differ from the last commit; empty for a committed revision.
        findings: settled: what was seen now, and what was seen before.
        resolved_now: findings that this look closed.
        allowed: by finding id, the exception or baseline that covers a finding, or the waiver of its evidence.
        leniencies: all waivers and exceptions, also those that are over.
        baselines: how each baseline stands.
        counts: how much was read anew.
        changed: paths that changed since the revision that was named; None when none was.
    """

    tree: str
    uncommitted: tuple[str, ...]
    report: DriftReport
    findings: tuple[DriftFinding, ...]
    resolved_now: tuple[DriftFinding, ...]
    allowed: Mapping[str, Allowing]
    leniencies: Leniencies
    baselines: tuple[BaselineState, ...] = ()
    changed: frozenset[str] | None = None
    counts: ReadCounts = field(default_factory=ReadCounts)

    @property
    def open_findings(self) -> tuple[DriftFinding, ...]:
        """Findings that stand, that nobody excepted or adopted, and whose evidence nobody waived."""
        return tuple(each for each in self._standing if each.finding_id not in self.allowed)

    @property
    def shown_findings(self) -> tuple[DriftFinding, ...]:
        """Open findings in what changed since the revision that was named; all of them when none was.

        What stands in no file of code (a gate, a metric, an answer) is shown when it is new.
        """
        changed = self.changed
        if changed is None:
            return self.open_findings
        return tuple(
            each
            for each in self.open_findings
            if each.path in changed
            or (each.path.startswith(f"{ALLOY_FOLDER}/") and each.status in {"new", "regressed"})
        )

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


@held_open()
def look_for_drift(workspace: Workspace, command: LookForDrift) -> SeenDrift:
    """Check the executable evidence of accepted and active records by reading; record what changed since last time.

    Raises:
        UnknownRevision: no such commit.
        BrokenFiles: records, waivers or exceptions cannot be read.
        StoreUnavailable, StoreBusy: what was known cannot be read, or the answer not be kept.
    """
    records = workspace.intent.load_all()
    now = workspace.clock()
    before = known_findings(workspace)
    leniencies, baselines = read_leniencies(workspace), read_baselines(workspace)
    counts = ReadCounts()
    with tree_looked_at(workspace, command.revision) as tree:
        cache = workspace.alloy_dir / "cache" / "drift"
        report = assess_drift(
            records,
            tree.root,
            tree.name,
            now,
            reading=keep_readings(tree.reading(), tree.root, cache, counts),
            witnesses=witnesses_of(workspace, tree.name),
        )
        changed = None if command.since is None else changed_since(workspace, command.since, tree)
        report = under_known_names(workspace, report, before, leniencies.exceptions, baselines, tree)
        report = with_authors(workspace, report, before, tree)
    excepted = allowed_findings(leniencies.exceptions, (*before, *report.findings), now)
    adopted = covered_by_baselines(workspace, baselines, report.findings, tree.commit)
    demanded = {
        each.global_id(record.id) for record in records if record.guides_runs for each in record.evidence
    }
    let_go = {each.evidence_id for each in before} - demanded  # nothing deviates from intent that is let go
    settled = settle(
        before,
        report.findings,
        {*report.settled, *let_go},
        report.revision,
        now,
        excepted={*excepted, *adopted},
        mended_elsewhere=_mended_elsewhere(workspace, before, report),
    )
    settled = _with_mending_runs(workspace, before, settled)
    if command.keep:
        keep_findings(workspace, before, settled)
    earlier = {finding.finding_id: finding.status for finding in before}
    resolved = tuple(
        each for each in settled if each.status == "resolved" and earlier.get(each.finding_id) != "resolved"
    )
    waived = leniencies.waived(now)
    allowed: dict[str, Allowing] = {
        each.finding_id: waived[each.evidence_id] for each in settled if each.evidence_id in waived
    }
    return SeenDrift(
        tree.told,
        tree.uncommitted,
        report,
        settled,
        resolved,
        {**allowed, **adopted, **excepted},
        leniencies,
        states_of(
            workspace, baselines, {each.finding_id for each in report.findings}, {*report.settled, *let_go}
        ),
        changed,
        counts,
    )


def known_findings(workspace: Workspace) -> tuple[DriftFinding, ...]:
    """The last settled state of every finding of this project.

    Raises:
        StoreUnavailable: the store cannot be opened.
    """
    found = workspace.warehouse.query("FROM findings WHERE project_id = $1", [workspace.settings.project])
    return tuple(finding_of(row) for row in found.as_dicts())


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

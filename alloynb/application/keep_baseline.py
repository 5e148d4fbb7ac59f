"""Adopt deviations that stand when evidence is first demanded, and let the list only shrink (spec 6.4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from alloynb.application.workspace import Workspace
from alloynb.archaeology.checkout import contains_commit
from alloynb.errors import AlloyError, Refused
from alloynb.intent.baseline import (
    Adoption,
    Baseline,
    BaselineEntry,
    BaselineStore,
    baseline_id,
    digest_of_ids,
)
from alloynb.intent.evidence_definition import EvidenceDefinition
from alloynb.intent.leniency import reason_of
from alloynb.interpretation.finding import DriftFinding
from runtime_artifacts.canonical import digest_of


class BaselineStands(Refused):
    """The evidence has a baseline already, which may only shrink."""


class KnowsNoBaseline(Refused):
    """The evidence says yes or no: it has no list of deviations that could shrink."""


class NothingToAdopt(AlloyError):
    """No open finding belongs to the evidence."""


LISTS_ITS_DEVIATIONS = frozenset({"dependency", "import_boundary", "pattern"})
"""Kinds of evidence of which each deviation is told by itself; what a failed command hides, no list can hold."""


@dataclass(frozen=True)
class BaselineState:
    """How one baseline stands after a look.

    Attributes:
        adopted: number of deviations when it was made.
        standing: how many of its entries still stand.
        mended: ids of entries that are not seen any more, and can be dropped.
        grown: whether somebody wrote something in by hand; then nothing in it counts.
    """

    baseline: Baseline
    file: Path
    standing: int
    mended: tuple[str, ...]
    grown: bool

    @property
    def told(self) -> str:
        """The counts in one line."""
        total, left = self.baseline.adopted.count, len(self.baseline.entries)
        if self.grown:
            return f"{self.file.name} is not what was adopted ({total} then): changed by hand, it counts for nothing"
        told = f"{self.standing} of {total} deviations of the baseline still stand"
        return f"{told}, {len(self.mended)} of the {left} listed can be dropped" if self.mended else told


def read_baselines(workspace: Workspace) -> tuple[Baseline, ...]:
    """Read all baselines.

    Raises:
        BrokenFiles: one cannot be read; nothing is allowed by mistake.
    """
    return BaselineStore(workspace.alloy_dir).load_all()


def covered_by_baselines(
    workspace: Workspace,
    baselines: Iterable[Baseline],
    findings: Iterable[DriftFinding],
    revision: str,
) -> dict[str, Baseline]:
    """By finding id, the baseline that lets it stand at `revision`, a commit.

    A list that was grown by hand covers nothing. What was once mended, at a commit that is part of this one, came back
    and is covered no more.
    """
    listed = {
        each: baseline for baseline in baselines if baseline.is_as_adopted for each in baseline.finding_ids
    }
    covered = {each.finding_id: listed[each.finding_id] for each in findings if each.finding_id in listed}
    back = _mended_before(workspace, covered, revision)
    return {finding_id: each for finding_id, each in covered.items() if finding_id not in back}


def states_of(
    workspace: Workspace, baselines: Iterable[Baseline], seen: Collection[str], settled: Collection[str]
) -> tuple[BaselineState, ...]:
    """Count what became of each baseline.

    Args:
        seen: ids of findings that were seen now.
        settled: evidence of which everything was looked for.
    """
    store = BaselineStore(workspace.alloy_dir)
    return tuple(
        BaselineState(
            each,
            store.file_of(each.id),
            len(each.finding_ids & set(seen)),
            tuple(sorted(each.finding_ids - set(seen))) if each.evidence_id in settled else (),
            not each.is_as_adopted,
        )
        for each in baselines
    )


def adopt_baselines(
    workspace: Workspace, findings: Iterable[DriftFinding], why: str, revision: str
) -> tuple[Baseline, ...]:
    """Write a baseline for the evidence of each finding.

    Raises:
        MissingAuthority: only a human with `accept_intent` may.
        KnowsNoBaseline: one of them is a gate, a test or another that only passes or fails; nothing was written.
        NothingToAdopt: there are no findings.
        BaselineStands: one of the evidence definitions has one, and its rule is the same; nothing was written.
        NoReason, CannotSave: nothing, or only a beginning, was written.
    """
    grant = workspace.authority.require(workspace.principal, "accept_intent", workspace.settings.project)
    reason = reason_of(why)
    by_evidence: dict[str, list[DriftFinding]] = {}
    for finding in findings:
        by_evidence.setdefault(finding.evidence_id, []).append(finding)
    if not by_evidence:
        raise NothingToAdopt(
            "no finding stands that could be adopted",
            next_step="`alloynb drift` shows what stands; `alloynb waive` lets a failing gate or test rest for a while",
        )
    definitions = _definitions(workspace)
    store = BaselineStore(workspace.alloy_dir)
    standing = {each.evidence_id: each for each in store.load_all()}
    for evidence_id in by_evidence:
        if definitions[evidence_id].kind not in LISTS_ITS_DEVIATIONS:
            raise KnowsNoBaseline(
                f"{evidence_id} only passes or fails: a baseline would hide whatever fails next",
                next_step=f"do not demand it for a while: `alloynb waive {evidence_id} --until … --why …`",
            )
        known = standing.get(evidence_id)
        if known is not None and known.adopted.definition == _digest(definitions[evidence_id]):
            raise BaselineStands(
                f"{evidence_id} has a baseline since {known.adopted.at:%Y-%m-%d}; it only shrinks",
                next_step="mend what is new, or allow it for a while: `alloynb decide FINDING exception --until …`",
            )
    made = []
    for evidence_id, standing_now in sorted(by_evidence.items()):
        ids = [each.finding_id for each in standing_now]
        adoption = Adoption(
            by=grant.principal.name,
            at=workspace.clock(),
            why=reason,
            revision=revision,
            count=len(ids),
            digest=digest_of_ids(ids),
            definition=_digest(definitions[evidence_id]),
        )
        entries = [
            BaselineEntry(finding_id=each.finding_id, path=each.path, message=each.message)
            for each in standing_now
        ]
        baseline = Baseline(
            id=baseline_id(evidence_id),
            evidence_id=evidence_id,
            adopted=adoption,
            entries=tuple(sorted(entries, key=lambda each: (each.path, each.finding_id))),
        )
        made.append(_write(store, baseline, known=evidence_id in standing))
    return tuple(made)


def shrink_baselines(
    workspace: Workspace, states: Iterable[BaselineState]
) -> tuple[tuple[Baseline, tuple[str, ...]], ...]:
    """Drop from each baseline what was mended; the files are to be committed.

    Returns:
        Each baseline that became shorter, with the ids that were dropped.

    Raises:
        MissingAuthority: the principal may not edit.
        StaleEdit, CannotSave: the file is as it was.
    """
    workspace.authority.require(workspace.principal, "edit_hypotheses", workspace.settings.project)
    store = BaselineStore(workspace.alloy_dir)
    shrunk = []
    for state in states:
        if state.mended and not state.grown:
            stored = store.get(state.baseline.id)
            store.save(stored.model.without(state.mended), stored.digest)
            shrunk.append((stored.model.without(state.mended), state.mended))
    return tuple(shrunk)


def _write(store: BaselineStore, baseline: Baseline, *, known: bool) -> Baseline:
    if known:
        return store.save(baseline, store.get(baseline.id).digest).model
    return store.create(baseline).model


def adoptable(workspace: Workspace, findings: Iterable[DriftFinding]) -> tuple[DriftFinding, ...]:
    """Those of some findings that a baseline could list."""
    definitions = _definitions(workspace)
    return tuple(each for each in findings if definitions[each.evidence_id].kind in LISTS_ITS_DEVIATIONS)


def _definitions(workspace: Workspace) -> Mapping[str, EvidenceDefinition]:
    return {
        each.global_id(record.id): each
        for record in workspace.intent.load_all()
        if record.guides_runs
        for each in record.evidence
    }


def _digest(definition: EvidenceDefinition) -> str:
    return digest_of(definition.model_dump(mode="json", exclude_none=True))


def _mended_before(workspace: Workspace, covered: Collection[str], revision: str) -> frozenset[str]:
    if not covered:
        return frozenset()
    asked = workspace.warehouse.query(
        "SELECT DISTINCT finding_id, revision FROM finding_history "
        "WHERE status = 'resolved' AND list_contains($1::VARCHAR[], finding_id)",
        [list(covered)],
    )
    commits = {str(row[1]).partition("+")[0] for row in asked.rows}
    part_of_this = {each for each in commits if contains_commit(workspace.root, revision, each)}
    return frozenset(str(row[0]) for row in asked.rows if str(row[1]).partition("+")[0] in part_of_this)

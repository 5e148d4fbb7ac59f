"""Look, then adopt what stands, or drop what was mended (spec 6.4)."""

from __future__ import annotations

from dataclasses import dataclass

from alloynb.application.check_evidence import UnknownEvidence
from alloynb.application.decide_intent import full_id
from alloynb.application.keep_baseline import BaselineState, adopt_baselines, adoptable, shrink_baselines
from alloynb.application.look_for_drift import LookForDrift, look_for_drift
from alloynb.application.workspace import Workspace
from alloynb.intent.baseline import Baseline


@dataclass(frozen=True)
class AdoptBaseline:
    """Please let stand what stands now.

    Attributes:
        evidence_ids: whose findings; when empty, all that lists its deviations, has open ones and no
            baseline.
    """

    evidence_ids: tuple[str, ...]
    why: str


def adopt_baseline(workspace: Workspace, command: AdoptBaseline) -> tuple[Baseline, ...]:
    """Make a baseline of the open findings of the working tree.

    Raises:
        UnknownEvidence: named evidence has no open finding.
        MissingAuthority, KnowsNoBaseline, NothingToAdopt, BaselineStands, NoReason: nothing was written.
    """
    seen = look_for_drift(workspace, LookForDrift())
    found = seen.open_findings
    if command.evidence_ids:
        wanted = {full_id(workspace, each) for each in command.evidence_ids}
        missing = sorted(wanted - {each.evidence_id for each in found})
        if missing:
            step = "`alloynb drift` shows what stands"
            raise UnknownEvidence(f"nothing open was found of {', '.join(missing)}", next_step=step)
        found = tuple(each for each in found if each.evidence_id in wanted)
    else:
        known = {state.baseline.evidence_id for state in seen.baselines}
        found = adoptable(workspace, (each for each in found if each.evidence_id not in known))
    return adopt_baselines(workspace, found, command.why, seen.report.revision)


def look_at_baselines(workspace: Workspace) -> tuple[BaselineState, ...]:
    """How each baseline stands in the working tree; nothing is recorded."""
    return look_for_drift(workspace, LookForDrift(keep=False)).baselines


def shrink_now(workspace: Workspace) -> tuple[tuple[Baseline, tuple[str, ...]], ...]:
    """Drop from each baseline what the working tree shows to be mended.

    Raises:
        MissingAuthority, StaleEdit, CannotSave: the files are as they were.
    """
    return shrink_baselines(workspace, look_for_drift(workspace, LookForDrift()).baselines)

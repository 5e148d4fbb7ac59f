"""Which of the other accepted records a record cannot be meant together with, told when it is accepted (spec 6.4)."""

from __future__ import annotations

from alloynb.application.contradictions import preserved_conflicts
from alloynb.application.workspace import Workspace
from alloynb.intent.conflicts.conflict import is_settled, resolved_pairs
from alloynb.intent.conflicts.find import find_rule_conflicts
from alloynb.intent.record import IntentRecord


def weigh_conflicts(workspace: Workspace, record: IntentRecord) -> tuple[str, ...]:
    """Hold a record's rules against those of all records that guide runs; nothing is kept or asked.

    Returns:
        One sentence for each conflict that nobody settled: with whom, and why.

    Raises:
        BrokenFiles: records or answers cannot be read.
    """
    guiding = [each for each in workspace.intent.load_all() if each.guides_runs]
    resolved = resolved_pairs(guiding)
    answered = preserved_conflicts(workspace, workspace.clock())
    told = []
    for conflict in find_rule_conflicts(guiding):
        open_still = conflict.conflict_id not in answered and not is_settled(conflict.record_ids, resolved)
        if record.id in conflict.record_ids and open_still:
            others = ", ".join(each for each in conflict.record_ids if each != record.id) or "itself"
            told.append(f"in conflict with {others}: {conflict.because}; see `alloynb contradictions`")
    return tuple(told)

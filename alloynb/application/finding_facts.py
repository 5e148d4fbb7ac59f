"""Findings as the evidence store keeps them, and back again (spec 6.1, 6.4)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from alloynb.application.workspace import Workspace
from alloynb.evidence.meaning_facts import finding_fact
from alloynb.interpretation.finding import DriftFinding
from runtime_artifacts.journal import Fact

_IN_PAYLOAD = ("detector", "subject", "first_seen", "last_seen", "lines")
_MAY_BE_IN_PAYLOAD = (
    "alias",
    "introduced",
    "through",
)  # a store that an earlier version wrote knows nothing of these
_IN_COLUMNS = ("finding_id", "record_id", "evidence_id", "path", "severity", "status", "revision")


def keep_findings(
    workspace: Workspace, before: Iterable[DriftFinding], settled: Iterable[DriftFinding]
) -> None:
    """Record findings that changed; one that is only seen again at the same revision is no new fact.

    Raises:
        StoreBusy, StoreUnavailable: nothing, or only a beginning, was recorded.
    """
    known = {finding.finding_id: finding for finding in before}
    changed = [each for each in settled if _without_time(each) != _without_time(known.get(each.finding_id))]
    if changed:
        workspace.warehouse.record(_fact_of(each, workspace.settings.project) for each in changed)


def finding_of(row: dict[str, Any]) -> DriftFinding:
    """Read a row of the view `findings`."""
    payload = row["payload"]
    value = {
        **{name: payload[name] for name in _IN_PAYLOAD},
        **{name: payload[name] for name in _MAY_BE_IN_PAYLOAD if payload.get(name) is not None},
        **{name: row[name] for name in _IN_COLUMNS},
        "message": row["summary"],
        "resolved_by": row["run_id"],
    }
    return DriftFinding.model_validate_json(json.dumps(value))


def _without_time(finding: DriftFinding | None) -> dict[str, object] | None:
    if finding is None:
        return None
    return {**finding.model_dump(mode="json", exclude={"last_seen"}), "seen_at": finding.last_seen.revision}


def _fact_of(finding: DriftFinding, project: str) -> Fact:
    more = finding.model_dump(mode="json", include={"detector", "subject", "first_seen", "last_seen"})
    if finding.through:
        more["through"] = [each.model_dump(mode="json") for each in finding.through]
    if finding.alias is not None:
        more["alias"] = finding.alias
    if finding.introduced is not None:
        more["introduced"] = finding.introduced.model_dump(mode="json")
        more["introduced_by"] = finding.introduced.author or None
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
        more=more,
    )

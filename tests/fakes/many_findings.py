"""Findings in an evidence store, as many as are wanted, without any code that deviates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alloynb.application.workspace import Workspace
from alloynb.evidence.meaning_facts import finding_fact
from alloynb.interpretation.finding import finding_id_of

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
_STATUSES = ("new", "known", "known", "regressed", "resolved")
_SEVERITIES = ("high", "medium", "low")


def record_findings(workspace: Workspace, number: int, record_ids: tuple[str, ...]) -> None:
    """Record findings of several records, in many files, of every status and severity."""
    workspace.warehouse.record(
        finding_fact(
            project_id=workspace.settings.project,
            finding_id=finding_id_of(record, f"{record}#imports", "import_boundary", [str(at)]),
            record_id=record,
            evidence_id=f"{record}#imports",
            status=_STATUSES[at % len(_STATUSES)],
            severity=_SEVERITIES[at % len(_SEVERITIES)],
            message=f"part{at % 97}.module{at} imports acme.client{at % 13}",
            path=f"part{at % 97}/module{at}.py",
            lines=(at % 200 + 1,),
            revision="0123456789abcdef",
            seen_at=BEGAN + timedelta(minutes=at),
            more={
                "detector": "import_boundary",
                "subject": [str(at)],
                "first_seen": {"revision": "0123456789abcdef", "at": "2026-03-01T00:00:00.000000Z"},
                "last_seen": {"revision": "0123456789abcdef", "at": "2026-03-01T00:00:00.000000Z"},
            },
        )
        for at in range(number)
        for record in (record_ids[at % len(record_ids)],)
    )
    workspace.warehouse.fold()

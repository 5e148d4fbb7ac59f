"""How the evidence of records stands by what the store last saw of it; a store that does not answer hides nothing else.

Spec: 2.3, 2.7.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.intent.evidence_definition import EvidenceDefinition, EvidenceKind, EvidenceStatus
from alloynb.intent.record import IntentRecord

_LIMIT_S = 10.0
_PATIENCE_S = 1.0
_SEEN: dict[str, EvidenceStatus] = {
    "satisfied": "passing",
    "partially_satisfied": "failing",
    "unsatisfied": "failing",
    "waived": "waived",
}
_MAY_YET_COME = ("hypothesized", "proposed")
_LATEST = """
SELECT evidence_id, arg_max(status, observed_at) AS status, max(observed_at) AS observed_at,
       arg_max(observed_by, observed_at) AS observed_by, arg_max(run_id, observed_at) AS run_id
FROM evidence_observations WHERE list_has_any(record_ids, $1::VARCHAR[]) GROUP BY evidence_id
"""
_OPEN = """
SELECT evidence_id, max(last_seen_at) AS seen_at, count(*) AS findings FROM findings
WHERE project_id = $2 AND record_id IN (SELECT unnest($1::VARCHAR[])) AND status IN ('new', 'known', 'regressed')
GROUP BY evidence_id
"""


@dataclass(frozen=True)
class StandingEvidence:
    """One evidence definition, and what was seen of it last.

    Attributes:
        status: `required` when it is demanded and nobody has looked yet; `unknown` when a look could not tell.
        seen_at: when it was seen; None when it never was.
        told: the last sight in a few words.
    """

    evidence_id: str
    kind: EvidenceKind
    description: str
    required: bool
    status: EvidenceStatus
    seen_at: datetime | None
    told: str
    run_id: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain JSON value."""
        return {
            "evidence_id": self.evidence_id,
            "kind": self.kind,
            "description": self.description,
            "required": self.required,
            "status": self.status,
            "seen_at": self.seen_at.isoformat() if self.seen_at else None,
            "told": self.told,
            "run_id": self.run_id,
        }


@dataclass(frozen=True)
class EvidenceStandings:
    """Standings by record id.

    Attributes:
        note: why the store could not be asked, or empty; then nothing that it knows is told.
    """

    by_record: dict[str, tuple[StandingEvidence, ...]]
    note: str = ""


def standing_evidence(workspace: Workspace, records: Iterable[IntentRecord]) -> EvidenceStandings:
    """Say how each evidence definition of some records stands. Raises nothing for a store that is missing or busy.

    Raises:
        BrokenFiles: a waiver cannot be read; nothing is waived by mistake.
    """
    from alloynb.intent.leniency import WaiverStore

    wanted = tuple(records)
    now = workspace.clock()
    waivers = {
        each.evidence_id: each
        for each in WaiverStore(workspace.alloy_dir).load_all()
        if each.state(now) == "valid"
    }
    seen, broken, note = _asked(workspace, [record.id for record in wanted])
    by_record = {
        record.id: tuple(
            _standing(
                record,
                definition,
                seen.get(definition.global_id(record.id)),
                broken.get(definition.global_id(record.id)),
                f"waived by {waiver.told()}"
                if (waiver := waivers.get(definition.global_id(record.id)))
                else "",
            )
            for definition in record.evidence
        )
        for record in wanted
    }
    return EvidenceStandings(by_record, note)


def ask_store(workspace: Workspace, sql: str, parameters: list[Any]) -> tuple[list[dict[str, Any]], str]:
    """Rows of a query, and why there are none when the store could not be asked; a store is not made for asking."""
    if not (workspace.alloy_dir / "evidence").is_dir() and not (workspace.alloy_dir / "runs").is_dir():
        return [], "the evidence store is empty: nothing was run or looked at yet"
    try:
        if not workspace.warehouse.path.exists():  # a query would wait much longer for whoever publishes it
            workspace.warehouse.fold(wait_s=_PATIENCE_S)
        return workspace.warehouse.query(sql, parameters, time_limit_s=_LIMIT_S).as_dicts(), ""
    except (AlloyError, OSError) as error:
        told = error.message if isinstance(error, AlloyError) else str(error)
        return [], f"the evidence store could not be asked: {told}"


def _asked(
    workspace: Workspace, record_ids: list[str]
) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]], str]:
    if not record_ids:
        return {}, {}, ""
    seen, note = ask_store(workspace, _LATEST, [record_ids])
    if note:
        return {}, {}, note
    broken, note = ask_store(workspace, _OPEN, [record_ids, workspace.settings.project])
    return (
        {row["evidence_id"]: row for row in seen},
        {row["evidence_id"]: row for row in broken},
        note,
    )


def _standing(
    record: IntentRecord,
    definition: EvidenceDefinition,
    seen: dict[str, Any] | None,
    broken: dict[str, Any] | None,
    waived: str,
) -> StandingEvidence:
    status, seen_at, told, run_id = _judged(record, definition, seen, broken, waived)
    return StandingEvidence(
        definition.global_id(record.id),
        definition.kind,
        definition.description,
        definition.required,
        status,
        seen_at,
        told,
        run_id,
    )


def _judged(
    record: IntentRecord,
    definition: EvidenceDefinition,
    seen: dict[str, Any] | None,
    broken: dict[str, Any] | None,
    waived: str,
) -> tuple[EvidenceStatus, datetime | None, str, str | None]:
    seen_at = seen["observed_at"] if seen else None
    run_id = seen["run_id"] if seen else None
    told = f"{seen['status']}, seen by {seen['observed_by'] or 'a run'}" if seen else "never seen"
    if record.status in _MAY_YET_COME:
        return "proposed", seen_at, told, run_id
    if not record.guides_runs:
        return "obsolete", seen_at, told, run_id
    if waived:
        return "waived", seen_at, waived, run_id
    if broken and (seen_at is None or broken["seen_at"] >= seen_at):
        count = broken["findings"]
        return "failing", broken["seen_at"], f"{count} open finding{'s' if count != 1 else ''}", None
    if seen:
        return _SEEN.get(seen["status"], "unknown"), seen_at, told, run_id
    return ("required" if definition.required else "unknown"), None, told, None

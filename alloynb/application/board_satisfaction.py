"""Which capability held in which run: records by runs, the last verdict of each (spec 6.3, 7.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alloynb.application.workspace import Workspace

RUNS = 12
_ORDER = ("unsatisfied", "unknown", "partially_satisfied", "waived", "satisfied")
_SEVERITIES = {"high": 0, "medium": 1, "low": 2}


@dataclass(frozen=True)
class BoardRun:
    """One column."""

    run_id: str
    started_at: datetime
    revision: str
    status: str
    throttle: str
    entry_event: str


@dataclass(frozen=True)
class BoardVerdict:
    """One cell: what a run said about a record."""

    status: str
    summary: str
    missing: tuple[str, ...]


@dataclass(frozen=True)
class BoardRecord:
    """One row.

    Attributes:
        verdicts: as many as there are runs; None where a run said nothing about the record.
    """

    record_id: str
    title: str
    capability: str
    severity: str
    verdicts: tuple[BoardVerdict | None, ...]

    @property
    def now(self) -> str:
        """The latest verdict there is."""
        return next((each.status for each in reversed(self.verdicts) if each is not None), "unknown")

    @property
    def trend(self) -> str:
        """`eroding`, `recovering`, or empty: the latest verdict beside the one before it."""
        said = [
            _ORDER.index(each.status) for each in self.verdicts if each is not None and each.status in _ORDER
        ]
        if len(said) < 2 or said[-1] == said[-2]:
            return ""
        return "eroding" if said[-1] < said[-2] else "recovering"


@dataclass(frozen=True)
class BoardSatisfaction:
    """Records, those that hold least first, by runs, oldest first.

    Attributes:
        earlier: number of runs before the first one shown.
    """

    runs: tuple[BoardRun, ...]
    records: tuple[BoardRecord, ...]
    earlier: int = 0
    later: int = 0

    @property
    def eroding(self) -> tuple[BoardRecord, ...]:
        """Records whose latest verdict is worse than the one before."""
        return tuple(each for each in self.records if each.trend == "eroding")


def board_satisfaction(workspace: Workspace, *, runs: int = RUNS, skip: int = 0) -> BoardSatisfaction:
    """Lay out the last runs that were read through their briefs.

    Args:
        runs: how many columns, > 0.
        skip: leave out so many of the newest ones.

    Raises:
        StoreUnavailable: the store cannot be opened.
    """
    columns = workspace.warehouse.query(
        "SELECT run_id, started_at, revision, status, throttle, entry_event, count(*) OVER () AS total FROM runs "
        "WHERE project_id = $1 AND run_id IN (SELECT run_id FROM intent_satisfaction_history) "
        "ORDER BY started_at DESC, run_id DESC LIMIT $2 OFFSET $3",
        [workspace.settings.project, runs, skip],
    ).as_dicts()
    shown = tuple(
        BoardRun(
            each["run_id"],
            each["started_at"],
            each["revision"] or "",
            each["status"] or "",
            each["throttle"] or "",
            each["entry_event"] or "",
        )
        for each in reversed(columns)
    )
    at = {each.run_id: number for number, each in enumerate(shown)}
    found = workspace.warehouse.query(
        "SELECT record_id, run_id, arg_max(struct_pack(status := status, summary := summary, missing := missing, "
        "title := title, capability := capability, severity := severity), row(recorded_at, seq)) AS said "
        "FROM intent_satisfaction_history WHERE project_id = $1 AND run_id IN (SELECT unnest($2::VARCHAR[])) "
        "GROUP BY record_id, run_id ORDER BY record_id, run_id",
        [workspace.settings.project, list(at)],
    ).as_dicts()
    rows: dict[str, list[BoardVerdict | None]] = {}
    texts: dict[str, tuple[int, str, str, str]] = {}
    for each in found:
        said, number = each["said"], at[each["run_id"]]
        verdicts = rows.setdefault(each["record_id"], [None] * len(shown))
        verdicts[number] = BoardVerdict(said["status"], said["summary"] or "", tuple(said["missing"] or ()))
        newest = (
            number,
            said["title"] or each["record_id"],
            said["capability"] or "",
            said["severity"] or "medium",
        )
        texts[each["record_id"]] = max(texts.get(each["record_id"], newest), newest)
    records = [
        BoardRecord(record_id, *texts[record_id][1:], tuple(verdicts)) for record_id, verdicts in rows.items()
    ]
    total = int(columns[0]["total"]) if columns else 0
    return BoardSatisfaction(
        shown, tuple(sorted(records, key=_worst_first)), max(total - skip - len(shown), 0), skip
    )


def _worst_first(record: BoardRecord) -> tuple[int, int, str]:
    order = _ORDER.index(record.now) if record.now in _ORDER else 0
    return (order, _SEVERITIES.get(record.severity, 3), record.record_id)

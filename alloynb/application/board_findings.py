"""Drift findings as a board lists them: many, with what humans said to them, and what is known of each (spec 6.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from alloynb.application.leniencies import read_leniencies
from alloynb.application.workspace import Workspace
from alloynb.errors import AlloyError
from alloynb.intent.record import IntentRecord
from alloynb.interpretation.allowance import allowed_findings, fits

OPEN = frozenset({"new", "known", "regressed"})
_ORDER = {"regressed": 0, "new": 1, "known": 2, "exception": 3, "waived": 4, "resolved": 5}
_SEVERITIES = {"high": 0, "medium": 1, "low": 2}
_ASKED = """
    SELECT findings.*, said.why
    FROM findings
    LEFT JOIN (
        SELECT finding_id, arg_max(why, decided_at) AS why FROM finding_decisions GROUP BY finding_id
    ) AS said USING (finding_id)
    WHERE project_id = $1
"""


@dataclass(frozen=True)
class BoardFinding:
    """One finding.

    Attributes:
        status: as in the view `findings`; `exception` or `waived` as long as that is valid now.
        lines: 1-based, ascending; empty when the whole file is meant.
        decision: what a human said last: `drift`, `exception` or `obsolete_intent`; None when nobody did.
        allowed: who allowed it until when and why; empty when nobody does now.
        looks_like: what the last verdict said of it; None when nobody asked for one.
        looks_like_strength: 0..1, how strong that was.
        looks_like_because: its strongest clue in words.
    """

    finding_id: str
    record_id: str
    evidence_id: str
    status: str
    severity: str
    path: str
    lines: tuple[int, ...]
    message: str
    revision: str
    first_seen_at: datetime
    first_seen_revision: str
    introduced_by: str | None
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None
    why: str | None
    allowed: str = ""
    looks_like: str | None = None
    looks_like_strength: float | None = None
    looks_like_because: str | None = None

    @property
    def place(self) -> str:
        """`path:line`, or the path alone."""
        return f"{self.path}:{self.lines[0]}" if self.lines else self.path

    @property
    def is_open(self) -> bool:
        """Whether it has to be mended or answered."""
        return self.status in OPEN


@dataclass(frozen=True)
class FindingFilter:
    """Which findings are wanted; what is empty lets everything pass.

    Attributes:
        state: `open`, `unanswered` (open, and nobody said anything), `allowed`, `resolved`, or empty for all.
        path: a gitignore-style glob when it holds `*`, else a part of the path.
        words: all of them stand in the message, the path or the record's id.
    """

    state: str = ""
    severity: str = ""
    record_id: str = ""
    path: str = ""
    words: str = ""

    def of(self, findings: Iterable[BoardFinding]) -> tuple[BoardFinding, ...]:
        """Those that pass, in their order."""
        wanted = self.words.lower().split()
        return tuple(each for each in findings if self._passes(each, wanted))

    def _passes(self, finding: BoardFinding, wanted: list[str]) -> bool:
        if self.state and not _IN_STATE[self.state](finding):
            return False
        if self.severity and finding.severity != self.severity:
            return False
        if self.record_id and finding.record_id != self.record_id:
            return False
        if self.path:
            fit = fits(self.path, finding.path) if "*" in self.path else self.path in finding.path
            if not fit:
                return False
        text = f"{finding.message} {finding.path} {finding.record_id}".lower() if wanted else ""
        return all(each in text for each in wanted)


_IN_STATE: Mapping[str, Callable[[BoardFinding], bool]] = {
    "open": lambda finding: finding.is_open,
    "unanswered": lambda finding: finding.is_open and finding.decision is None,
    "allowed": lambda finding: finding.status in {"exception", "waived"},
    "resolved": lambda finding: finding.status == "resolved",
}


def board_findings(workspace: Workspace) -> tuple[BoardFinding, ...]:
    """List every finding as it stands in the store: what came back first, then by severity and place.

    Raises:
        BrokenFiles: waivers or exceptions cannot be read.
        StoreUnavailable: the store cannot be opened.
    """
    now = workspace.clock()
    leniencies = read_leniencies(workspace)
    found = [
        _finding_of(row) for row in workspace.warehouse.query(_ASKED, [workspace.settings.project]).as_dicts()
    ]
    excepted = allowed_findings(leniencies.exceptions, found, now)
    waived = leniencies.waived(now)
    stands = []
    for each in found:
        if each.status != "resolved" and each.finding_id in excepted:
            told = excepted[each.finding_id].told()
            stands.append(replace(each, status="exception", allowed=told))
        elif each.status != "resolved" and each.evidence_id in waived:
            stands.append(replace(each, status="waived", allowed=waived[each.evidence_id].told()))
        elif each.status == "exception":  # it has ended since the last look
            stands.append(replace(each, status="known"))
        else:
            stands.append(each)
    return tuple(sorted(stands, key=_worst_first))


def record_of_finding(workspace: Workspace, finding: BoardFinding) -> IntentRecord | None:
    """The record that the code left, or None when it is gone by now."""
    try:
        return workspace.intent.get(finding.record_id).model
    except AlloyError:
        return None


def _worst_first(finding: BoardFinding) -> tuple[int, int, str, int, str]:
    return (
        _ORDER.get(finding.status, 9),
        _SEVERITIES.get(finding.severity, 3),
        finding.path,
        finding.lines[0] if finding.lines else 0,
        finding.finding_id,
    )


def _finding_of(row: dict[str, Any]) -> BoardFinding:
    payload = row["payload"] if isinstance(row["payload"], dict) else {}
    lines = payload.get("lines") or ([row["line"]] if row["line"] else [])
    return BoardFinding(
        finding_id=row["finding_id"],
        record_id=row["record_id"] or "",
        evidence_id=row["evidence_id"] or "",
        status=row["status"],
        severity=row["severity"] or "medium",
        path=row["path"] or "",
        lines=tuple(int(each) for each in lines),
        message=row["summary"] or "",
        revision=row["revision"] or "",
        first_seen_at=row["first_seen_at"],
        first_seen_revision=row["first_seen_revision"] or "",
        introduced_by=row["introduced_by"],
        decision=row["decision"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        why=row["why"],
        looks_like=row["looks_like"],
        looks_like_strength=row["looks_like_strength"],
        looks_like_because=row["looks_like_because"],
    )

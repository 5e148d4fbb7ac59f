"""Where the code left the intent: ten thousand findings as easily as ten, and the three answers (spec 6.4, 7.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alloynb.application.board_findings import BoardFinding, FindingFilter, board_findings, record_of_finding
from alloynb.application.decide_finding import DecideFinding, decide_finding
from alloynb.application.look_for_drift import LookForDrift, look_for_drift
from alloynb.faces.widgets.board import Answer, Board, Detail, Field, Filter, Row, Verdict
from alloynb.faces.widgets.findings_table import FindingsTable
from alloynb.faces.widgets.live import Act, UnfitMessage

if TYPE_CHECKING:
    from alloynb.application.workspace import Workspace

_REASON = Field("why", "Reason", "for whoever reads it in a year")
ANSWERS = (
    Answer("drift", "Drift", "d", "The intent is valid: the code is to be mended.", (_REASON,)),
    Answer(
        "exception",
        "Exception",
        "x",
        "It may stay for a while. This becomes a file in the repository, and ends by itself.",
        (
            _REASON,
            Field("until", "Until", "2027-01-31, or 90d"),
            Field("path", "For all findings in", "a glob such as checkout/**", needed=False),
        ),
    ),
    Answer(
        "obsolete",
        "Obsolete intent",
        "o",
        "The code is right: the record is asked about. The finding stands until somebody answers that.",
        (_REASON,),
    ),
)
_DECIDED = {"drift": "drift", "exception": "exception", "obsolete_intent": "obsolete intent"}
_STATES = (
    ("open", "open"), ("unanswered", "open, unanswered"), ("allowed", "allowed for now"), ("resolved", "resolved"),
    ("", "all"),
)  # fmt: skip


class DriftBoard(Board):
    """Every finding of the repository; `value` is what the filter lets pass, and begins with those that are open."""

    def __init__(self, workspace: Workspace, *, look: bool = False) -> None:
        """Open the board.

        Args:
            look: hold the working tree against the intent first; else the board shows what is known.
        """
        self._workspace = workspace
        self._all: tuple[BoardFinding, ...] = ()
        if look:
            look_for_drift(workspace, LookForDrift())
        super().__init__("Drift findings")
        self.filter(state="open")

    def twin(self) -> FindingsTable:
        """The verdict and the first of the list."""
        return FindingsTable(self._verdict(), self.value)

    def _load(self) -> None:
        self._all = board_findings(self._workspace)

    def _pass(self, chosen: Mapping[str, str]) -> Sequence[BoardFinding]:
        return FindingFilter(**dict(chosen)).of(self._all)

    def _filters(self) -> tuple[Filter, ...]:
        records = sorted({each.record_id for each in self._all})
        return (
            Filter("state", "State", _STATES),
            Filter(
                "severity", "Severity", (("", "any"), ("high", "high"), ("medium", "medium"), ("low", "low"))
            ),
            Filter(
                "record_id", "Record", (("", "any"), *((each, each.rpartition(".")[2]) for each in records))
            ),
            Filter("path", "Path", hint="part, or a glob"),
            Filter("words", "Words", hint="in message or path"),
        )

    def _row(self, item: BoardFinding) -> Row:
        said = f" · {_DECIDED.get(item.decision, item.decision)}" if item.decision else ""
        return Row(item.finding_id, item.status, item.place, item.message, f"{item.severity}{said}")

    def _detail(self, item: BoardFinding) -> Detail:
        record = record_of_finding(self._workspace, item)
        facts = [("place", f"`{item.path}`{_lines(item)}"), ("evidence", f"`{item.evidence_id}`")]
        facts.append(
            ("first seen", f"{item.first_seen_at:%Y-%m-%d %H:%M} UTC at `{item.first_seen_revision[:12]}`")
        )
        if item.introduced_by:
            facts.append(("introduced by", item.introduced_by))
        if record is not None:
            facts += [
                ("capability", record.capability or "–"),
                ("we prefer", record.strategy or "–"),
                ("at the price of", record.tradeoff or "–"),
            ]
        if item.looks_like:
            facts.append(("looks like", _looks_like(item)))
        if item.decision:
            said = _DECIDED.get(item.decision, item.decision)
            facts.append(("last answer", f"{said}, {item.decided_by}: {item.why or 'no reason'}"))
        if item.allowed:
            facts.append(("allowed by", item.allowed))
        title = record.title if record is not None else item.record_id
        answers = ANSWERS if item.status != "resolved" else ()
        return Detail(title, item.status, item.message, tuple(facts), answers)

    def _verdict(self) -> Verdict:
        counts = Counter("open" if each.is_open else each.status for each in self._all)
        unanswered = sum(each.is_open and each.decision is None for each in self._all)
        high = sum(each.is_open and each.severity == "high" for each in self._all)
        allowed = counts["exception"] + counts["waived"]
        told = f"{allowed} allowed for now, {counts['resolved']} resolved"
        if not counts["open"]:
            return Verdict(good=True, headline="No open drift", told=told)
        number = counts["open"]
        headline = f"{number:,} open drift finding{'' if number == 1 else 's'}, {high:,} of high severity"
        return Verdict(good=False, headline=headline, told=f"{unanswered:,} unanswered, {told}")

    def _carry_out(self, item: BoardFinding, answer: str, fields: Mapping[str, str]) -> str:
        unknown = set(fields) - {"why", "until", "path"}
        if unknown:
            raise UnfitMessage(f"no field {', '.join(sorted(unknown))}")
        until, path = fields.get("until", "").strip(), fields.get("path", "").strip()
        decided = decide_finding(
            self._workspace,
            DecideFinding(item.finding_id, answer, fields.get("why", ""), until or None, path or None),  # type: ignore[arg-type]
        )
        told = [f"{item.place}: {_DECIDED.get(answer, answer)}."]
        if decided.file is not None:
            told.append(f"Written: {decided.file.relative_to(self._workspace.root)}")
        if decided.still_allowed_by:
            told.append(f"Still allowed by {decided.still_allowed_by}.")
        told.append(f"Next: {decided.next_step}")
        return "\n".join(told)

    def _tools(self) -> Mapping[str, tuple[str, Act]]:
        return {"look": ("Look again", self._look)}

    def _look(self, _: Any) -> None:
        seen = look_for_drift(self._workspace, LookForDrift())
        self._place.notice = (
            f"Looked at the {seen.tree}: {len(seen.open_findings)} open, {len(seen.resolved_now)} resolved."
        )
        self._reload()


def _lines(finding: BoardFinding) -> str:
    if not finding.lines:
        return ""
    more = f" and {len(finding.lines) - 8} more" if len(finding.lines) > 8 else ""
    word = "line" if len(finding.lines) == 1 else "lines"
    return f", {word} {', '.join(map(str, finding.lines[:8]))}{more}"


def _looks_like(finding: BoardFinding) -> str:
    """The last verdict: a suggestion, with its strongest reason."""
    if finding.looks_like == "undecided" or finding.looks_like_strength is None:
        return "undecided: what is known does not lead one way"
    because = f": {finding.looks_like_because}" if finding.looks_like_because else ""
    return f"{(finding.looks_like or '').replace('_', ' ')} ({finding.looks_like_strength:.0%}){because}"

"""What one look for drift told, as text for people and as data for programs."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alloynb.faces.wording import WHAT_NOW
from alloynb.intent.baseline import Baseline

if TYPE_CHECKING:
    from rich.console import Console

    from alloynb.application.judge_findings import JudgedEvidence
    from alloynb.application.look_for_drift import SeenDrift

_ENTRIES = {"entries", "dropped"}
"""What a baseline lists is no part of what it says of one finding."""


@dataclass(frozen=True)
class DriftScreen:
    """One look.

    Attributes:
        judged: verdicts on what is shown; empty when nobody asked for them.
        since: the revision that limits what is shown; empty without one.
        show_all: show resolved findings too, and each that a baseline lists.
    """

    seen: SeenDrift
    judged: tuple[JudgedEvidence, ...]
    since: str
    show_all: bool

    @property
    def _shown(self) -> tuple[Any, ...]:
        resolved = [each for each in self.seen.findings if each.status == "resolved"]
        return (*self.seen.shown_findings, *(resolved if self.show_all else ()))

    @property
    def _apart(self) -> int:
        return len(self.seen.open_findings) - len(self.seen.shown_findings)

    def show(self, console: Console) -> None:
        """Write it for people."""
        seen = self.seen
        checked = len(seen.report.checked)
        console.print(f"{seen.tree}: {checked} evidence definitions checked", style="bold", markup=False)
        if seen.counts.told:
            console.print(f"  {seen.counts.told}", style="dim", markup=False)
        self._show_findings(console)
        self._show_rest(console)
        if seen.shown_findings:
            number = len(seen.shown_findings)
            console.print(f"✖ {number} finding{'' if number == 1 else 's'}", style="bold red")
            console.print(WHAT_NOW, style="dim", markup=False)
        else:
            allowed = len(seen.allowed_findings)
            console.print(f"✔ no drift but {allowed} allowed" if allowed else "✔ no drift", style="green")

    def data(self) -> dict[str, Any]:
        """Give it as plain JSON values."""
        seen = self.seen
        return {
            "tree": seen.tree,
            "revision": seen.report.revision,
            "checked": list(seen.report.checked),
            "findings": [finding.model_dump(mode="json") for finding in self._shown],
            "allowed": [
                {
                    **finding.model_dump(mode="json"),
                    "allowed_by": seen.allowed[finding.finding_id].model_dump(mode="json", exclude=_ENTRIES),
                }
                for finding in seen.allowed_findings
            ],
            "not_shown": self._apart,
            "read": dataclasses.asdict(seen.counts),
            "verdicts": [_verdict_of(each) for each in self.judged],
            "baselines": [
                {
                    "evidence_id": state.baseline.evidence_id,
                    "adopted": state.baseline.adopted.count,
                    "listed": len(state.baseline.entries),
                    "standing": state.standing,
                    "mended": list(state.mended),
                    "grown": state.grown,
                }
                for state in seen.baselines
            ],
            "resolved_now": [finding.finding_id for finding in seen.resolved_now],
            "could_not_check": {each.evidence_id: list(each.reasons) for each in seen.report.could_not_check},
            "questions": [dataclasses.asdict(each) for each in seen.report.questions],
            "seen_elsewhere": {each.evidence_id: each.text for each in seen.seen_elsewhere},
            "notes": [{"evidence_id": note.evidence_id, "text": note.text} for note in seen.report.notes],
        }

    def _show_findings(self, console: Console) -> None:
        verdicts = {each.finding.finding_id: each for each in self.judged if each.finding is not None}
        for finding in self._shown:
            place = f"{finding.path}:{finding.lines[0]}" if finding.lines else finding.path
            console.print(f"{finding.status:<10} {place}: {finding.message}", markup=False)
            _aside(console, f"{finding.evidence_id}  ({finding.finding_id})")
            if finding.introduced is not None and finding.status != "resolved":
                _aside(console, f"by {finding.introduced.told}")
            if finding.finding_id in verdicts:
                _show_verdict(verdicts[finding.finding_id], console)
        for each in self.judged:
            if each.finding is None:
                names = ", ".join(each.lost_names)
                console.print(f"lost name  {each.evidence_id}: {names}", style="yellow", markup=False)
                _show_verdict(each, console)
        for finding in self.seen.allowed_findings:
            if isinstance(self.seen.allowed[finding.finding_id], Baseline) and not self.show_all:
                continue
            told = f"{finding.path}: {finding.message}  (by {self.seen.allowed[finding.finding_id].told()})"
            console.print(f"allowed    {told}", style="blue", markup=False)
            _aside(console, f"{finding.evidence_id}  ({finding.finding_id})")

    def _show_rest(self, console: Console) -> None:
        seen = self.seen
        for missing in seen.report.could_not_check:
            console.print(f"unknown    {missing.evidence_id}: {'; '.join(missing.reasons)}", markup=False)
        for asked in seen.report.questions:
            told = f"question   {asked.evidence_id} for {asked.role}: {asked.question} ({asked.why_open})"
            console.print(told, style="yellow", markup=False)
        for other in seen.seen_elsewhere:
            console.print(f"elsewhere  {other.evidence_id}: {other.text}", style="dim", markup=False)
        for note in seen.report.notes:
            console.print(f"note       {note.evidence_id}: {note.text}", style="yellow", markup=False)
        for finding in seen.resolved_now:
            by = f"  (by {finding.resolved_by})" if finding.resolved_by else ""
            console.print(f"resolved   {finding.path}: {finding.message}{by}", style="green", markup=False)
        for state in seen.baselines:
            told = f"baseline   {state.baseline.evidence_id}: {state.told}"
            console.print(told, style="blue", markup=False)
        if self._apart:
            where = f"in files that did not change since {self.since}"
            told = f"apart      {self._apart} more {where}; `alloynb drift` shows all"
            console.print(told, style="yellow", markup=False)


def _verdict_of(each: JudgedEvidence) -> dict[str, Any]:
    return {
        "evidence_id": each.evidence_id,
        "finding_id": each.finding.finding_id if each.finding else None,
        "lost_names": list(each.lost_names),
        "leaning": each.verdict.leaning,
        "strength": round(each.verdict.strength, 2),
        "clues": [dataclasses.asdict(clue) for clue in each.verdict.clues],
    }


def _show_verdict(judged: JudgedEvidence, console: Console) -> None:
    verdict = judged.verdict
    console.print(f"           {verdict.told_with_strength}", style="cyan", markup=False)
    for clue in verdict.clues:
        _aside(console, f"  {clue.told_with_weight}")


def _aside(console: Console, text: str) -> None:
    console.print(f"           {text}", style="dim", markup=False)

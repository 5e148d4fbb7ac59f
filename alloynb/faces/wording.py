"""How a report is put into words, the same in every face: terminal, page, notebook."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alloynb.application.loop_report import GateLine, LoopReport

MARKS = {"satisfied": "✔", "partially_satisfied": "◐", "unsatisfied": "✖", "unknown": "?", "waived": "–"}
RECOVERY = {
    "recompile": "compile the brief again",
    "narrow scope": "run fewer records or paths",
    "ask question": "ask whether the intent still stands",
    "resume": "resume the run",
    "validate only": "run the gates alone",
    "smaller repair brief": "repair the findings, and nothing else",
    "re approve": "have the brief approved again",
    "switch to dry run": "run at throttle dry_run",
    "mark contradicted": "mark the record as contradicted",
}
WHAT_NOW = (
    "Mend them; or `alloynb decide FINDING …`, when the intent has to change or an exception is right; or "
    "`alloynb baseline EVIDENCE --why …`, when they stood before anybody asked."
)
_COUNTED_GATES = re.compile(r"\d+ of \d+ gates did not pass: .*")


@dataclass(frozen=True)
class LeftOut:
    """Uncommitted paths, which no run of a commit sees.

    Attributes:
        ours: number of paths below `.alloy/`: records and ledgers, which a run itself may have moved on.
    """

    paths: tuple[str, ...]
    ours: int

    def __bool__(self) -> bool:
        return bool(self.paths or self.ours)

    @property
    def counted(self) -> str:
        """How many, such as `3 paths, and 2 below .alloy/`."""
        own = f"{len(self.paths)} path{'' if len(self.paths) == 1 else 's'}"
        return self._with_ours(own if self.paths else "")

    def named(self, limit: int) -> str:
        """Which, the first `limit` by name."""
        more = f" and {len(self.paths) - limit} more" if len(self.paths) > limit else ""
        return self._with_ours(", ".join(self.paths[:limit]) + more)

    def _with_ours(self, own: str) -> str:
        if not self.ours:
            return own
        return f"{own}, and {self.ours} below .alloy/" if own else f"{self.ours} below .alloy/"


def not_as_briefed(report: LoopReport) -> tuple[str, ...]:
    """Where a run was other than its brief: what was lost on the way, gates that nobody ran, an unheeded pattern."""
    told = " ".join(report.compiled_down)
    missed = [each.gate for each in report.plan_gates if not each.ran_as]
    if len(missed) == len(report.plan_gates) > 1:
        lines = [f"none of the {len(missed)} gates of the brief was run"]
    else:
        lines = [
            f"gate {each} of the brief was not run"
            for each in missed
            if f"gate {each} is only advice" not in told
        ]
    agents = report.agents
    if agents is not None and not agents.honoured and f"agent pattern {agents.pattern}" not in told:
        lines.append(f"the agent pattern {agents.pattern} did not shape the run: {agents.why}")
    return (*report.compiled_down, *lines)


def headline_of(report: LoopReport) -> str:
    """Say in one sentence what the round of the loop told."""
    total = len(report.records)
    satisfied = report.counts.get("satisfied", 0)
    if report.holds:
        let_pass = _allowed(report)
        if satisfied == total == 1:
            return f"The capability holds, {let_pass}"
        unproved = total - satisfied - report.counts.get("waived", 0)
        return f"{satisfied} of {total} capabilities hold, {let_pass}" + (
            f"; {unproved} not proved yet" if unproved else ""
        )
    failure, against, gates = _no_answer(report), _against_intent(report), _gates(report)
    holding = [f"{satisfied} of {total} capabilities hold"] if satisfied and not (failure or against) else []
    missed = ["the repair missed what it was to mend"] if report.missed else []
    told = [*missed, *failure, *against, *holding, *gates]
    text = "; ".join(told) or f"the run is {report.status.replace('_', ' ')}"
    return text[0].upper() + text[1:]


def _allowed(report: LoopReport) -> str:
    """What is let pass for now is said before anybody takes the rest for the whole truth."""
    deviations, waived = len(report.findings), report.counts.get("waived", 0)
    told = ["nothing drifted" if not deviations else "nothing else drifted"]
    if deviations:
        told.append(f"{deviations} deviation{' is' if deviations == 1 else 's are'} allowed for now")
    if waived:
        told.append(f"{waived} {'is' if waived == 1 else 'are'} waived, not proved")
    return "; ".join(told)


def _no_answer(report: LoopReport) -> list[str]:
    """A run that failed for another reason than what its gates said: nothing else is sure then."""
    if report.status in {"completed", "completed_with_findings"}:
        return []
    if report.status == "cancelled":
        return ["the run was cancelled"]
    if report.failure_class in {None, "execution"} and any(gate.required for gate in _missed(report)):
        return []
    why = f" ({report.failure_class})" if report.failure_class else ""
    return [f"the run {report.status}{why}"]


def _against_intent(report: LoopReport) -> list[str]:
    total, unsatisfied = len(report.records), report.counts.get("unsatisfied", 0)
    told = []
    if unsatisfied:
        does = "does" if unsatisfied == 1 else "do"
        which = "the capability" if total == 1 else f"{unsatisfied} of {total} capabilities"
        told.append(f"{which} {does} not hold")
    for number, what in (
        (len(report.drifted), "drift finding"),
        (len(report.contradictions), "contradiction"),
    ):
        if number:
            told.append(f"{number} {what}{'' if number == 1 else 's'}")
    return told


def _gates(report: LoopReport) -> list[str]:
    missed = _missed(report)
    return [f"{len(missed)} of {len(report.gates)} gates did not pass"] if missed else []


def _missed(report: LoopReport) -> list[GateLine]:
    return [gate for gate in report.gates if gate.status not in {"passed", "skipped"}]


def errors_beyond_gates(report: LoopReport) -> tuple[str, ...]:
    """Errors of the run that its gates do not tell already."""
    by_gates = {f"gate {gate.name} {gate.status.replace('_', ' ')} in {gate.phase}" for gate in report.gates}
    failed = bool(_missed(report))
    return tuple(
        error
        for error in report.errors
        if error not in by_gates and not (failed and _COUNTED_GATES.fullmatch(error))
    )


def left_out(report: LoopReport) -> LeftOut:
    """Tell the repository's own uncommitted paths from those below `.alloy/`."""
    paths = tuple(path for path in report.uncommitted if not path.startswith(".alloy/"))
    return LeftOut(paths, len(report.uncommitted) - len(paths))


def seconds(duration_ms: float) -> str:
    """Write a duration in milliseconds for people."""
    if duration_ms < 1000:
        return f"{duration_ms:.0f} ms"
    if duration_ms < 120_000:
        return f"{duration_ms / 1000:.1f} s"
    return f"{duration_ms / 60_000:.1f} min"

"""How the steps of a trace are put into marks and words, the same in every face."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alloynb.faces.wording import seconds

if TYPE_CHECKING:
    from alloynb.application.run_trace import RunTrace, Step

_GOOD = ("completed", "passed")
_BAD = ("failed", "timed_out", "cannot_start")
_ENDED = ("stopped", "cancelled", "interrupted", "broken off")
_TONES = {
    **dict.fromkeys(_GOOD, "good"),
    **dict.fromkeys(_BAD, "bad"),
    **dict.fromkeys(_ENDED, "warn"),
    "completed_with_findings": "warn",
    "running": "calm",
}
_MARKS = {
    **dict.fromkeys(_GOOD, "✔"),
    **dict.fromkeys(_BAD, "✖"),
    **dict.fromkeys(_ENDED, "■"),
    "completed_with_findings": "!",
    "running": "…",
    "simulated": "≈",
    "held back": "‖",
    "skipped": "–",
    "": "·",
}


def tone_of(status: str) -> str:
    """One of `svg.TONES`; it repeats what mark and word say."""
    return _TONES.get(status, "dim")


def mark_of(status: str) -> str:
    """The mark of an outcome."""
    return _MARKS.get(status, "?")


def is_problem(status: str) -> bool:
    """Whether somebody should look at it."""
    return status in _BAD or status in _ENDED or status == "completed_with_findings"


def words_of(step: Step, now_ms: float | None = None) -> str:
    """What stands beside the name: outcome, tags, how long.

    Args:
        now_ms: then a step that runs says for how long.
    """
    said = [step.status.replace("_", " ")] if step.status else []
    took = step.took_ms
    if took is None and now_ms is not None:
        took = max(now_ms - step.began_ms, 0.0)
    if took is not None and step.kind != "event":
        said.append(seconds(took))
    return ", ".join([*said, *step.tags])


def headline_of_trace(trace: RunTrace) -> str:
    """Say in one sentence how the run stands."""
    gates = trace.gates()
    missed = sum(each.status not in {"passed", "skipped", "running"} for each in gates)
    running = sum(each.runs for each in gates)
    told = [f"{trace.entry_event or 'run'} {trace.root.status.replace('_', ' ')}"]
    if gates:
        counted = f"{len(gates)} gate{'' if len(gates) == 1 else 's'}"
        told.append(
            f"{missed} of {counted} did not pass" if missed else f"{len(gates) - running} of {counted} passed"
        )
    if trace.root.took_ms is not None:
        told.append(seconds(trace.root.took_ms))
    return ", ".join(told)

"""The lifecycle of a brief: which step may follow which, kept in its append-only ledger (spec 3.2).

A brief has one lane of its own, and one for each request that runs it: a dry run today and a run for good tomorrow are
two requests of one brief.

    the brief    draft → reviewable → approved → compiled → archived          (rejected, cancelled)
    a request                                    queued → accepted → executing → completed → analyzed   (cancelled)

A dry run needs no approval, so `reviewable → compiled` is a step too; a compiled brief may be approved for more, which
leaves it compiled. What was archived, rejected or cancelled can be opened for review again, by a human, with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alloynb.application.brief_ledger import BriefState, Step, append_step, steps_of
from alloynb.errors import Refused

BRIEF_STEPS: Mapping[BriefState | None, frozenset[BriefState]] = {
    None: frozenset({"draft"}),
    "draft": frozenset({"reviewable", "cancelled", "rejected"}),
    "reviewable": frozenset({"approved", "compiled", "cancelled", "rejected"}),
    "approved": frozenset({"approved", "compiled", "cancelled", "rejected"}),
    "compiled": frozenset({"approved", "archived", "cancelled", "rejected"}),
    "archived": frozenset({"reviewable"}),
    "cancelled": frozenset({"reviewable"}),
    "rejected": frozenset({"reviewable"}),
}
REQUEST_STEPS: Mapping[BriefState | None, frozenset[BriefState]] = {
    None: frozenset({"queued"}),
    "queued": frozenset({"accepted", "cancelled"}),
    "accepted": frozenset({"executing", "cancelled"}),
    "executing": frozenset({"completed", "cancelled"}),
    "completed": frozenset({"analyzed", "executing"}),
    "analyzed": frozenset({"executing"}),
    "cancelled": frozenset({"executing"}),
}
"""A run that ended can be resumed, which executes it again."""

REQUEST_STATES: frozenset[BriefState] = frozenset(
    {"queued", "accepted", "executing", "completed", "analyzed"}
)
CLOSED: frozenset[BriefState] = frozenset({"archived", "cancelled", "rejected"})
UNDER_WAY: frozenset[BriefState] = frozenset({"queued", "accepted", "executing"})


_FORWARD: tuple[BriefState | None, ...] = ("draft", "reviewable", "approved", "compiled")


class IllegalBriefStep(Refused):
    """A brief cannot take this step from where it stands; nothing was written.

    Attributes:
        legal: steps that it may take.
    """

    def __init__(self, message: str, legal: Iterable[BriefState], next_step: str) -> None:
        self.legal = tuple(sorted(legal))
        super().__init__(message, next_step=next_step)


@dataclass(frozen=True)
class Standing:
    """Where a brief stands, after every step so far.

    Attributes:
        brief: state of the brief itself; None before its first step.
        requests: state of each request, by id, oldest first.
        approvals: number of approvals since it was opened for review.
        last: the step that closed it or brought it here.
    """

    brief: BriefState | None = None
    requests: Mapping[str, BriefState] = field(default_factory=dict)
    approvals: int = 0
    last: Mapping[str, Any] = field(default_factory=dict)

    @property
    def state(self) -> BriefState | None:
        """The state in one word: that of the brief if it is closed or was never requested, else of its last request."""
        if not self.requests or self.brief in CLOSED or self.brief not in {"compiled"}:
            return self.brief
        return next(reversed(list(self.requests.values())))

    def legal(self, request_id: str | None = None) -> frozenset[BriefState]:
        """Steps that may follow, of the brief itself, or of one of its requests."""
        if request_id is None:
            steps = BRIEF_STEPS[self.brief]
            busy = any(state in UNDER_WAY for state in self.requests.values())
            return steps - {"archived"} if busy else steps
        steps = REQUEST_STEPS[self.requests.get(request_id)]
        return steps if self.brief == "compiled" or request_id in self.requests else frozenset()

    def after(self, step: Mapping[str, Any]) -> Standing:
        """Where the brief stands after a step, which must be legal.

        Raises:
            IllegalBriefStep: it is not.
        """
        state, request_id = step["state"], step.get("request_id")
        if state not in self.legal(request_id):
            raise self._illegal(state, request_id)
        if request_id is not None:
            # Whatever was taken up last stands last.
            others = {
                id: each for id, each in self.requests.items() if id != request_id or state != "executing"
            }
            return Standing(self.brief, {**others, request_id: state}, self.approvals, step)
        stays = state == "approved" and self.brief == "compiled"
        approvals = (
            self.approvals + 1 if state == "approved" else 0 if state == "reviewable" else self.approvals
        )
        return Standing("compiled" if stays else state, self.requests, approvals, step)

    def _illegal(self, state: BriefState, request_id: str | None) -> IllegalBriefStep:
        legal = self.legal(request_id)
        where = self.requests.get(request_id or "", self.brief) or "not begun"
        told = f"the brief is {where}, and cannot become {state}"
        if self.brief in CLOSED:
            told += f": {self.last.get('by')} said: {self.last.get('why')}"
            step = "`alloynb brief reopen` opens it for review again"
        elif state == "archived":
            busy = [id for id, each in self.requests.items() if each in UNDER_WAY]
            told += f" while {', '.join(busy) or 'it is not compiled'}{' is under way' if busy else ''}"
            step = "wait for its runs" if busy else "compile it, or reject it"
        elif self.brief in {"draft", "reviewable", "approved"} and state == "queued":
            step = "compile it first: `alloynb brief compile --brief ID`"
        else:
            step = f"it may become {', '.join(sorted(legal))}" if legal else "nothing may follow"
        return IllegalBriefStep(told, legal, step)


def standing_after(steps: Sequence[Mapping[str, Any]]) -> Standing:
    """Fold every step of a ledger.

    A brief that an earlier version laid down has no step, or begins with its approval: it counts as compiled.

    Raises:
        IllegalBriefStep: the ledger holds a step that could not be taken.
    """
    standing = Standing()
    if not steps or steps[0]["state"] != "draft":
        standing = Standing("compiled")
    for step in steps:
        standing = standing.after(step)
    return standing


def standing_of(alloy_dir: Path, brief_id: str) -> Standing:
    """Where a brief stands by its ledger.

    Raises:
        DamagedBriefLedger, IllegalBriefStep: the ledger is not one.
    """
    return standing_after(steps_of(alloy_dir, brief_id))


def take_step(
    alloy_dir: Path,
    brief_id: str,
    state: BriefState,
    *,
    at: str,
    by: str,
    why: str,
    unless_taken: bool = False,
    **facts: Any,
) -> bool:
    """Take a step, if it is legal from where the brief stands at this moment; two writers wait for each other.

    Args:
        unless_taken: leave it out silently when the brief stands there already or beyond, or the request took this step
            in the same attempt.
        facts: what else belongs to the step, None for nothing; `request_id` puts it into that request's lane.

    Returns:
        Whether it was written.

    Raises:
        IllegalBriefStep: it is not legal; nothing was written.
        DamagedBriefLedger, CannotRun: the ledger cannot be read or written.
    """

    def check(before: tuple[Step, ...], step: Step) -> bool:
        if state == "draft":
            return not before  # whatever has a ledger was begun
        standing = standing_after(before)
        if unless_taken and _was_taken(step, before, standing):
            return False
        standing.after(step)
        return True

    known = {name: value for name, value in facts.items() if value is not None}
    return append_step(alloy_dir, brief_id, state, at=at, by=by, why=why, check=check, **known)


def _was_taken(step: Step, before: Sequence[Step], standing: Standing) -> bool:
    if "request_id" not in step:
        open_states = _FORWARD if standing.brief in _FORWARD else (standing.brief,)
        return step["state"] in open_states[: open_states.index(standing.brief) + 1]
    names = ("state", "request_id", "attempt")
    return any(all(each.get(name) == step.get(name) for name in names) for each in before)

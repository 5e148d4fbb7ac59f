"""Review hypotheses: a card with its observations, one key for each decision, nothing written before one says so.

Decisions are kept in the widget, where they can be taken back, until they are written (spec 2.5, 7.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import traitlets

from alloynb.application.review_hypotheses import (
    ReviewedHypothesis,
    ReviewHypotheses,
    edit_hypothesis,
    open_hypotheses,
    review_hypotheses,
)
from alloynb.errors import AlloyError
from alloynb.faces.widgets.draft_reading import DraftDesk
from alloynb.faces.widgets.hypotheses_table import HypothesesTable
from alloynb.faces.widgets.live import Act, Live, Payload, UnfitMessage, group_in, text_in, texts_in
from alloynb.faces.widgets.record_plan import record_plan

if TYPE_CHECKING:
    from alloynb.application.review_hypotheses import KeptHypothesis
    from alloynb.application.workspace import Workspace

_WRITTEN_TOGETHER = 40
_MOST_CARDS = 60
_ACCEPTED_BECAUSE = "reviewed and accepted"
_VERDICTS = ("accept", "reject")


@dataclass(frozen=True)
class Decision:
    """What a reviewer wants done with one hypothesis."""

    verdict: str
    why: str


@dataclass(frozen=True)
class Review:
    """Where a review stands.

    Attributes:
        staged: decisions by id that are not written yet.
        written: what became of those that were.
        waiting: how many hypotheses have no decision.
    """

    staged: Mapping[str, Decision]
    written: tuple[ReviewedHypothesis, ...]
    waiting: int


class HypothesisReviewer(Live):
    """Go through the open hypotheses of a workspace. `value` says what is staged and what was written."""

    module = "hypothesis_reviewer"

    plan = traitlets.Dict().tag(sync=True)
    suggestions = traitlets.Dict().tag(sync=True)
    rows: Any = traitlets.List().tag(sync=True)
    decided = traitlets.Dict().tag(sync=True)

    def __init__(self, workspace: Workspace) -> None:
        """Open a review of what waits now.

        Raises:
            BrokenFiles: a hypothesis cannot be read, with file and line.
        """
        self._desk = DraftDesk(workspace)
        self._waiting: dict[str, KeptHypothesis] = {}
        self._staged: dict[str, Decision] = {}
        self._undo: list[dict[str, Decision | None]] = []
        self._written: tuple[ReviewedHypothesis, ...] = ()
        super().__init__(plan=record_plan(), suggestions=self._desk.suggestions())
        self.refresh()

    @property
    def workspace(self) -> Workspace:
        """Where decisions are written."""
        return self._desk.workspace

    def twin(self) -> HypothesesTable:
        """The hypotheses as a table."""
        return HypothesesTable(
            self._waiting.values(), {name: each.verdict for name, each in self._staged.items()}
        )

    def acts(self) -> Mapping[str, Act]:
        """Decide, take back, edit and write; cards are asked for as they come into view."""
        return {
            "cards": self._cards,
            "decide": self._decide,
            "undo": lambda _: self.undo(),
            "read": lambda said: self._desk.read(group_in(said, "fields"))[1],
            "edit": lambda said: self._edited(text_in(said, "id"), group_in(said, "fields")),
            "write": lambda _: self.write(),
            "refresh": lambda _: self.refresh(),
        }

    def refresh(self) -> None:
        """Look again at what waits: a decision on a hypothesis that is gone goes too.

        Raises:
            BrokenFiles: a hypothesis cannot be read.
        """
        self._waiting = {each.id: each for each in open_hypotheses(self.workspace)}
        self._staged = {name: each for name, each in self._staged.items() if name in self._waiting}
        self._undo = []
        self.rows = [_row(each) for each in self._waiting.values()]
        self._tell()

    def accept(self, *names: str, why: str = _ACCEPTED_BECAUSE) -> None:
        """Stage acceptances, by id or slug.

        Raises:
            UnfitMessage: no open hypothesis has this name.
        """
        self._stage(names, Decision("accept", why.strip() or _ACCEPTED_BECAUSE))

    def reject(self, *names: str, why: str) -> None:
        """Stage rejections, by id or slug.

        Raises:
            AlloyError: no reason is given.
            UnfitMessage: no open hypothesis has this name.
        """
        if not why.strip():
            raise AlloyError("a rejection needs a reason", next_step="say why; it is not raised again")
        self._stage(names, Decision("reject", why.strip()))

    def reopen(self, *names: str) -> None:
        """Take staged decisions back, by id or slug."""
        self._stage(names, None)

    def undo(self) -> None:
        """Take the last staging back, however many hypotheses it was about.

        Raises:
            AlloyError: nothing is left to take back.
        """
        if not self._undo:
            raise AlloyError("nothing to take back")
        for name, before in self._undo.pop().items():
            if before is None:
                self._staged.pop(name, None)
            else:
                self._staged[name] = before
        self._tell()

    def write(self) -> tuple[ReviewedHypothesis, ...]:
        """Carry out what is staged; what is refused stays open, with the reason.

        Raises:
            MissingAuthority: the principal may not decide; nothing was written.
        """
        todo = list(self._staged.items())
        done: list[ReviewedHypothesis] = []
        for at in range(0, len(todo), _WRITTEN_TOGETHER):
            done += review_hypotheses(self.workspace, _command(todo[at : at + _WRITTEN_TOGETHER]))
            self.view = {**self.view, "writing": f"{min(at + _WRITTEN_TOGETHER, len(todo))} of {len(todo)}"}
        self._written = (*self._written, *done)
        refused = {each.hypothesis_id: str(each.refusal) for each in done if each.refusal is not None}
        left = [each.id for each in self._waiting.values() if each.hypothesis_id in refused]
        self._staged = {}
        self.refresh()
        self.view = {
            **self.view,
            "refused": {name: refused[self._waiting[name].hypothesis_id] for name in left},
        }
        return tuple(done)

    def edit(self, name: str, intent: Mapping[str, Any]) -> KeptHypothesis:
        """Replace what a hypothesis would say as a record; written at once.

        Raises:
            BrokenFiles: the fields are no record.
            MissingAuthority: the principal may not.
        """
        found = self._find(name)
        changed = edit_hypothesis(self.workspace, found.id, dict(intent))
        self._waiting[found.id] = changed
        self.rows = [_row(each) for each in self._waiting.values()]
        self._tell()
        return changed

    def _edited(self, name: str, fields: dict[str, Any]) -> dict[str, Any]:
        return _card(self.edit(name, fields))

    def _cards(self, payload: Payload) -> dict[str, Any]:
        wanted = texts_in(payload, "ids", most=_MOST_CARDS)
        return {name: _card(self._waiting[name]) for name in wanted if name in self._waiting}

    def _decide(self, payload: Payload) -> None:
        names, verdict = texts_in(payload, "ids", most=100_000), text_in(payload, "verdict")
        why = text_in(payload, "why", most=2000)
        if verdict == "accept":
            self.accept(*names, why=why)
        elif verdict == "reject":
            self.reject(*names, why=why)
        elif verdict == "open":
            self.reopen(*names)
        else:
            raise UnfitMessage(f"{verdict!r} is no verdict")

    def _stage(self, names: Sequence[str], decision: Decision | None) -> None:
        found = [self._find(name).id for name in names]
        self._undo.append({name: self._staged.get(name) for name in found})
        for name in found:
            if decision is None:
                self._staged.pop(name, None)
            else:
                self._staged[name] = decision
        self._tell()

    def _find(self, name: str) -> KeptHypothesis:
        found = self._waiting.get(name) or self._waiting.get(
            f"{self.workspace.settings.project}.hypothesis.{name}"
        )
        if found is None:
            raise UnfitMessage(
                f"no open hypothesis is called {name!r}", next_step="look again at what is open"
            )
        return found

    def _tell(self) -> None:
        self.decided = {name: [each.verdict, each.why] for name, each in self._staged.items()}
        counts = {outcome: sum(each.outcome == outcome for each in self._written) for outcome in _OUTCOMES}
        self.view = {"written": counts, "can_undo": bool(self._undo), "writing": "", "refused": {}}
        self.value = Review(dict(self._staged), self._written, len(self._waiting) - len(self._staged))


_OUTCOMES = ("accepted", "rejected", "refused")


def _command(decisions: Iterable[tuple[str, Decision]]) -> ReviewHypotheses:
    chosen = dict(decisions)
    accept, reject = (
        tuple(name for name, each in chosen.items() if each.verdict == verdict) for verdict in _VERDICTS
    )
    return ReviewHypotheses(accept, reject, whys={name: each.why for name, each in chosen.items()})


def _row(each: KeptHypothesis) -> list[Any]:
    """What the list shows of a hypothesis: id, title, confidence, whether a person edited it."""
    return [each.id, each.title, each.confidence, each.edited]


def _card(each: KeptHypothesis) -> dict[str, Any]:
    return {
        "title": each.title,
        "kind": each.kind,
        "confidence": each.confidence,
        "intent": each.intent,
        "observed": [
            {
                "signal": one.signal,
                "place": one.ref,
                "told": one.told,
                "weight": one.weight,
                "supports": one.supports,
                "text": one.observed_text,
            }
            for one in each.observed
        ],
        "questions": list(each.questions),
        "warnings": list(each.warnings),
        "next": each.suggested_next_action,
    }

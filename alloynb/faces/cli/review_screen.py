"""Reviewing hypotheses at a terminal: one card, one key; nothing is written before the reviewer leaves (spec 2.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alloynb.application.review_hypotheses import KeptHypothesis

KEYS = (
    "a accept · A accept all that are as sure and without a warning · r reject · e edit · u undo · "
    "j next · k back · q write and leave · x leave without writing"
)
_ARROWS = {"\x1b[B": "j", "\x1b[A": "k", "\x1b[C": "j", "\x1b[D": "k", "\r": "j", "\n": "j", " ": "j"}
_MOST_SHOWN = 8


@dataclass
class ReviewScreen:
    """What the reviewer sees and has decided so far.

    Attributes:
        cards: hypotheses to decide on.
        ask_why: asks for the reason of a rejection; empty text takes the decision back.
        edit: lets the reviewer edit a hypothesis and gives it back changed, or None when nothing was changed.
        decided: id → (`accept` or `reject`, reason).
    """

    cards: Sequence[KeptHypothesis]
    ask_why: Callable[[KeptHypothesis], str]
    edit: Callable[[KeptHypothesis], KeptHypothesis | None]
    place: int = 0
    decided: dict[str, tuple[str, str]] = field(default_factory=dict)
    left: bool = False
    discarded: bool = False
    _undo: list[tuple[str, ...]] = field(default_factory=list)

    def press(self, key: str) -> str:
        """Act on one key and say what happened; keys that mean nothing say which ones do."""
        key = _ARROWS.get(key, key)
        acts: Mapping[str, Callable[[], str]] = {
            "a": self._accept,
            "A": self._accept_all,
            "r": self._reject,
            "e": self._edit,
            "u": self._take_back,
            "j": lambda: self._move(1),
            "k": lambda: self._move(-1),
            "q": self._leave,
            "x": self._discard,
        }
        act = acts.get(key)
        return act() if act is not None else KEYS

    def card(self) -> str:
        """The hypothesis in view, as text: confidence, observations with their places, questions."""
        hypothesis = self.cards[self.place]
        verdict = self.decided.get(hypothesis.id)
        mark = (
            {"accept": "✔ will be accepted", "reject": "✖ will be rejected"}[verdict[0]]
            if verdict
            else "open"
        )
        lines = [
            f"{self.place + 1} of {len(self.cards)}   confidence {hypothesis.confidence:.2f}   {mark}",
            hypothesis.title,
        ]
        lines += [f"  ! {warning}" for warning in hypothesis.warnings]
        for name in ("capability", "threat", "expectation", "strategy", "tradeoff"):
            lines.append(f"  {name}: {hypothesis.intent.get(name) or '(missing)'}")
        for definition in hypothesis.intent.get("evidence") or ():
            lines.append(f"  proved by: {_evidence(definition)}")
        lines.append("  observed (content of the repository, not an instruction):")
        for each in hypothesis.observed[:_MOST_SHOWN]:
            text = f"  “{each.observed_text}”" if each.observed_text else ""
            lines.append(f"  {'+' if each.supports else '-'} {each.weight:.2f} {each.ref}: {each.told}{text}")
        lines += [f"  ? {question}" for question in hypothesis.questions]
        return "\n".join(lines)

    def _accept(self) -> str:
        return self._decide("accept", "reviewed and accepted")

    def _accept_all(self) -> str:
        """Accept every open card that is as sure as the one in view, and of which no warning is told."""
        least = round(self.cards[self.place].confidence, 2)
        names = tuple(
            each.id
            for each in self.cards
            if each.id not in self.decided and not each.warnings and round(each.confidence, 2) >= least
        )
        if not names:
            return "nothing is open that is as sure and without a warning"
        for name in names:
            self.decided[name] = ("accept", "reviewed together and accepted")
        self._undo.append(names)
        left = [number for number, each in enumerate(self.cards) if each.id not in self.decided]
        self.place = left[0] if left else self.place
        return f"{len(names)} will be accepted; u takes them back together"

    def _reject(self) -> str:
        why = self.ask_why(self.cards[self.place]).strip()
        return self._decide("reject", why) if why else "not rejected: a rejection needs a reason"

    def _decide(self, verdict: str, why: str) -> str:
        hypothesis = self.cards[self.place]
        self.decided[hypothesis.id] = (verdict, why)
        self._undo.append((hypothesis.id,))
        said = f"will be {verdict}ed: {hypothesis.title}"
        self._move(1)
        return said

    def _edit(self) -> str:
        changed = self.edit(self.cards[self.place])
        if changed is None:
            return "nothing was changed"
        self.cards = [changed if each.id == changed.id else each for each in self.cards]
        return "edited; a accepts it as it stands now"

    def _take_back(self) -> str:
        while self._undo:
            last = self._undo.pop()
            taken = [name for name in last if self.decided.pop(name, None) is not None]
            if taken:
                self.place = next(number for number, each in enumerate(self.cards) if each.id == taken[0])
                return (
                    "taken back; it is open again"
                    if len(taken) == 1
                    else f"{len(taken)} taken back; they are open again"
                )
        return "nothing to take back"

    def _move(self, step: int) -> str:
        self.place = min(max(self.place + step, 0), len(self.cards) - 1)
        return ""

    def _leave(self) -> str:
        self.left = True
        return f"{len(self.decided)} decisions"

    def _discard(self) -> str:
        self.left = self.discarded = True
        self.decided.clear()
        return "nothing was written"


def _evidence(definition: Mapping[str, Any]) -> str:
    """One definition as a person has to see it before it binds: a command that would be run, above all."""
    told = f"{definition.get('kind', '?')}: {definition.get('description', '')}"
    gate = definition.get("gate")
    if isinstance(gate, Mapping):
        told += f" [runs: {' '.join(map(str, gate.get('command', ())))}]"
    return told

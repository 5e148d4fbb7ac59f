"""What a board is: many things to look through, one of them in detail, and answers that a human gives (spec 7.4).

The list is filtered and paged in Python, so that ten thousand rows cost a browser no more than fifty.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alloynb.faces.widgets.live import Act, Live, Payload, UnfitMessage, text_in

PAGE = 50


@dataclass(frozen=True)
class Row:
    """One thing in the list.

    Attributes:
        status: with its mark and word; `head` is read first, `told` beside it, `side` at the end.
        word: instead of the status's own.
    """

    key: str
    status: str
    head: str
    told: str
    side: str = ""
    word: str = ""


@dataclass(frozen=True)
class Filter:
    """One way to narrow the list.

    Attributes:
        options: value and words of each choice, the one for everything first; empty for free text.
    """

    name: str
    label: str
    options: tuple[tuple[str, str], ...] = ()
    hint: str = ""


@dataclass(frozen=True)
class Field:
    """Something that an answer needs."""

    name: str
    label: str
    hint: str = ""
    needed: bool = True


@dataclass(frozen=True)
class Answer:
    """What a human can say to the current thing.

    Attributes:
        key: single letter that chooses it.
        told: what follows from it, in one sentence.
    """

    name: str
    words: str
    key: str
    told: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Detail:
    """The current thing as a whole.

    Attributes:
        facts: names and texts; text between backticks is code.
    """

    title: str
    status: str
    lead: str
    facts: tuple[tuple[str, str], ...]
    answers: tuple[Answer, ...] = ()
    word: str = ""


@dataclass(frozen=True)
class Verdict:
    """What the whole list comes to; `good` is None when it is neither."""

    good: bool | None
    headline: str
    told: str = ""


@dataclass
class _Shown:
    """Where somebody is."""

    chosen: dict[str, str] = field(default_factory=dict)
    at: int = 0
    notice: str = ""


class Board(Live):
    """Filter with the fields above, walk with arrow keys or `j` and `k`, answer with the letters of the answers.

    `value` is what the filter lets pass.
    """

    module = "board"

    def __init__(self, label: str) -> None:
        self._label = label
        self._place = _Shown()
        super().__init__(view={}, value=None)
        self._reload()

    # ---- what a board says

    @abstractmethod
    def _load(self) -> None:
        """Read everything anew."""

    @abstractmethod
    def _pass(self, chosen: Mapping[str, str]) -> Sequence[Any]:
        """What the chosen values of the filters let pass, in order."""

    @abstractmethod
    def _filters(self) -> tuple[Filter, ...]:
        """Which filters there are."""

    @abstractmethod
    def _row(self, item: Any) -> Row:
        """One row."""

    @abstractmethod
    def _detail(self, item: Any) -> Detail:
        """One thing as a whole."""

    @abstractmethod
    def _verdict(self) -> Verdict:
        """What everything comes to, whatever the filters say."""

    @abstractmethod
    def _carry_out(self, item: Any, answer: str, fields: Mapping[str, str]) -> str:
        """Give an answer; returns what was done, and the next step."""

    def _tools(self) -> Mapping[str, tuple[str, Act]]:
        """Further acts, by name: their words, and what they do."""
        return {}

    # ---- what a notebook calls

    def filter(self, **chosen: str) -> None:
        """Narrow the list; what is not named stays as it was, an empty text lets everything pass.

        Raises:
            UnfitMessage: no such filter, or no such choice.
        """
        known = {each.name: each for each in self._filters()}
        for name, value in chosen.items():
            if name not in known:
                raise UnfitMessage(f"no filter {name!r}; there are: {', '.join(known)}")
            options = [option for option, _ in known[name].options]
            if options and value not in options:
                raise UnfitMessage(f"{name} is one of: {', '.join(filter(None, options))}")
        self._place.chosen |= chosen
        self._place.at, self._place.notice = 0, ""
        self._narrow()

    def choose(self, key: str) -> None:
        """Make the thing of this key the current one.

        Raises:
            UnfitMessage: the filter lets no such thing pass.
        """
        self._place.at = self._position(key)
        self._draw()

    def answer(self, key: str, answer: str, **fields: str) -> str:
        """Say something to the thing of this key; returns what was done, and the next step.

        Raises:
            UnfitMessage: no such thing, no such answer.
            AlloyError: the answer was refused; nothing changed.
        """
        at = self._position(key)
        item = self.value[at]
        known = {each.name: each for each in self._detail(item).answers}
        if answer not in known:
            raise UnfitMessage(f"{answer!r} is no answer here; there are: {', '.join(known) or 'none'}")
        told = self._carry_out(item, answer, fields)
        self._place.notice = told
        self._reload()
        return told

    # ---- Live

    def acts(self) -> Mapping[str, Act]:
        """`filter`, `go` to a position, `answer`, and the board's own tools."""
        return {
            "filter": lambda payload: self.filter(
                **{name: text_in(payload, name, most=300) for name in payload}
            ),
            "go": self._go,
            "answer": self._answered,
            **{name: act for name, (_, act) in self._tools().items()},
        }

    def _go(self, payload: Payload) -> None:
        at = payload.get("at")
        if not isinstance(at, int) or isinstance(at, bool):
            raise UnfitMessage("'at' is no position")
        self._place.at = min(max(at, 0), max(len(self.value) - 1, 0))
        self._draw()

    def _answered(self, payload: Payload) -> None:
        given = payload.get("fields")
        if not isinstance(given, dict):
            raise UnfitMessage("'fields' is missing")
        fields = {str(name): text_in(given, name, most=2000) for name in given}
        self.answer(text_in(payload, "key", most=200), text_in(payload, "answer", most=40), **fields)

    def _position(self, key: str) -> int:
        for at, item in enumerate(self.value):
            if self._row(item).key == key:
                return at
        raise UnfitMessage(f"{key[:80]!r} is not in the list")

    def _reload(self) -> None:
        self._load()
        self._narrow()

    def _narrow(self) -> None:
        """Apply the filters; who was at a place stays there, on what stands there now."""
        self.value = tuple(self._pass(self._place.chosen))
        self._place.at = min(self._place.at, max(len(self.value) - 1, 0))
        self._draw()

    def _draw(self) -> None:
        verdict = self._verdict()
        first = self._place.at // PAGE * PAGE
        current = self.value[self._place.at] if self.value else None
        detail = self._detail(current) if current is not None else None
        self.view = {
            "label": self._label,
            "verdict": {"good": verdict.good, "headline": verdict.headline, "told": verdict.told},
            "filters": [
                [each.name, each.label, [list(option) for option in each.options], each.hint,
                 self._place.chosen.get(each.name, "")]
                for each in self._filters()
            ],
            "tools": [[name, words] for name, (words, _) in self._tools().items()],
            "first": first,
            "at": self._place.at,
            "total": len(self.value),
            "page": PAGE,
            "rows": [_row_json(self._row(each)) for each in self.value[first : first + PAGE]],
            "detail": _detail_json(detail) if detail else None,
            "key": self._row(current).key if current is not None else "",
            "notice": self._place.notice,
        }  # fmt: skip


def _row_json(row: Row) -> list[str]:
    return [row.key, row.status, row.head, row.told, row.side, row.word or row.status.replace("_", " ")]


def _detail_json(detail: Detail) -> dict[str, Any]:
    return {
        "title": detail.title,
        "status": detail.status,
        "word": detail.word or detail.status.replace("_", " "),
        "lead": detail.lead,
        "facts": [list(each) for each in detail.facts],
        "answers": [
            {
                "name": each.name,
                "words": each.words,
                "key": each.key,
                "told": each.told,
                "fields": [[one.name, one.label, one.hint, one.needed] for one in each.fields],
            }
            for each in detail.answers
        ],
    }

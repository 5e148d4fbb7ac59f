"""Where the intent itself cannot stand: questions that only a human decides, to simplify or to preserve (spec 6.4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alloynb.application.answer_contradiction import (
    AnswerContradiction,
    SimplifyStep,
    answer_contradiction,
)
from alloynb.application.board_questions import BoardQuestion, board_questions
from alloynb.errors import AlloyError
from alloynb.faces.widgets.board import Answer, Board, Detail, Field, Filter, Row, Verdict
from alloynb.faces.widgets.live import Act
from alloynb.faces.widgets.questions_table import QuestionsTable

if TYPE_CHECKING:
    from alloynb.application.workspace import Workspace

_REASON = Field("why", "Reason", "for whoever reads it in a year")
_UNTIL = Field("until", "Until", "2027-01-31, or 90d", needed=False)
_RECORD = Field("record", "Which record", "its id or last part; the only one when empty", needed=False)
ANSWERS = (
    Answer(
        "preserve",
        "Preserve",
        "p",
        "The intent stands as it is. Records in conflict are resolved for good when no end is named.",
        (_REASON, _UNTIL),
    ),
    Answer(
        "simplify",
        "Simplify later",
        "s",
        "The intent will be narrowed; until then this is a promise that ends.",
        (_REASON, _UNTIL),
    ),
    Answer(
        "contradicted",
        "It is untrue now",
        "u",
        "The record is taken out of force at once: evidence shows it untrue, too broad or in conflict.",
        (_REASON, _RECORD),
    ),
    Answer(
        "deprecated",
        "Let it go",
        "l",
        "The record is deprecated at once; its history stays useful.",
        (_REASON, _RECORD),
    ),
)


class ContradictionBoard(Board):
    """Every question that the detectors ask now; `value` is what the filter lets pass, at first what is open."""

    def __init__(self, workspace: Workspace) -> None:
        """Ask every detector, and open the board."""
        self._workspace = workspace
        self._all: tuple[BoardQuestion, ...] = ()
        self._doubts: tuple[str, ...] = ()
        super().__init__("Contradictions")
        self.filter(state="open")

    def twin(self) -> QuestionsTable:
        """The verdict and the list."""
        return QuestionsTable(self._verdict(), self.value)

    def _load(self) -> None:
        self._all, self._doubts = board_questions(self._workspace)

    def _pass(self, chosen: Mapping[str, str]) -> Sequence[BoardQuestion]:
        state, reason, record = (chosen.get(each, "") for each in ("state", "reason", "record_id"))
        words = chosen.get("words", "").lower().split()
        return [
            each
            for each in self._all
            if (not state or each.state == state)
            and (not reason or each.asked.reason == reason)
            and (not record or record in each.asked.record_ids)
            and all(word in each.asked.question.lower() for word in words)
        ]

    def _filters(self) -> tuple[Filter, ...]:
        reasons = sorted({each.asked.reason for each in self._all})
        records = sorted({record for each in self._all for record in each.asked.record_ids})
        return (
            Filter("state", "State", (("open", "open"), ("answered", "answered for now"), ("", "all"))),
            Filter(
                "reason", "Raised by", (("", "any"), *((each, each.replace("_", " ")) for each in reasons))
            ),
            Filter(
                "record_id", "Record", (("", "any"), *((each, each.rpartition(".")[2]) for each in records))
            ),
            Filter("words", "Words", hint="in the question"),
        )

    def _row(self, item: BoardQuestion) -> Row:
        named = ", ".join(each.rpartition(".")[2] for each in (*item.asked.record_ids, *item.asked.about))
        status = "waived" if item.answer else "unknown"
        return Row(
            item.asked.question_id,
            status,
            named or "the intent",
            item.asked.question,
            item.asked.reason.replace("_", " "),
            word=item.state,
        )

    def _detail(self, item: BoardQuestion) -> Detail:
        facts = [("raised by", item.asked.reason.replace("_", " "))]
        facts += [("about", f"`{each}`") for each in (*item.asked.record_ids, *item.asked.about)]
        facts += [("because", each) for each in item.asked.evidence]
        if item.answer:
            facts.append((item.answer.answer, item.answer.told()))
        status = "waived" if item.answer else "unknown"
        return Detail(
            item.asked.question,
            status,
            "",
            tuple(facts),
            () if item.answer else self._answers(item),
            word=item.state,
        )

    def _answers(self, item: BoardQuestion) -> tuple[Answer, ...]:
        """A record can only be let go where a record is meant."""
        return ANSWERS if item.asked.record_ids else ANSWERS[:2]

    def _verdict(self) -> Verdict:
        waiting = sum(each.answer is None for each in self._all)
        told = f"{len(self._all) - waiting} answered for now"
        if self._doubts:
            told += f"; not known: {'; '.join(self._doubts)}"
        if not waiting:
            return Verdict(good=True, headline="No contradiction waits for an answer", told=told)
        headline = f"{waiting} question{'' if waiting == 1 else 's'} that only a human can decide"
        return Verdict(good=None, headline=headline, told=told)

    def _carry_out(self, item: BoardQuestion, answer: str, fields: Mapping[str, str]) -> str:
        why, until = fields.get("why", ""), fields.get("until", "").strip() or None
        step = None
        if answer in {"contradicted", "deprecated"}:
            step = SimplifyStep(self._record(item, fields.get("record", "").strip()), answer)  # type: ignore[arg-type]
        done = answer_contradiction(
            self._workspace,
            AnswerContradiction(
                item.asked.question_id, "preserve" if answer == "preserve" else "simplify", why, until, step
            ),
        )
        written = [str(each.relative_to(self._workspace.root)) for each in done.files]
        return "\n".join(
            [f"Answered: {answer}.", *(f"Written: {each}" for each in written), f"Next: {done.next_step}"]
        )

    def _record(self, item: BoardQuestion, named: str) -> str:
        records = item.asked.record_ids
        found = [each for each in records if not named or each == named or each.endswith(f".{named}")]
        if len(found) != 1:
            raise WhichRecord(
                "the question is about several records", next_step=f"name one of: {', '.join(records)}"
            )
        return found[0]

    def _tools(self) -> Mapping[str, tuple[str, Act]]:
        return {"ask": ("Ask again", self._ask_again)}

    def _ask_again(self, _: Any) -> None:
        self._place.notice = ""
        self._reload()


class WhichRecord(AlloyError):
    """An answer that lets one record go does not say which."""

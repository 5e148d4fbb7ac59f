"""Questions about the intent itself as a page keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from alloynb.faces.widgets import markup
from alloynb.faces.widgets.shown import Shown

if TYPE_CHECKING:
    from alloynb.application.board_questions import BoardQuestion
    from alloynb.faces.widgets.board import Verdict

MOST = 50


class QuestionsTable(Shown):
    """What is asked, of which records, why, and what was answered for now; `value` has all of it."""

    def __init__(self, verdict: Verdict, questions: Sequence[BoardQuestion]) -> None:
        self.value = tuple(questions)
        self._verdict = verdict

    def html(self) -> str:
        """Verdict, then a row per question."""
        rows = (
            (
                markup.prose(each.asked.question),
                f"{'–' if each.answer else '?'} {each.state}",
                markup.lines(
                    *(markup.code(record) for record in (*each.asked.record_ids, *each.asked.about))
                ),
                markup.lines(*(markup.prose(one) for one in each.asked.evidence)),
                escape(f"{each.answer.answer}, {each.answer.told()}" if each.answer else ""),
            )
            for each in self.value[:MOST]
        )
        heads = ("Question", "State", "About", "Because", "Answer")
        return markup.whole(
            "Contradictions",
            markup.verdict(self._verdict.good is True, self._verdict.headline, escape(self._verdict.told)),
            markup.table(self._counted(), heads, rows) if self.value else "",
        )

    def text(self) -> str:
        """The same, a few lines each."""
        told = [f"{'✔' if self._verdict.good else '?'} {self._verdict.headline}", f"  {self._verdict.told}"]
        for each in self.value[:MOST]:
            told.append(f"  {'–' if each.answer else '?'} {each.asked.question}")
            told += [f"      {one}" for one in each.asked.evidence]
            if each.answer:
                told.append(f"      {each.answer.answer}, {each.answer.told()}")
        return "\n".join(told)

    def _counted(self) -> str:
        number = len(self.value)
        cut = f", the first {MOST} shown" if number > MOST else ""
        return f"{number} question{'' if number == 1 else 's'}{cut}"

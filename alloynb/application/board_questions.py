"""Questions about the intent itself as a board lists them: those that wait, then those answered for now (spec 6.4)."""

from __future__ import annotations

from dataclasses import dataclass

from alloynb.application.contradictions import look_for_contradictions
from alloynb.application.workspace import Workspace
from alloynb.intent.answer import GivenAnswer
from alloynb.interpretation.contradiction import ContradictionQuestion


@dataclass(frozen=True)
class BoardQuestion:
    """A question, and the answer that holds for now, if there is one."""

    asked: ContradictionQuestion
    answer: GivenAnswer | None = None

    @property
    def state(self) -> str:
        """`open` or `answered`."""
        return "answered" if self.answer else "open"


def board_questions(workspace: Workspace) -> tuple[tuple[BoardQuestion, ...], tuple[str, ...]]:
    """Let every detector ask now.

    Returns:
        The questions, and what could not be found out.

    Raises:
        BrokenFiles: records or answers cannot be read.
        StoreUnavailable, StoreBusy: the questions cannot be kept.
    """
    seen = look_for_contradictions(workspace)
    waiting = (BoardQuestion(each) for each in seen.open)
    answered = (BoardQuestion(each.question, each.answer) for each in seen.answered)
    return (*waiting, *answered), seen.doubts

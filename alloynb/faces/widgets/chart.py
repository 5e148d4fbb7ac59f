"""A chart with its table: the picture for the eye, the numbers for everybody."""

from __future__ import annotations

from alloynb.faces.svg import as_image
from alloynb.faces.widgets import markup
from alloynb.faces.widgets.answer_table import AnswerTable, QueryAnswer
from alloynb.faces.widgets.shown import Shown


class Chart(Shown):
    """A drawing of `faces.charts` and the answer that it was made of; `value` is the answer."""

    def __init__(self, caption: str, drawing: str, answer: QueryAnswer) -> None:
        """Show `drawing` above the rows of `answer`; without rows there is no picture."""
        self.value = answer
        self.caption = caption
        self._drawing = drawing
        self._table = AnswerTable(answer, caption)

    def html(self) -> str:
        """Picture and table."""
        picture = (
            as_image(self._drawing, f"{self.caption}. The table says the same.") if self.value.rows else ""
        )
        return markup.whole(self.caption, picture, self._table.html())

    def text(self) -> str:
        """The table."""
        return self._table.text()

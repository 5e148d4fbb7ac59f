"""What was said in an interview so far, and what it amounts to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alloynb.faces.widgets import markup
from alloynb.faces.widgets.shown import Shown
from alloynb.intent.record import FIVE_TEXTS


class InterviewCard(Shown):
    """Questions and answers, the question that is open, the texts that are there already."""

    def __init__(
        self,
        title: str,
        transcript: Sequence[tuple[str, str]],
        question: str,
        fields: Mapping[str, Any],
    ) -> None:
        """Show an interview; `question` is the one that is open, empty when none is."""
        self.value = tuple(transcript)
        self._title, self._question, self._fields = title, question, fields

    def html(self) -> str:
        """A row per question, then the draft."""
        rows = (
            (markup.prose(asked), markup.prose(said) or markup.quiet("left open"))
            for asked, said in self.value
        )
        return markup.whole(
            "Interview",
            f"<strong>{markup.prose(self._title)}</strong>",
            markup.table("What was said", ("Question", "Answer"), rows) if self.value else "",
            f"<p>? {markup.prose(self._question)}</p>" if self._question else "",
            markup.terms(((name, markup.prose(said)) for name, said in self._texts()), "The draft so far"),
        )

    def text(self) -> str:
        """The same, a line each."""
        return "\n".join(
            [
                self._title,
                *(f"  {asked}\n  > {said or '(left open)'}" for asked, said in self.value),
                *([f"? {self._question}"] if self._question else []),
                *(f"  {name:<12} {said}" for name, said in self._texts()),
            ]
        )

    def _texts(self) -> list[tuple[str, str]]:
        return [(name, str(self._fields[name])) for name in ("title", *FIVE_TEXTS) if self._fields.get(name)]

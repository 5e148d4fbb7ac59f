"""Hypotheses about intent as a table: what may be meant, how sure archaeology is, what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from alloynb.faces.widgets import markup
from alloynb.faces.widgets.plain import columns
from alloynb.faces.widgets.shown import Shown

if TYPE_CHECKING:
    from alloynb.application.review_hypotheses import KeptHypothesis

ROWS_SHOWN = 25
_MOST_PLACES = 3


class HypothesesTable(Shown):
    """The hypotheses that wait for a decision, most confident first; a long list is cut, and says so."""

    def __init__(
        self, hypotheses: Iterable[KeptHypothesis], decided: Mapping[str, str] | None = None
    ) -> None:
        """Show hypotheses; `decided` says by id what a reviewer is about to do with them."""
        self.value = tuple(hypotheses)
        self._decided = decided or {}

    def html(self) -> str:
        """One row per hypothesis."""
        if not self.value:
            return markup.whole("Hypotheses", "<p>No hypothesis is open.</p>")
        rows = (
            (
                markup.lines(
                    f"<strong>{markup.prose(each.title)}</strong>", markup.quiet(markup.code(each.slug))
                ),
                f"{each.confidence:.2f}",
                markup.lines(*(markup.code(place) for place in _places(each))),
                markup.pill(self._verdict(each)),
            )
            for each in self.value[:ROWS_SHOWN]
        )
        heads = ("Hypothesis", "Confidence", "Observed at", "Decision")
        return markup.whole("Hypotheses", markup.table(self._counted(), heads, rows))

    def text(self) -> str:
        """One line per hypothesis."""
        if not self.value:
            return "No hypothesis is open."
        rows = (
            (f"{each.confidence:.2f}", self._verdict(each), each.slug, each.title)
            for each in self.value[:ROWS_SHOWN]
        )
        return f"{self._counted()}\n{columns(('confidence', 'decision', 'name', 'title'), rows)}"

    def _verdict(self, each: KeptHypothesis) -> str:
        return {"accept": "accepted", "reject": "rejected"}.get(
            self._decided.get(each.id, ""), "hypothesized"
        )

    def _counted(self) -> str:
        number = len(self.value)
        cut = f", the first {ROWS_SHOWN} shown" if number > ROWS_SHOWN else ""
        return f"{number} hypothes{'is' if number == 1 else 'es'} to review{cut}"


def _places(hypothesis: KeptHypothesis) -> list[str]:
    places = list(dict.fromkeys(each.ref for each in hypothesis.observed if each.supports))
    more = len(places) - _MOST_PLACES
    return places[:_MOST_PLACES] + ([f"and {more} more"] if more > 0 else [])
